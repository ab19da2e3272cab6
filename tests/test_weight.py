"""What makes the pages light: one sheet of what they use, scripts that find something to do, a cut font."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from fontTools.ttLib import TTFont
from site_extensions import (
    adaptive_svg,
    figure_sizes,
    math_font,
    minified,
    needed_scripts,
    purged,
    style_sheet,
)
from site_extensions.content_security import Moved

if TYPE_CHECKING:
    from pathlib import Path

PAGE = (
    '<body class="no-js"><main id="top"><p class="lead wide">1</p><a href="#">2</a></main></body>'
)
SCRIPT = 'one.className="opened";root.style.setProperty("--depth","1")'


def kept(sheet: str, page: str = PAGE, script: str = SCRIPT, beside: str = "") -> str:
    """Return what is left of a sheet for a page and a script, minified."""
    used = purged.used([page], [script])
    return minified.smaller(purged.purged(sheet, used, beside=beside), ".css")


@pytest.mark.parametrize(
    "selector",
    [
        ".lead.wide",
        "#top>p",
        "a:hover",
        "a::before",
        ".opened a",  # set by the script
        "a:not(.gone)",
        "p:is(.gone,.lead)",
        "[data-theme=dark] p",
        "main:has(.lead)",
        "*",
    ],
)
def test_what_may_match_stays(selector: str) -> None:
    """States, attributes, what a script sets, and what must not be there ask for nothing."""
    assert kept(f"{selector} {{ margin: 0 }}") == f"{selector}{{margin:0}}"


@pytest.mark.parametrize(
    "selector",
    [".gone", "p.gone", "table", "#gone", ".lead .gone", "p:is(.gone, table)", "main:has(.gone)"],
)
def test_what_cannot_match_goes(selector: str) -> None:
    """A class, an id or an element that occurs nowhere; of a list, only those that ask for it."""
    assert kept(f"{selector} {{ margin: 0 }}") == ""
    assert kept(f"{selector}, p {{ margin: 0 }}") == "p{margin:0}"


def test_conditions_stay_around_what_stays() -> None:
    """Print, dark, calm and without scripts; a condition around nothing goes."""
    for condition in ("print", "(prefers-color-scheme:dark)", "not (scripting:enabled)"):
        sheet = f"@media {condition} {{ .gone {{ margin: 0 }} p {{ margin: 0 }} }}"
        rule = f"@media {condition}{{p{{margin:0}}}}".replace("@media (", "@media(")
        assert kept(sheet).replace(": ", ":") == rule
    assert kept("@media print { .gone { margin: 0 } }") == ""
    assert kept("p { margin: 0; & a { margin: 1px } }").count("margin") == 2


def test_fonts_animations_and_properties_stay_with_who_names_them() -> None:
    """Also where a property is named only by another one that stays, by a script, or by a sheet beside."""
    face = '@font-face { font-family: "Serious"; src: url("a.woff2") }'
    turn = "@keyframes turn { to { rotate: 1turn } }"
    assert kept(face + "p { font-family: Other }") == "p{font-family:Other}"
    assert "a.woff2" in kept(face + 'p { font: 1em "Serious", serif }')
    assert kept(turn + "p { margin: 0 }") == "p{margin:0}"
    assert "1turn" in kept(turn + "p { animation: 1s turn }")
    chain = "body { --a: 1px; --b: var(--a); --c: var(--d); --d: 0; --depth: 2 }"
    used = kept(chain + "p { margin: var(--b) }")
    assert [name for name in ("--a", "--b", "--c", "--d:", "--depth") if name in used] == [
        "--a",
        "--b",
        "--depth",
    ]
    assert "--c" in kept(chain, beside="b { margin: var(--c) }")


SHEETS = (
    '<html><head><meta charset="utf-8"><link rel="stylesheet" href="../_static/inline/1a.css">\n'
    '<link rel="stylesheet" type="text/css" href="../_static/styles/theme.css?v=1">\n'
    '<link rel="stylesheet" type="text/css" href="../_static/lab.css?v=2">'
    '<link rel="stylesheet" href="../_static/inline/2b.css"></head>'
    '<body class="styled-1a">{}</body></html>'
)
INLINE = {
    "_static/inline/1a.css": ".styled-1a { color: red !important }",
    "_static/inline/2b.css": "body { --ink: black }",
}


def test_a_page_links_one_sheet_and_what_stood_in_it_is_kept(tmp_path: Path) -> None:
    """The lab's sheet stays where the lab is; the rules of attributes are files that no page names."""
    memory = style_sheet.Memory.of(tmp_path)
    text, files = style_sheet.with_one_sheet(Moved(SHEETS.format("1"), dict(INLINE)), memory)
    assert text.count("stylesheet") == 1
    assert '<link rel="stylesheet" href="../_static/site.css">' in text
    assert files == {}
    assert (memory.rules / "styled-1a").read_text() == INLINE["_static/inline/1a.css"]
    assert memory.everywhere.read_text() == INLINE["_static/inline/2b.css"]
    assert style_sheet.with_one_sheet(Moved(text, {}), memory) == (text, {})
    lab = style_sheet.with_one_sheet(Moved(SHEETS.format('<i class="lab-part">'), {}), memory)
    assert "../_static/lab.css?v=2" in lab.text


