"""The built site: what it executed, what it shows, and what it must not ask of the network."""

from __future__ import annotations

import ast
import copy
import functools
import io
import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import pytest
import torch
import torch.nn.functional as F
from background import written_by_hand
from bs4 import BeautifulSoup
from conftest import DOCS, ROOT, SCRIPTS

from dropout_explained import explain, figures, moments

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.site

SOURCES = written_by_hand()
EXECUTED = sorted(path for path in SOURCES if "{code-cell}" in path.read_text(encoding="utf-8"))
# Made by Sphinx from no page of ours.
GENERATED = {"genindex.html", "search.html"}


@functools.cache
def page(site: Path, name: str) -> BeautifulSoup:
    """Parse one built page, once: a test that takes it apart takes a copy."""
    return BeautifulSoup((site / name).read_text(encoding="utf-8"), "html.parser")


def pages(site: Path) -> dict[str, BeautifulSoup]:
    """Return all built pages that come from a source."""
    names = (path.relative_to(site).as_posix() for path in site.rglob("*.html"))
    return {name: page(site, name) for name in names if name not in GENERATED}


def outputs(soup: BeautifulSoup) -> str:
    """Return the text of what the cells of a page printed."""
    return "\n".join(cell.text for cell in soup.select(".cell_output"))


def speaks(block: str) -> bool:
    """Whether a cell prints or draws when it runs, and not only when a function of it is called."""
    source = re.sub(
        r"\A```[^\n]*\n(---\n.*?\n---\n|(:[^\n]*\n)*)|```\Z", "", block, flags=re.DOTALL
    )
    source = re.sub(r"^%.*$", "", source, flags=re.MULTILINE)
    functions = (ast.FunctionDef, ast.ClassDef, ast.Lambda)
    now = [node for node in ast.parse(source).body if not isinstance(node, functions)]
    calls = (node for part in now for node in ast.walk(part) if isinstance(node, ast.Call))
    return any(ast.unparse(call.func) in {"print", "plt.show"} for call in calls)


@pytest.mark.parametrize("source", EXECUTED, ids=lambda path: path.stem)
def test_every_code_cell_was_executed(source: Path, site: Path) -> None:
    """A page whose front matter is missing builds without running: it must fail here."""
    text = source.read_text(encoding="utf-8")
    assert "file_format: mystnb" in text.split("---")[1]
    soup = page(site, source.relative_to(DOCS).with_suffix(".html").as_posix())
    blocks = re.findall(r"^```\{code-cell\}.*?^```", text, re.MULTILINE | re.DOTALL)
    hidden = [block for block in blocks if "remove-cell" in block]
    assert len(soup.select("div.cell")) == len(blocks) - len(hidden)
    speaking = [block for block in blocks if speaks(block)]
    assert len(soup.select(".cell_output")) >= len(speaking) > 0
    assert "Traceback" not in soup.text


def test_index_answers_with_what_torch_computes(site: Path) -> None:
    """The symptom, the answer, the rule, the picture, and the very tensors that torch gives."""
    soup = page(site, "index.html")
    article = soup.select_one("article")
    assert article is not None
    assert "divides what it keeps by 1 − p" in article.text
    assert article.select_one("math mfrac")
    assert article.select_one("img.four-rows")
    x = torch.tensor([1.0, 2.0, 3.0, 4.0])
    for values in (torch.ones(8), x):
        torch.manual_seed(0)
        assert str(F.dropout(values, 0.5)) in outputs(soup)
    torch.manual_seed(0)
    shown = [float(cell.text) for cell in article.select('#live-rows tr[data-row="y"] td')]
    assert shown == F.dropout(x, 0.5).tolist()
    caption = article.select_one("#live-rows ~ .live-caption")
    assert caption is not None
    assert str(x.tolist()) in caption.text
    assert torch.__version__.split("+", maxsplit=1)[0] in caption.text
    low, high = moments(0.9, n=1000).interval_95
    computed = [span.text for span in article.select(".reading")]
    for value in (moments(0.9, n=1000).standard_error, low, high):
        assert any(text in (f"{value:.4f}", f"{value:.2f}") for text in computed)


