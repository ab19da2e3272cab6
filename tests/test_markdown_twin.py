"""Each page has a twin in Markdown that says the same, and one list names them all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("sphinx")

from site_extensions import markdown_twin

PAGE = """<html><head><meta name="description" content="A page."></head><body><nav>menu</nav><article>
<section id="a"><h1>Title<a class="headerlink" href="#a">#</a></h1>
<p>One <strong>bold</strong> and <em>slanted</em> word, <code>x = 1</code>, <a href="b.html">a
link</a>, <span><math><mi>p</mi><mo>=</mo><mn>1</mn></math></span>.</p>
<ul><li><p>first</p></li><li><p>second</p><ol><li>inner</li></ol></li></ul>
<div class="highlight-ipython3"><div class="highlight"><pre><span>y</span> = x &lt; 2
z</pre></div></div>
<table><thead><tr><th>a|b</th><th>c</th></tr></thead><tbody><tr><td>1</td><td><p>2</p></td></tr></tbody></table>
<div class="math"><div class="formula"><math><mfrac><mn>1</mn><mi>q</mi></mfrac></math></div></div>
<details><summary>Show</summary><p>Folded.</p></details>
<blockquote><p>Said.</p></blockquote><img src="f.svg" alt="A figure">
<script>no()</script></section></article></body></html>"""
TWIN = """# Title

One **bold** and *slanted* word, `x = 1`, [a link](b.html), p=1.

- first
- second

  1. inner

```python
y = x < 2
z
```

| a\\|b | c |
| --- | --- |
| 1 | 2 |

1/q

Show

Folded.

> Said.

![A figure](f.svg)
"""


def test_a_twin_says_what_its_page_says() -> None:
    """Headings, words, lists, code, tables, formulas in a line, what is folded, and figures by their text."""
    assert markdown_twin.twin(PAGE) == TWIN
    assert markdown_twin.twin("<p>no article</p>") == ""


def test_a_twin_goes_with_its_page(tmp_path: Path) -> None:
    """The list names what is there, in words of its own."""
    (tmp_path / "deep").mkdir()
    pages = {"index.html": PAGE, "deep/a.html": PAGE.replace("A page.", "Deep.")}
    markdown_twin.write(tmp_path, "A site", pages)
    assert (tmp_path / "deep" / "a.html.md").read_text() == TWIN
    assert (tmp_path / "llms.txt").read_text() == (
        "# A site\n\n> A page.\n\n## Pages\n\n- [Title](deep/a.html.md): Deep.\n- [Title](index.html.md): A page.\n"
    )
    markdown_twin.write(tmp_path, "A site", {"index.html": PAGE})
    assert not (tmp_path / "deep" / "a.html.md").exists()


@pytest.mark.site
def test_every_page_has_its_twin(site: Path) -> None:
    """Named by the page and by the list, with all of its code and none of its markup."""
    from test_site import pages

    listed = (site / "llms.txt").read_text(encoding="utf-8")
    for name, soup in pages(site).items():
        assert f"({name}.md): " in listed, name
        (link,) = soup.select("link[type='text/markdown']")
        text = (site / f"{name}.md").read_text(encoding="utf-8")
        assert link["href"] == f"{name.rsplit('/', 1)[-1]}.md"
        assert text.startswith("# "), name
        assert not re.search(
            r"</?(div|span|p|pre|math)[\s>]",
            re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.DOTALL),
        ), name
        article = soup.select_one("article")
        assert article is not None
        for cell in article.select(".cell_input pre"):
            assert cell.text.rstrip() in text, name
