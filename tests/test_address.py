"""A site says nothing absolute, unless it was told its address: then it says all of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING
from urllib.parse import urljoin
from xml.etree import ElementTree as ET

import pytest
from background import DOCS
from bs4 import BeautifulSoup

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("sphinx")

from site_extensions import address, structured_data
from sphinx.errors import ConfigError

ADDRESS = "https://example.org/dropout"
CONFIG = f"""
import sys
sys.path.append({str(DOCS)!r})
release, project, html_title, html_theme = "3.2", "Small", "A small site", "furo"
extensions = ["site_extensions.address", "site_extensions.colophon", "site_extensions.mathml",
    "site_extensions.pages", "myst_parser", "sphinxext.opengraph"]
templates_path = [{str(DOCS / "_templates")!r}]
ogp_site_name, ogp_social_cards = html_title, {{}}
"""
PAGE = """---
myst:
  html_meta:
    description: What the page {0} is about, in a sentence.
---

# {0}

A paragraph.

```{{toctree}}
:glob:

deep/*
```
"""


def built(folder: Path, **variables: str) -> Path:
    """Build a site of a few pages with the extensions of the real one, and return its folder."""
    sources = folder / "docs"
    for name in ("index", "search_words", "deep/page", "fix/index", "changelog", "contributing"):
        page = sources / f"{name}.md"
        page.parent.mkdir(parents=True, exist_ok=True)
        orphan = "" if name == "index" else ":orphan:\n"
        page.write_text(
            PAGE.format(name.title()).replace("---\n", f"---\n{orphan and 'orphan: true'}\n", 1)
        )
    (sources / "conf.py").write_text(CONFIG)
    environment = {
        name: value for name, value in os.environ.items() if name not in address.VARIABLES
    }
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "docs", "html"],
        cwd=folder,
        env={**environment, "SOURCE_DATE_EPOCH": "86400", **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / "html"


def parsed(path: Path) -> BeautifulSoup:
    """Read one built page."""
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a site that is told its address."""
    return built(tmp_path_factory.mktemp("known"), SITE_ADDRESS=ADDRESS)


def test_a_page_names_its_own_address(known: Path) -> None:
    """In its canonical link, in the preview of a link to it, and in what search engines read."""
    page = parsed(known / "deep" / "page.html")
    own = f"{ADDRESS}/deep/page.html"
    assert [link["href"] for link in page.select("link[rel=canonical]")] == [own]
    assert [meta["content"] for meta in page.select('meta[property="og:url"]')] == [own]
    (data,) = page.select(f'script[type="{structured_data.KIND}"]')
    said = json.loads(data.text)
    assert said["url"] == own
    assert said["headline"] == "Deep/Page"
    assert said["description"] == "What the page Deep/Page is about, in a sentence."
    assert said["isPartOf"]["name"] == "A small site"
    assert not page.select("script:not([src]):not([type])")


def test_a_preview_has_a_card(known: Path) -> None:
    """Drawn when the site is built, served where the page says, and described in the page's own words."""
    for page in ("index.html", "deep/page.html"):
        soup = parsed(known / page)
        (card,) = soup.select('meta[property="og:image"]')
        (own,) = soup.select("meta[name=description]")
        for said in ("og:description", "og:image:alt"):
            assert [m["content"] for m in soup.select(f'meta[property="{said}"]')] == [
                own["content"]
            ]
        path = known / str(card["content"]).removeprefix(f"{ADDRESS}/")
        assert path.read_bytes().startswith(b"\x89PNG")


def test_the_map_has_every_page_and_nothing_else(known: Path) -> None:
    """Neither the search nor what is shown for addresses that lead nowhere."""
    found = {element.text for element in ET.parse(known / "sitemap.xml").iter() if element.text}
    pages = ("index", "search_words", "deep/page", "fix/index", "changelog", "contributing")
    assert {one for one in found if one.strip()} == {f"{ADDRESS}/{page}.html" for page in pages}
    assert f"Sitemap: {ADDRESS}/sitemap.xml\n" in (known / "robots.txt").read_text()


def test_the_page_for_what_is_not_found_leads_back_from_anywhere(known: Path) -> None:
    """A server shows it under the address that was asked for, at any depth."""
    page = parsed(known / "404.html")
    assert page.select_one("meta[name=robots][content=noindex]")
    asked = f"{ADDRESS}/no/such/page.html"
    followed = 0
    for element in page.select("[href], [src]"):
        link = str(element.get("href") or element.get("src"))
        if link.startswith("#"):
            continue
        target = urljoin(asked, link)
        if target.startswith("https://example.org"):
            assert target.startswith(f"{ADDRESS}/"), element
            path = target.removeprefix(f"{ADDRESS}/").partition("?")[0].partition("#")[0]
            assert (known / path).is_file(), element
            followed += 1
    assert followed > 10
    assert {"search.html", "fix/index.html", "index.html"} <= {
        str(link["href"]).removeprefix("/dropout/") for link in page.select("article a[href]")
    }


def test_without_an_address_nothing_names_one(known: Path, tmp_path: Path) -> None:
    """And a page that had one, has none when it is built again."""
    shutil.copytree(known.parent, tmp_path / "again")
    site = built(tmp_path / "again")
    for name in ("sitemap.xml", "robots.txt", "404.html"):
        assert not (site / name).exists(), name
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        for sign in ("example.org", "og:url", "og:image", "canonical", structured_data.KIND):
            assert sign not in text, (path.name, sign)


def test_each_page_says_what_it_is(known: Path) -> None:
    """Version, day of the build, changes, where to report; also in a folder."""
    for name in ("index.html", "deep/page.html"):
        (note,) = parsed(known / name).select("footer .colophon")
        assert note.text.startswith("Version 3.2, built 1970-01-02")
        for link in note.select("a"):
            path = str(link["href"]).partition("#")[0]
            assert ((known / name).parent / path).resolve().is_file()


@pytest.mark.parametrize(
    "wrong",
    ["example.org", "ftp://example.org", "https://", "https://a.org/?b", "https://a.org/#b"],
)
def test_what_is_no_address_is_refused(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the name of the variable, with what it had."""
    for name in address.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SITE_ADDRESS", wrong)
    with pytest.raises(ConfigError, match="SITE_ADDRESS must be an http or https address"):
        address.from_environment()


def test_structured_data_cannot_end_its_script() -> None:
    """Whatever a title says."""
    page = (
        '<html><head><link rel="canonical" href="https://a.org/b.html"><meta name="description" content="c">'
        '<meta property="og:site_name" content="d"></head><body><h1>&lt;/script&gt;&lt;b&gt;</h1></body></html>'
    )
    found = structured_data.described(page)
    assert found.count("</script>") == 1
    assert json.loads(BeautifulSoup(found, "html.parser").script.text)["headline"] == "</script><b>"  # type: ignore[union-attr]
    assert structured_data.described(found) == found