def test_four_rows_stand_above_the_questions(site: Path) -> None:
    """Journey 1: the answer, the rule and the picture come first, the doors after them."""
    html = (site / "index.html").read_text(encoding="utf-8")
    places = [
        html.index(mark) for mark in ('class="answer"', "<mfrac", "four-rows", "doors", "<h2")
    ]
    assert places == sorted(places)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_gallery_pages_carry_figures_outputs_and_downloads(script: Path, site: Path) -> None:
    """Each page shows what its script printed and drew, and offers .py, .ipynb and zip."""
    name = f"auto_examples/{script.parent.name}/{script.stem}.html"
    soup = page(site, name)
    text = script.read_text(encoding="utf-8")
    drawn = soup.select("img.sphx-glr-single-img, img.sphx-glr-multi-img")
    assert len(drawn) == text.count("plt.show()")
    for image in drawn:
        assert (site / urljoin(name, str(image["src"]))).stat().st_size > 1000
    assert soup.select(".sphx-glr-script-out")
    for kind in (".py", ".ipynb", ".zip"):
        (link,) = (a for a in soup.select(".sphx-glr-footer a") if str(a["href"]).endswith(kind))
        assert (site / urljoin(name, str(link["href"]))).exists()


def test_the_gallery_offers_everything_in_one_zip(site: Path) -> None:
    """One button, one file: the gallery's own two, without the package, are gone."""
    (link,) = page(site, "auto_examples/index.html").select("a[href$='.zip']")
    assert link["href"] == "../_downloads/dropout_explained_examples.zip"
    assert link.text == "Download everything, zipped"
    assert not list(site.glob("_downloads/*/auto_examples_*.zip"))


def test_the_command_line_page_shows_real_output(site: Path) -> None:
    """The page's examples ran: their output is that of the package."""
    text = page(site, "reference/cli.html").text
    assert str(explain([1, 2, 3, 4], seed=0)) in text
    assert "p must lie in [0, 1]" in text
    documents = re.findall(r"^\{.*?^\}", text, re.DOTALL | re.MULTILINE)
    assert json.loads(documents[0])["output"] == [0.0, 0.0, 6.0]
    assert max(len(line) for line in "\n".join(documents).splitlines()) <= 62
    for command in ("explain", "moments", "replay", "verify"):
        assert f"usage: dropout-explained {command} " in text


def test_the_api_pages_have_every_name_and_its_scripts(site: Path) -> None:
    """Each public function is documented and has a gallery of the scripts that use it."""
    import dropout_explained

    overview = page(site, "reference/api.html")
    names = [one.stem for one in (DOCS / "reference" / "api").glob("*.md")]
    parts = [page(site, f"reference/api/{name}.html") for name in names]
    for name in dropout_explained.__all__:
        if name not in {"__version__", "figures"}:
            found = f"dropout_explained.{name}"
            assert any(soup.find(id=found) for soup in parts), name
    for name in set(dropout_explained.__all__) & {"explain", "moments", "replay", "output_moments"}:
        assert overview.select(f"table a[href$='#dropout_explained.{name}']"), name
    used = {
        str(a["href"])
        for soup in parts
        for a in soup.select(".sphx-glr-thumbnails a, .sphx-glr-thumbcontainer a")
    }
    for script in SCRIPTS:
        imported = re.search(
            r"from dropout_explained import \(?([\w\s,]+)", script.read_text(encoding="utf-8")
        )
        taken = set(re.findall(r"\w+", imported[1])) if imported else set()
        # A script that takes only colours from the package uses none of its functions.
        if taken & set(dropout_explained.__all__) - {"figures"}:
            assert any(script.stem in link for link in used), script.stem


def test_no_page_asks_a_third_party_for_anything(site: Path) -> None:
    """Scripts, styles, images and fonts come from the site itself."""
    loading = [
        "script[src]",
        "link[rel=stylesheet]",
        "link[rel~=icon]",
        "img[src]",
        "iframe[src]",
        "source",
    ]
    for name, soup in pages(site).items():
        for element in soup.select(", ".join(loading)):
            address = str(element.get("src") or element.get("href"))
            assert not urlsplit(address).netloc, f"{name}: {element}"
    for style in site.rglob("*.css"):
        found = re.findall(r"url\(\s*['\"]?(?:https?:)?//[^)]*", style.read_text(encoding="utf-8"))
        assert not found, f"{style}: {found}"


