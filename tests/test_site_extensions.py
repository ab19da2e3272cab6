"""What finishes the built site: each function alone, from text to text."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from bs4 import BeautifulSoup
from conftest import DOCS, ROOT
from test_lab import node

from dropout_explained import explain, moments

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("sphinx")

from math_core import LatexToMathML
from nbformat.v4 import new_output
from selectolax.lexbor import LexborHTMLParser
from site_extensions import (
    accessible,
    adaptive_svg,
    breakable,
    content_security,
    downloads,
    folded,
    labelled_tables,
    leftovers,
    link_previews,
    mathml,
    minified,
    pages,
    readings,
    search_sections,
    whole_output,
)

PAGE = (
    "<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'>{head}</head>"
    "<body><h1>Title</h1>{body}</body></html>"
)


def page(body: str = "", head: str = "") -> str:
    """Return a page with these parts."""
    return PAGE.format(head=head, body=body)


def test_headings_landmarks_and_toggles_get_names() -> None:
    """A level for a heading role, a name for each landmark, and a toggle named by its text."""
    found = accessible.named(
        page(
            '<p role="heading">Contents</p><p role="heading" aria-level="3">Part</p>'
            '<aside class="sidebar-drawer"></aside><aside class="toc-drawer no-toc"></aside>'
            '<aside class="footnote-list brackets"><aside role="doc-footnote">1</aside></aside>'
            '<details><summary aria-label="Toggle hidden content">Show</summary></details>'
        )
    )
    soup = BeautifulSoup(found, "html.parser")
    assert [p["aria-level"] for p in soup.select("[role=heading]")] == ["2", "3"]
    names = [aside["aria-label"] for aside in soup.select("aside:not([role])")]
    assert names == ["Pages", "On this page", "Works cited"]
    assert soup.summary is not None
    assert soup.summary.attrs == {}
    assert accessible.named(found) == found


def test_a_preview_says_what_the_page_says_of_itself() -> None:
    """The description is the page's own, and there is no address that nobody knows."""
    head = (
        '<meta name="description" content="One &amp; two."><meta property="og:url" content="a.html">'
        '<meta property="og:description" content="y = \\frac{m}{q} ...">'
    )
    found = link_previews.in_own_words(page(head=head))
    soup = BeautifulSoup(found, "html.parser")
    (preview,) = soup.select("meta[property]")
    assert preview.attrs == {"property": "og:description", "content": "One & two."}
    assert link_previews.in_own_words(found) == found


def test_nothing_stays_inline() -> None:
    """Scripts and styles become files, attributes become rules, and the page says its policy."""
    body = (
        '<script>let a = "</p>";</script><script src="b.js"></script>'
        '<p style="color: red; margin: 0">1 &lt; 2</p>'
        '<svg viewBox="0 0 1 1"><path class="line" style="fill: none" d="M0 0"></path></svg>'
    )
    found, files = content_security.without_inline(page(body, "<style>p > a {}</style>"), "../")
    soup = BeautifulSoup(found, "html.parser")
    assert not soup.select("style, [style], script:not([src])")
    assert [script.text for script in soup.select("script")] == ["", ""]
    assert soup.head is not None
    _, policy, rules, style = soup.head.find_all()
    assert policy.attrs == {
        "http-equiv": "Content-Security-Policy",
        "content": "default-src 'self'",
    }
    told = [files[str(link["href"]).removeprefix("../")] for link in (rules, style)]
    assert told[1] == "p > a {}"
    paragraph, path = soup.select_one("p"), soup.select_one("path")
    assert paragraph is not None
    assert path is not None
    [name] = paragraph.get_attribute_list("class")
    assert f".{name} {{ color: red !important; margin: 0 !important }}" in told[0]
    assert path["class"][1:] == ["line"]
    assert f".{path['class'][0]} {{ fill: none !important }}" in told[0]
    assert 'viewBox="0 0 1 1"' in found
    assert "1 &lt; 2" in found
    (script,) = [text for file, text in files.items() if file.endswith(".js")]
    assert script == 'let a = "</p>";'