def application(tmp_path: Path) -> Any:
    """Return as much of Sphinx as the sheet asks for, with a sheet of a theme and one of the site."""
    written = {
        "html/_static/styles/theme.css": "body { color: var(--ink); background: url('../a.png') } .gone {}",
        "html/_static/idle.css": ".lead { margin: 0 }",
        "docs/_static/house.css": ".lead { margin: 1px }",
        "docs/_static/lab.css": "",
    }
    for name, text in written.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assets = [
        SimpleNamespace(filename=f"_static/{name}", priority=priority)
        for name, priority in (("house.css", 800), ("styles/theme.css?digest=1", 200))
    ]
    return SimpleNamespace(
        outdir=tmp_path / "html",
        srcdir=tmp_path / "docs",
        doctreedir=tmp_path / "doctrees",
        builder=SimpleNamespace(_css_files=assets),
    )


def test_the_sheet_depends_on_what_the_pages_are_and_not_on_what_was_built_today(
    tmp_path: Path,
) -> None:
    """A build that writes no page makes the same sheet; addresses in it lead where they did."""
    app = application(tmp_path)
    memory = style_sheet.Memory.of(app.doctreedir)
    page, _ = style_sheet.with_one_sheet(
        Moved(SHEETS.format('<p class="lead">'), dict(INLINE)), memory
    )
    first, _ = style_sheet.write(app, [page], "")
    sheet = (tmp_path / "html/_static/site.css").read_text()
    assert sheet == (
        "body{color:var(--ink);background:url(a.png)}.lead{margin:1px}body{--ink:black}"
        ".styled-1a{color:red!important}"
    )
    assert sorted(path.name for path in (tmp_path / "html").rglob("*.css")) == ["site.css"]
    (tmp_path / "html/_static/site.css").unlink()
    assert style_sheet.write(app, [page], "") == (first, set())
    assert (tmp_path / "html/_static/site.css").read_text() == sheet
    second, _ = style_sheet.write(app, [page.replace("lead", "lede")], "")
    assert second != first
    assert ".lead" not in (tmp_path / "html/_static/site.css").read_text()


def test_words_of_the_pages_are_no_names_though_the_search_loads_them(tmp_path: Path) -> None:
    """A sentence that is edited leaves the sheet as it is; what scripts name stays in it."""
    app = application(tmp_path)
    page = SHEETS.format(
        '<script src="_static/a.js?v=1" data-sections="_static/search/sections.js">'
    )
    said = tmp_path / "html" / "_static" / "search" / "sections.js"
    said.parent.mkdir()
    said.write_text('const sections = ["What was lead?"]')
    script = tmp_path / "html" / "_static" / "a.js"
    script.write_text("")
    first, _ = style_sheet.write(app, [page], "")
    assert ".lead" not in (tmp_path / "html/_static/site.css").read_text()
    said.write_text('const sections = ["Nothing."]')
    assert style_sheet.write(app, [page], "") == (first, set())
    script.write_text('body.className = "lead"')
    style_sheet.write(app, [page], "")
    assert ".lead" in (tmp_path / "html/_static/site.css").read_text()


def test_a_page_names_the_sheet_by_its_contents_behind_its_fonts() -> None:
    """Named again, the old version and the old fonts go; from the page of what is not found, too."""
    for root in ("../", "/dropout/"):
        page = f'<head><link rel="stylesheet" href="{root}_static/site.css"></head>'
        once = style_sheet.linked(page, "1a", ["_static/a.woff2?v=1"])
        font = f'<link rel="preload" href="{root}_static/a.woff2?v=1" as="font" type="font/woff2" crossorigin>'
        sheet = f'<link rel="stylesheet" href="{root}_static/site.css?v=1a">'
        assert once == f"<head>{font}{sheet}</head>"
        assert style_sheet.linked(once, "1a", ["_static/a.woff2?v=1"]) == once
        assert style_sheet.linked(once, "2b", []) == page.replace("css", "css?v=2b", 1)