def test_every_page_describes_itself(site: Path) -> None:
    """A description, a title of its own, a language, and alternative text for every image."""
    titles = set()
    for name, soup in pages(site).items():
        description = soup.select_one("meta[name=description]")
        assert description is not None, name
        assert len(str(description["content"])) > 40, name
        assert soup.title is not None
        titles.add(soup.title.text)
        assert soup.html is not None
        assert soup.html.get("lang") == "en"
        # A thumbnail's link has its title as text; saying it twice helps nobody.
        for image in soup.select("img:not(.sphx-glr-thumbcontainer img)"):
            assert image.get("alt"), f"{name}: {image}"
    assert len(titles) == len(pages(site))
    assert any(title.startswith("Why does PyTorch’s dropout") for title in titles)


def test_every_part_of_a_page_has_a_name(site: Path) -> None:
    """Headings have levels, landmarks differ, links and toggles are named by their text."""
    for name, soup in pages(site).items():
        assert len(soup.select("h1")) == 1, name
        assert not soup.select("[role=heading]:not([aria-level])"), name
        # A footnote is no landmark: its role says what it is.
        names = [aside.get("aria-label") for aside in soup.select("aside:not([role])")]
        assert all(names), name
        assert len(set(names)) == len(names), name
        assert not soup.select("summary[aria-label]"), name


def test_a_page_is_kept_without_all_that_is_known_of_the_site(site: Path) -> None:
    """Sphinx loads every page again when one is edited; some kept the whole environment with them."""
    kept = list((site.parent / "doctrees").rglob("*.doctree"))
    assert len(kept) >= len(SOURCES)
    assert [path.name for path in kept if b"BuildEnvironment" in path.read_bytes()] == []


def test_every_part_of_a_formula_has_what_it_consists_of(site: Path) -> None:
    """A fraction two parts, a letter with both indices three: browsers show something else in red, or nothing."""
    parts = dict.fromkeys(("mfrac", "msub", "msup", "munder", "mover", "mroot"), 2)
    parts |= dict.fromkeys(("msubsup", "munderover"), 3)
    seen = set()
    for name, soup in pages(site).items():
        for one in soup.select(", ".join(f"math {tag}" for tag in parts)):
            seen.add(one.name)
            assert len(one.find_all(recursive=False)) == parts[one.name], f"{name}: {one}"
    assert len(seen) > 4


def test_mathematics_is_mathml_with_its_font(site: Path) -> None:
    """No TeX is left over, no script typesets, and the font has what the pages use."""
    from fontTools.ttLib import TTFont
    from site_extensions import math_font

    common, rest = (
        TTFont(io.BytesIO((site / "_static" / f"stix-two-math{which}.woff2").read_bytes()))
        for which in ("", "-rest")
    )
    assert "MATH" in common
    # Browsers take measures and what stretches from the piece that has the space.
    assert {ord(c) for c in " √([{"} <= common.getBestCmap().keys()
    known = common.getBestCmap().keys() | rest.getBestCmap().keys()
    for name, soup in pages(site).items():
        for formula in map(copy.copy, soup.select("math")):
            for annotation in formula.select("annotation"):
                # A doubled backslash would be a line break, and a command its letters.
                assert "\\\\" not in annotation.text or "\\begin" in annotation.text, name
                annotation.decompose()
            invisible = "\u200b\u2061\u2062\u2063\u2064"
            shown = {
                c.translate(math_font.ITALIC)
                if part.name == "mi" and len(part.text) == 1 and "mathvariant" not in part.attrs
                else c
                for part in formula.select("mi, mo, mn, mtext")
                for c in part.text
            }
            missing = {c for c in shown if ord(c) not in known and c not in invisible}
            assert not {c for c in missing if not c.isspace()}, name
        prose = copy.copy(soup.select_one("article") or soup)
        for code in prose.select("pre, code, math"):
            code.decompose()
        assert not re.search(r"\\frac|\\\(|\$\$|\{math\}", prose.text), name
    assert len(page(site, "understand/scaling.html").select("math[display=block]")) >= 5
    assert 0x1D465 in known  # the italic x