def test_a_page_that_is_finished_stays_as_it_is() -> None:
    """A build finishes only the pages that it wrote."""
    body = '<p style="margin: 0"></p><p role="heading">Contents</p>'
    head = '<meta property="og:url" content="a.html">'
    once = pages.finished(page(body, head), "", strict=True)
    assert content_security.META in once.text
    assert "aria-level" in once.text
    assert "og:url" not in once.text
    assert pages.finished(once.text, "", strict=True) == (once.text, {})


def test_while_pages_are_edited_scripts_may_stand_inline() -> None:
    """The server of docs-live writes one into each page."""
    found, files = pages.finished(page("<script>1</script>"), "", strict=False)
    assert "<script>1</script>" in found
    assert "Content-Security-Policy" not in found
    assert files == {}


def test_pictures_in_style_sheets_become_files() -> None:
    """A drawing behind a data: address is decoded and addressed; the rest stays."""
    data = "url('data:image/svg+xml;charset=utf-8,%3Csvg>(1)</svg>')"
    found, files = content_security.pictures_as_files(f"a {{ background: {data} }}", "../../")
    ((name, drawing),) = files.items()
    assert drawing == "<svg>(1)</svg>"
    assert found == f'a {{ background: url("../../{name}") }}'
    assert content_security.pictures_as_files(found, "../../") == (found, {})