def test_a_page_loads_the_scripts_that_find_something_to_do() -> None:
    """Tabs, tags and buttons that copy, where there are any; what the site does not know of stays."""
    names = ("doctools", "design-tabs", "sg-tags", "copying", "scripts/furo", "site")
    scripts = "".join(f'<script src="../_static/{name}.js?v=1"></script>' for name in names)

    def left(body: str) -> list[str]:
        page = needed_scripts.only_needed(f"{body}{scripts}")
        return [name for name in names if f"/{name}.js" in page]

    assert left("<p>1</p>") == ["scripts/furo", "site"]
    assert left('<div class="highlight"><pre>1</pre></div>') == ["copying", "scripts/furo", "site"]
    assert left('<div class="sd-tab-set docutils">') == ["design-tabs", "scripts/furo", "site"]
    assert left('<div data-sgtags="[]">') == ["sg-tags", "scripts/furo", "site"]


def test_figures_have_their_size_and_all_but_the_first_wait() -> None:
    """In CSS pixels; a size that a page gives itself stays, and so does what is no drawing."""
    drawing = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="288pt" height="201.6pt" viewBox="0 0 1 1">'
    )
    assert figure_sizes.of_drawing(drawing) == (384, 269)
    assert figure_sizes.of_drawing('<svg viewBox="0 0 1 1">') is None
    sizes = {"a.svg": (384, 269), "b.svg": (10, 20)}
    images = '<img src="a.svg"><img src="b.svg" width="5"><img src="c.png">'
    page = figure_sizes.sized(f"<article>{images}</article>", sizes.get)
    assert '<img src="a.svg" width="384" height="269">' in page
    assert '<img src="b.svg" width="5" loading="lazy">' in page
    assert '<img src="c.png" loading="lazy">' in page
    assert figure_sizes.sized(page, sizes.get) == page


def test_a_drawing_keeps_the_names_that_it_uses() -> None:
    """Those that something refers to, and those of texts."""
    drawing = '<g id="patch_1"><path id="a"/><use href="#a"/></g><g id="text_1"/>'
    assert adaptive_svg.without_idle_names(drawing) == drawing.replace(' id="patch_1"', "")


FORMULA = (
    "<p>Prose</p><math><semantics><mrow><mi>&alpha;</mi><mo>&lt;</mo><mi>Var</mi><msup><mi>x</mi><mn>2</mn></msup>"
    '<mo stretchy="false">(</mo><mo>[</mo></mrow><annotation>\\alpha</annotation></semantics></math>'
)


def test_the_characters_that_formulas_show_and_no_others() -> None:
    """Neither prose nor TeX; a variable of one letter is italic, an exponent small, a fence may stretch."""
    shown = math_font.shown(FORMULA)
    assert shown.all == set(
        "\N{MATHEMATICAL ITALIC SMALL ALPHA}<Var\N{MATHEMATICAL ITALIC SMALL X}2(["
    )
    assert shown.small == {"2"}
    assert shown.stretched & math_font.stretchable() == {"["}
    assert math_font.shown("<p>1</p>") == math_font.NOTHING


def test_the_font_comes_in_two_pieces_and_only_with_the_forms_that_formulas_need(
    tmp_path: Path,
) -> None:
    """What one page in four shows is common, and so are ASCII, whatever stretches and the space."""
    often = math_font.shown("<math><mi>x</mi></math>")
    pieces = math_font.in_pieces([math_font.shown(FORMULA), *[often] * 8])
    assert pieces.common == set("\N{MATHEMATICAL ITALIC SMALL X}[√ <Var2(")
    assert pieces.rest == set("\N{MATHEMATICAL ITALIC SMALL ALPHA}")
    fonts = math_font.serve(pieces, tmp_path, tmp_path)
    (common, rest) = (address.partition("?v=")[0] for address in fonts)
    assert "U+1D465" in math_font.faces(fonts)

    def font(name: str) -> TTFont:
        return TTFont(io.BytesIO((tmp_path / name).read_bytes()))

    def larger(name: str) -> set[str]:
        variants = font(name)["MATH"].table.MathVariants
        glyphs = variants.VertGlyphCoverage.glyphs if variants else []
        by_name = {glyph: chr(code) for code, glyph in font(name).getBestCmap().items()}
        return {by_name.get(glyph, glyph) for glyph in glyphs}

    def small(name: str) -> set[str]:
        by_name = {glyph: chr(code) for code, glyph in font(name).getBestCmap().items()}
        tables = [
            table for one in font(name)["GSUB"].table.LookupList.Lookup for table in one.SubTable
        ]
        return {by_name[glyph] for table in tables for glyph in table.alternates}

    assert pieces.common <= set(map(chr, font(common).getBestCmap()))
    assert pieces.rest <= set(map(chr, font(rest).getBestCmap()))
    assert {"[", "√"} <= larger(common)
    assert "(" not in larger(common)
    assert small(common) == {"2"}
    assert math_font.serve(pieces, tmp_path, tmp_path) == fonts