def test_figures_follow_the_scheme(site: Path) -> None:
    """Every figure swaps ink and paper in the dark."""
    drawn = list((site / "_images").glob("*.svg"))
    assert drawn
    for image in drawn:
        assert "prefers-color-scheme: dark" in image.read_text(encoding="utf-8"), image.name


def test_one_palette_everywhere(site: Path) -> None:
    """The stylesheet has the colours that the figures draw with."""
    style = (site / "_static" / "site.css").read_text(encoding="utf-8")
    for role in ("kept", "dropped", "scaled", "expected"):
        assert re.search(rf"--de-{role}: ?{getattr(figures, role.upper())}[;}}]", style)


def test_all_pages_share_one_style_sheet(site: Path) -> None:
    """In its version; the lab has another one. A page with formulas fetches the fonts that it shows before it."""
    from site_extensions import math_font

    versions = set()
    for name in [*pages(site), *GENERATED]:
        links = page(site, name).select("link[rel=stylesheet], link[rel=preload]")
        *fonts, sheet = [str(link["href"]) for link in links if "lab.css" not in str(link["href"])]
        versions.add(sheet.replace("../", ""))
        shown = math_font.shown((site / name).read_text(encoding="utf-8")).all
        assert bool(fonts) == bool(shown), name
        labs = page(site, name).select("link[href*='lab.css']")
        assert len(labs) == (name == "lab/index.html"), name
    (version,) = versions
    assert re.fullmatch(r"_static/site\.css\?v=[0-9a-f]{8}", version)
    served = {path.relative_to(site).as_posix() for path in site.rglob("*.css")}
    assert served == {"_static/site.css", "_static/lab.css"}


def test_figures_leave_their_room_free(site: Path) -> None:
    """Each has its size, and all but the first of a page wait until they are near."""
    for name, soup in pages(site).items():
        images = soup.select("article img")
        assert all(image.get("width") and image.get("height") for image in images), name
        assert all(image.get("loading") == "lazy" for image in images[1:]), name


def test_no_path_of_the_building_machine_is_published(site: Path) -> None:
    """Pages and downloads say nothing of where they were built."""
    for path in [*site.rglob("*.html"), *site.rglob("*.ipynb"), *site.rglob("*.js")]:
        assert str(ROOT) not in path.read_text(encoding="utf-8"), path


def test_every_page_says_its_policy_and_keeps_it(site: Path) -> None:
    """Nothing inline, no data: address: what default-src 'self' would refuse."""
    for name in [*pages(site), *GENERATED]:
        soup = page(site, name)
        policies = soup.select("head > meta[http-equiv=Content-Security-Policy]")
        assert [meta["content"] for meta in policies] == ["default-src 'self'"], name
        assert not soup.select("style, [style], script:not([src])"), name
        handlers = [
            tag for tag in soup.find_all() if any(key.startswith("on") for key in tag.attrs)
        ]
        assert not handlers, name
        for element in soup.select("script, link[rel=stylesheet]"):
            address = urlsplit(str(element.get("src") or element.get("href"))).path
            assert (site / urljoin(name, address)).is_file(), f"{name}: {address}"
    for style in site.rglob("*.css"):
        text = style.read_text(encoding="utf-8")
        assert "url(data:" not in re.sub(r"[\"']", "", text), style
        for address in re.findall(r"""url\(["']?([^"')]+)""", text):
            assert (style.parent / urlsplit(address).path).exists(), f"{style}: {address}"


def test_the_lab_stands_without_javascript(site: Path) -> None:
    """The lab's page carries a computed example, and places for what a browser will show."""
    soup = page(site, "lab/index.html")
    torch.manual_seed(0)
    assert str(F.dropout(torch.tensor([1.0, 2.0, 3.0, 4.0]), 0.5)) in outputs(soup)
    parts = [str(part["id"]) for part in soup.select(".lab-part")]
    names = ("inputs", "dock", "stage", "tools", "output", "consequences", "take-along")
    assert parts == [f"lab-part-{name}" for name in names]
    assert all(not part.text.strip() for part in soup.select(".lab-part"))
    assert soup.select_one("script[type=module][src='../_static/lab/view/lab.js']")