@pytest.mark.parametrize(
    ("script", "printed"),
    [
        ("let a = 1; // as in f(x,\nlet b = 2;\nconsole.log(a, b);", "1 2"),
        (
            "/** @type {string} */\nconst text = `one\n    // two\n  three`;\nconsole.log(text);",
            "one\n    // two\n  three",
        ),
    ],
)
def test_a_smaller_script_does_the_same(script: str, printed: str) -> None:
    """A comment that ends like an open call hides no code, and a template keeps its lines."""
    smaller = minified.smaller(script, ".js")
    assert len(smaller) < len(script)
    run = subprocess.run(
        [node(), "--input-type=module", "-"],
        input=smaller,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == printed


def test_a_script_that_no_browser_would_read_is_refused() -> None:
    """And not served."""
    with pytest.raises(ValueError, match="unexpected"):
        minified.smaller("let a = ;", ".js")


def test_a_figure_swaps_ink_and_paper_once() -> None:
    """Also where a colour was shortened; a colour that begins alike is another one."""
    drawing = (
        '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg">\n'
        '<!-- a comment --><path style="fill: #ffffff; stroke: #24292f" d="M 0 0 L 1 1 z"/>'
        '<path style="stroke: #24292f; stroke-width: 2" d="M 0 0 L 1 1"/>'
        '<path style="fill: #fff000" d="M 0 0 L 1 1 z"/></svg>'
    )
    found = adaptive_svg.following_the_scheme(drawing)
    assert "a comment" not in found
    soup = BeautifulSoup(found, "html.parser")
    assert soup.style is not None
    # What the rules select is what the paths have.
    chosen = {
        selector.strip()
        for rule in soup.style.text.split("{", 1)[1].split("}")
        for selector in rule.split("{")[0].split(",")
        if selector
    }
    matched = [
        [selector for selector in sorted(chosen) if path in soup.select(f"path{selector}")]
        for path in soup.select("path")
    ]
    assert [len(selectors) for selectors in matched] == [2, 1, 0]
    assert adaptive_svg.following_the_scheme(found) == found


def test_what_pages_name_is_kept() -> None:
    """Addresses in attributes and in style sheets, also where they are quoted."""
    text = (
        '<img src="../_images/a.svg?v=1"><a href="_downloads/1/a%20b.zip">'
        '<img srcset="_images/c.png, _images/d.png 2x"> url("../_static/inline/e.svg")'
    )
    assert leftovers.files_named(text) == {
        "_images/a.svg",
        "_downloads/1/a b.zip",
        "_images/c.png",
        "_images/d.png",
        "_static/inline/e.svg",
    }


def test_what_no_source_has_is_removed(tmp_path: Path) -> None:
    """A page, its figure and its download go, with the folders that this empties."""
    kept = ["index.html", "search.html", "understand/a.html", "_images/a.svg", "_static/site.js"]
    gone = ["understand/old.html", "old/page.html", "_images/old.svg", "_downloads/12/old.py"]
    for name in kept + gone:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    leftovers.remove(leftovers.pages_gone(tmp_path, {"index", "understand/a"}), tmp_path)
    leftovers.remove(leftovers.files_gone(tmp_path, {"_images/a.svg"}), tmp_path)
    found = {
        path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()
    }
    assert found == set(kept)
    assert not (tmp_path / "old").exists()
    assert not (tmp_path / "_downloads").exists()


def test_modules_are_served_in_their_folders(tmp_path: Path) -> None:
    """Each file of the sources where its neighbours import it, and none that is gone."""
    sources, site = tmp_path / "docs", tmp_path / "html"
    written = {
        "lab/modules/lab.js": 'import { one } from "./model/one.js"; // shows\nconsole.log(one);',
        "lab/modules/model/one.js": "/** A number. */\nexport const one = 1;\n",
        "_static/lab.css": "/* Calm. */\na { color: #ffffff; }\n",
        "_static/house.css": "a { color: #ffffff; }\n",
    }
    for name, text in written.items():
        (sources / name).parent.mkdir(parents=True, exist_ok=True)
        (sources / name).write_text(text)
    stale = site / "_static" / "lab" / "view" / "old.js"
    stale.parent.mkdir(parents=True)
    stale.write_text("")
    pages.serve_sources(sources, site)
    served = {path.relative_to(site).as_posix() for path in site.rglob("*.*")}
    assert served == {"_static/lab/lab.js", "_static/lab/model/one.js", "_static/lab.css"}
    assert (site / "_static" / "lab.css").read_text() == "a{color:#fff}"
    run = subprocess.run(
        [node(), site / "_static" / "lab" / "lab.js"], capture_output=True, text=True, check=True
    )
    assert run.stdout == "1\n"


@pytest.mark.parametrize("name", ["wheel", "gallery", "pages"])
def test_the_extensions_hide_no_other_module(name: str) -> None:
    """They are a package: a module of such a name elsewhere stays itself."""
    import importlib.util

    spec = importlib.util.find_spec(name)
    assert spec is None or "site_extensions" not in str(spec.origin)


def test_folded_code_is_open_and_says_what_it_holds() -> None:
    """A check and a figure are told apart; what stands outside of a cell stays as it is."""
    fold = '<details class="hide"><summary>Show</summary><pre>1</pre></details>'
    body = f'<div class="cell tag_check">{fold}</div><div class="cell">{fold}</div>{fold}'
    once = folded.open_until_scripted(page(body))
    summaries = BeautifulSoup(once, "html.parser").select("summary")
    assert [one.text for one in summaries] == ["How it was checked", "How this is made", "Show"]
    assert [one.find_parent("details", open=True) is not None for one in summaries] == [
        True,
        True,
        False,
    ]
    assert folded.open_until_scripted(once) == once


def test_wide_tables_are_labelled_and_all_are_ended_once() -> None:
    """Each cell gets the head of its column, but for two columns and the laws; each table, its end."""

    def table(columns: int) -> str:
        heads = "".join(f"<th>h{i}</th>" for i in range(columns))
        cells = "".join(f"<td>{i}</td>" for i in range(columns))
        return (
            f'<table class="docutils"><thead><tr>{heads}</tr></thead>'
            f"<tbody><tr>{cells}</tr></tbody></table>"
        )

    body = f'<article>{table(3)}{table(2)}<div class="laws"><div>{table(4)}</div></div></article>'
    once = labelled_tables.labelled(page(body))
    wide, narrow, laws = tables = BeautifulSoup(once, "html.parser").select("table")
    assert [cell["data-label"] for cell in wide.select("td")] == ["h0", "h1", "h2"]
    assert wide["class"] == ["docutils", "stacked"]
    assert narrow["class"] == laws["class"] == ["docutils"]
    assert all(len(table.select(":scope > tfoot:last-child")) == 1 for table in tables)
    assert all(len(table.select("tfoot")) == 1 for table in tables)
    assert labelled_tables.labelled(once) == once


def test_long_names_may_break_between_their_parts() -> None:
    """Behind a dot, a slash or an underscore, in code, headings and signatures; no short name does."""
    names = (
        "tests/test_masks.py::test_a_b[0.5]",
        "scaled_dot_product.eval",
        "a&lt;b.a_very_long_name_of_it",
    )
    code = "".join(f'<code><span class="pre">{name}</span></code>' for name in names)
    signature = (
        '<dl><dt class="sig"><span class="sig-prename">dropout_explained.</span><span '
        'class="sig-name">mean</span><span class="sig-paren">(</span>x)</dt></dl>'
    )
    table = f'<table><tr><td><p><a href="#law">{code}</a></p></td></tr></table>'
    body = f"<h2>torch.use_deterministic_algorithms is</h2>{table}<p>{code}</p>{signature}"
    once = breakable.with_places_to_break(page(f"<article>{body}</article>"))
    soup = BeautifulSoup(once, "html.parser")
    assert [list(name.stripped_strings) for name in soup.select("h2, td .pre")] == [
        ["torch.", "use_", "deterministic_", "algorithms is"],
        ["tests/", "test_", "masks.", "py::test_", "a_", "b[0.5]"],
        ["scaled_dot_product.eval"],
        ["a<b.", "a_", "very_", "long_", "name_", "of_", "it"],
    ]
    assert not soup.select("article > p wbr")
    assert [len(part.select("wbr")) for part in soup.select("dt span")] == [1, 0, 1]
    assert breakable.with_places_to_break(once) == once


def test_what_a_command_printed_is_told_from_other_text() -> None:
    """By its prompt; a sheet may then end its lines where a phone ends."""
    blocks = [f'<div class="highlight-text"><pre>{text}</pre></div>' for text in ("$ ls", "ls")]
    once = breakable.with_places_to_break(page("".join(blocks)))
    printed, other = BeautifulSoup(once, "html.parser").select("div")
    assert (printed["class"], other["class"]) == (["highlight-text", "printed"], ["highlight-text"])
    assert breakable.with_places_to_break(once) == once


def test_a_formula_stays_with_its_punctuation() -> None:
    """In the line; one on a line of its own, and one between words, are left alone."""
    formula = "<math><mi>q</mi></math>"
    display = '<math display="block"><mi>q</mi></math>'
    body = f"<p>by {formula}, ({formula}) and {formula} alone</p>{display}."
    once = breakable.with_formulas_unbroken(page(body))
    kept = BeautifulSoup(once, "html.parser").select("span.unbroken")
    assert [span.text for span in kept] == ["q,", "(q)"]
    assert breakable.with_formulas_unbroken(once) == once


def test_a_button_says_what_it_gives() -> None:
    """The kind of file, and not its name."""
    link = '<a href="plot_a.{kind}"><code>Download it: plot_a.{kind}</code></a>'
    kinds = {"jupyter": "ipynb", "python": "py", "zip": "zip"}
    buttons = "".join(
        f'<div class="sphx-glr-download-{name}"><p>{link.format(kind=kind)}</p></div>'
        for name, kind in kinds.items()
    )
    once = downloads.labelled(page(f'<div class="sphx-glr-footer-example">{buttons}</div>'))
    found = BeautifulSoup(once, "html.parser").select("a")
    assert [link.text for link in found] == [
        "Download .ipynb",
        "Download .py",
        "Download both, .zip",
    ]
    assert [link["href"] for link in found] == [f"plot_a.{kind}" for kind in kinds.values()]
    assert downloads.labelled(once) == once
    # Where the notebooks stand is one setting.
    twice = downloads.labelled(once, colab="owner/repository/blob/main/notebooks")
    (added,) = set(BeautifulSoup(twice, "html.parser").select("a")) - set(found)
    assert added.text == "Open in Colab"
    assert added["href"] == (
        "https://colab.research.google.com/github/owner/repository/blob/main/notebooks/plot_a.ipynb"
    )
    assert downloads.labelled(twice, colab="owner/repository/blob/main/notebooks") == twice


@pytest.mark.parametrize(
    ("latex", "line"),
    [
        (r"s = 1/\sqrt{q}", "s=1/√q"),
        (r"\frac{m\,x}{1 - p}", "(mx)/(1−p)"),
        (r"\sqrt{\frac{p}{qn}}", "√(p/(qn))"),
        (r"\E[y^2] = x^2/q", "E[y^2]=x^2/q"),
        (r"\sum_i w_i^2", "∑_iw_i^2"),
        ("q^{-1/2}", "q^(−1/2)"),
    ],
)
def test_a_formula_in_a_line_says_what_it_says(latex: str, line: str) -> None:
    """What stands over, under or in a root by its place has a sign instead."""
    converter = LatexToMathML(macros=mathml.MACROS, annotation=False)
    formula = converter.convert_with_local_state(latex, displaystyle=False)
    node = LexborHTMLParser(formula).css_first("math")
    assert node is not None
    assert mathml.in_a_line(node) == line
    table = (
        f"<table class='docutils'><thead><tr>{'<th>a</th>' * 2}<th>by {formula}</th></tr></thead>"
    )
    row = f"<tbody><tr>{'<td>1</td>' * 3}</tr></tbody></table>"
    labels = BeautifulSoup(
        labelled_tables.labelled(page(f"<article>{table}{row}</article>")), "html.parser"
    )
    assert [cell["data-label"] for cell in labels.select("td")][2] == f"by {line}"


def test_sections_are_what_stands_between_two_headings() -> None:
    """With code apart from words, formulas as read, and each described function by itself."""
    body = """<article><section id="top"><h1>Title<a class="headerlink" href="#top">#</a></h1>
    <p>First <math><mi>x</mi> <mo>+</mo> <mn>1</mn></math> words.</p><pre>code  here</pre>
    <section id="inner"><h2>Inner</h2><p>Second.</p>
    <dl class="py function"><dt class="sig" id="package.name">name()</dt><dd>Does it.</dd></dl>
    </section></section></article>"""
    top, inner, described = search_sections.sections(page(body), "a/b.html")
    assert top == ("a/b.html#top", "Title", "Title", "First x+1 words.", "code here")
    assert inner == ("a/b.html#inner", "Title", "Inner", "Second.", "")
    assert described[:3] == ("a/b.html#package.name", "Title", "name()")
    assert "Does it." in described.text
    assert not list(search_sections.sections(page(body), "search.html"))


NUMBERS = """
# Numbers

:::{numbers} call
:x: 1,2,3,4
:p: 0.3
:seed: 7
:lab: v=1&x=1,2,3,4&p={p}&seed={seed}
:rows: x mask scale y
:::

At p = {number}`p`, seed {number}`seed`, {reading}`kept`. {try}`To the lab`

:::{numbers} many
:n: 1000
:lab: v=1&x=1*{n}&p={p}
:::

{number}`n` ones miss by {reading}`standard_error:.4f`, at p = {number}`call.p`: {reading}`call.scale`.
{try}`call: The call`
"""


def built_numbers(source: str, folder: Path) -> str:
    """Build a site of one page in a folder of a site, and return the page, or what the build said."""
    (folder / "in").mkdir(parents=True)
    (folder / "conf.py").write_text(
        'extensions = ["myst_parser", "site_extensions.numbers"]\n'
        'myst_enable_extensions = ["colon_fence", "deflist"]\nexclude_patterns = ["_build"]\n',
        encoding="utf-8",
    )
    (folder / "index.md").write_text("# Site\n\n```{toctree}\nin/page\n```\n", encoding="utf-8")
    (folder / "in" / "page.md").write_text(source, encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "-q", str(folder), str(folder / "_build")],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(DOCS), str(ROOT)])},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    page = folder / "_build" / "in" / "page.html"
    return page.read_text(encoding="utf-8") if run.returncode == 0 else run.stderr


def test_numbers_of_a_sentence_are_those_that_python_computes(tmp_path: Path) -> None:
    """Without a script: the numbers, what follows from them, the rows of the call and the way to the lab."""
    soup = BeautifulSoup(built_numbers(NUMBERS, tmp_path), "html.parser")
    told = explain(np.array([1.0, 2.0, 3.0, 4.0]), 0.3, seed=7)
    text = " ".join(paragraph.get_text() for paragraph in soup.select("p"))
    kept = int(told.mask.sum())
    assert f"At p = 0.3, seed 7, {kept} {'are' if kept > 1 else 'is'} kept." in text
    assert f"1000 ones miss by {moments(0.5, n=1000).standard_error:.4f}, at p = 0.3: 1.43." in text
    rows = {row["data-row"]: row.select("td") for row in soup.select("#call tr")}
    assert list(rows) == ["x", "mask", "scale", "y"]
    shown = [float(cell.text) for cell in rows["y"]]
    assert shown == pytest.approx(told.output.tolist(), abs=0.005)
    assert ["kept" in cell["class"] for cell in rows["y"]] == told.mask.tolist()
    links = [link["href"] for link in soup.select("a[data-of]")]
    call = "../lab/index.html#v=1&x=1,2,3,4&p=0.3&seed=7"
    assert links == [call, call]
    assert [link.text for link in soup.select("a[data-of]")] == ["To the lab", "The call"]