def test_the_first_page_shows_one_call_beside_the_average(site: Path) -> None:
    """From scratch, with and without the division, one call and many, and what eval() does."""
    text = outputs(page(site, "index.html"))
    one = r"tensor\(\[0\., 0\., {0}\., 0\., 0\., 0\., {0}\., {0}\.\]\)"
    for who, kept in (("torch", 2), ("from scratch", 2), ("not divided", 1)):
        assert re.search(rf"{who}: +{one.format(kept)}", text), who
    assert re.search(r"one call: +\[0\. 0\. 2\.", text)
    assert re.search(r"averaged over 100,000 calls,\ndivided: +\[1\. 1\.", text)
    assert re.search(r"not divided: +\[0\.5 0\.5", text)
    assert re.search(r"eval\(\): +tensor\(\[1\., 2\., 3\., 4\.\]\)", text)
    assert "attention, twice the same: False" in text


def test_the_first_page_has_its_doors(site: Path) -> None:
    """A door names the trouble or the wish, and leads to a page."""
    doors = page(site, "index.html").select(".doors .sd-card")
    titles = [title.text.strip() for door in doors for title in door.select(".sd-card-title")]
    assert titles == [
        "My values doubled",
        "My model answers differently every time",
        "Where do I put it, and which p?",
        "Run it",
        "Play",
        "Look up",
    ]
    links = [str(link["href"]) for door in doors for link in door.select("a")]
    assert len(links) == len(doors)
    for link in links:
        assert (site / link).is_file()


def test_every_law_names_a_test_that_exists(site: Path) -> None:
    """Each row of the table of laws: derived, implemented, and tested by what pytest collects."""
    rows = page(site, "laws.html").select("table.laws tbody tr")
    stated = [
        law
        for source in SOURCES
        for law in re.findall(r"^```\{law\}", source.read_text("utf-8"), re.MULTILINE)
    ]
    assert len(rows) == len(stated) >= 22
    named = [row.select("td")[-1].text.strip() for row in rows]
    collected = collected_tests({name.split("::")[0] for name in named})
    for name, row in zip(named, rows, strict=True):
        _, departure, derived, implemented, _ = row.select("td")
        assert derived.select_one("a[href*='#equation-']"), row
        assert implemented.select_one("a[href]"), row
        # A name without parameters stands for all of its variants.
        assert name in collected or any(test.startswith(f"{name}[") for test in collected), name
        (kind,) = (span["class"][0] for span in departure.select("span"))
        shown = (
            r"\d\.\d standard errors"
            if kind == "statistical"
            else r"exact, (every bit|to \de-\d\d)"
        )
        assert re.fullmatch(shown, departure.text.strip()), row


def collected_tests(files: set[str]) -> set[str]:
    """Ask pytest for the name of every test in some files, with its parameters."""
    # Where nothing runs, no snapshot is used, which is no error here.
    options = ["--collect-only", "-q", "--snapshot-warn-unused"]
    command = [sys.executable, "-m", "pytest", *options, *sorted(files)]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return {line for line in listed.stdout.splitlines() if "::" in line}


def test_every_reference_is_cited_and_listed(site: Path) -> None:
    """Each work in the file is cited on a page, and listed there and in the bibliography."""
    works = re.findall(
        r"^@\w+\{([^,\s]+),", (DOCS / "references.bib").read_text("utf-8"), re.MULTILINE
    )
    assert len(set(works)) == len(works) > 20
    cited = set()
    for source in SOURCES:
        roles = re.findall(r"\{footcite:[pt]s?\}`([^`]+)`", source.read_text(encoding="utf-8"))
        here = {key.strip() for role in roles for key in role.split(",")}
        built = page(site, source.relative_to(DOCS).with_suffix(".html").as_posix())
        listed = {str(note["id"]) for note in built.select("aside.footnote")}
        assert listed == {f"footcite-{key}" for key in here}, source
        cited |= here
    assert cited == set(works)
    assert len(page(site, "reference/bibliography.html").select("#bibliography > ul > li")) == len(
        works
    )