def test_numbers_say_how_they_may_be_changed(tmp_path: Path) -> None:
    """The script of all pages, once, and for each number its group, its name, its range and its steps."""
    soup = BeautifulSoup(built_numbers(NUMBERS, tmp_path), "html.parser")
    (script,) = soup.select("script[type=module]")
    assert script["src"] == "../_static/lab/view/numbers.js"
    names = [number["data-number"] for number in soup.select(".number")]
    assert names == ["p", "seed", "n", "p"]
    assert [number["data-of"] for number in soup.select(".number")] == [
        "call",
        "call",
        "many",
        "call",
    ]
    (p, *_) = soup.select(".number")
    assert [p[f"data-{name}"] for name in ("least", "greatest", "step")] == ["0", "0.95", "0.05"]
    assert str(p["data-name"]).startswith("p, ")
    assert soup.select_one("#many")["hidden"] == ""  # type: ignore[index]
    assert not soup.select("article [style]")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("# A\n\n{number}`p`\n", "stands before any {numbers}"),
        (f"{NUMBERS}\n{{number}}`q`\n", "names none of p, n, batch, seed"),
        (f"{NUMBERS}\n{{reading}}`luck`\n", "names none of q, scale"),
        (f"{NUMBERS}\n{{reading}}`q:3`\n", "has a form like .3g or .2f"),
        (NUMBERS.replace("mask scale", "mask luck"), "there is no row 'luck'"),
        (NUMBERS.replace("} many", "} call"), "two groups of numbers are called call"),
        (NUMBERS.replace(":p: 0.3", ":p: much"), "much"),
    ],
)
def test_a_mistake_in_the_numbers_of_a_page_stops_the_build(
    source: str, said: str, tmp_path: Path
) -> None:
    """What is unknown is named, with what there is."""
    assert said in built_numbers(source, tmp_path)


def test_numbers_are_written_as_javascript_writes_them() -> None:
    """A half goes away from zero, an idle zero goes, and a small number has an exponent."""
    expected = {
        (0.125, ".2f"): "0.13", (2.5, ".1g"): "3", (1e-7, ".3g"): "1e-7", (3.45e-9, ".3g"): "3.45e-9",
        (1234.5, ".3g"): "1230", (-0.0, ".3g"): "0", (4294967295, ".12g"): "4294967295",
    }  # fmt: skip
    assert {key: readings.written(*key) for key in expected} == expected


@pytest.mark.parametrize("printed", ["one\ntwo\n", "a: 1\n\nb: 2\n", "no end"])
def test_what_is_printed_is_whole_however_it_came(printed: str) -> None:
    """A kernel cuts it anywhere, and not twice at the same place."""
    first = new_output("stream", name="stderr", text="warned\n")
    picture = new_output("display_data", data={"text/plain": "x"})
    for cut in range(len(printed) + 1):
        pieces = [
            new_output("stream", name="stdout", text=text)
            for text in (printed[:cut], printed[cut:])
        ]
        found = whole_output.merged([first, pieces[0], picture, pieces[1]])
        told = {output["name"]: output["text"] for output in found if "name" in output}
        assert told == {"stderr": "warned\n", "stdout": printed.rstrip() + "\n"}
        assert [output["output_type"] for output in found] == ["stream", "stream", "display_data"]
        assert [piece["text"] for piece in pieces] == [printed[:cut], printed[cut:]]
