"""Typeset mathematics as MathML while the site is built: no script, no third party.

Browsers draw MathML well with a mathematics font only, so the site serves one,
cut to the characters that its pages use.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from math_core import LatexError, LatexToMathML
from selectolax.lexbor import LexborHTMLParser
from sphinx.errors import ExtensionError
from sphinx.util.math import get_node_equation_number

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

MACROS = {
    "E": r"\operatorname{E}",
    "Var": r"\operatorname{Var}",
    "SE": r"\operatorname{SE}",
    "Bernoulli": r"\operatorname{Bernoulli}",
    "Binomial": r"\operatorname{Binomial}",
}
FONT = Path("_static") / "stix-two-math.woff2"
# Browsers draw these by themselves, around what the pages contain: root signs,
# stretchy fences and their pieces, bars and accents.
DRAWN_BY_BROWSERS = "√()[]{}|‖⟨⟩⌈⌉⌊⌋⎛⎜⎝⎞⎟⎠⎡⎢⎣⎤⎥⎦⎧⎨⎩⎪⎫⎬⎭⎷¯ˉ‾_⏞⏟^~ˆ˜→−+=<>0123456789"

# How a formula in one line of text joins what MathML sets by its place.
JOINED = {"mfrac": "/", "msup": "^", "msub": "_", "munder": "_"}
WITH_BOTH = {"msubsup", "munderover"}
APPLIED = "\N{FUNCTION APPLICATION}"

# A variable of one letter is shown as the italic character that Unicode has for it.
ITALIC = {0x41 + i: 0x1D434 + i for i in range(26)} | {0x61 + i: 0x1D44E + i for i in range(26)}
ITALIC |= {0x3B1 + i: 0x1D6FC + i for i in range(25)} | {
    ord("h"): ord("ℎ"),
    ord("∂"): 0x1D715,
}


def mathml(latex: str, node: nodes.Node, *, display: bool) -> str:
    """Convert one formula, and say where it stands when it is not one."""
    if r"\\" in latex and r"\begin" not in latex:
        # Mostly a backslash that was doubled for a string that turned out to be raw.
        raise ExtensionError(
            f"{node.source}:{node.line}: a line break outside of a block: {latex!r}"
        )
    converter = LatexToMathML(macros=MACROS, annotation=False, fancy_error=False)
    try:
        return converter.convert_with_local_state(latex, displaystyle=display)
    except LatexError as error:
        raise ExtensionError(f"{node.source}:{node.line}: {error} in {latex!r}") from error


def visit_inline(self: HTML5Translator, node: nodes.math) -> None:
    """Write a formula within a line."""
    self.body.append(mathml(node.astext(), node, display=False))
    raise nodes.SkipNode


def visit_display(self: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula on a line of its own, with its number and a link to it."""
    self.body.append(self.starttag(node, "div", CLASS="math notranslate nohighlight"))
    formula = mathml(node.astext(), node, display=True)
    self.body.append(f'<div class="formula">{formula}</div>')
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append("</div>\n")
    raise nodes.SkipNode


def in_a_line(formula: LexborNode) -> str:
    """Return a formula as text: what stands over, under or in a root by its place has a sign."""
    parts = [in_a_line(part) for part in formula.iter()]
    if formula.tag == "msqrt":
        return f"√{grouped(''.join(parts))}"
    if formula.tag in WITH_BOTH:
        return "{}_{}^{}".format(*map(grouped, parts))
    if formula.tag in JOINED:
        return JOINED[formula.tag].join(map(grouped, parts))
    return "".join(parts) or "".join(formula.text().replace(APPLIED, "").split())


def grouped(text: str) -> str:
    """Return a part of a formula in parentheses, if it has parts itself."""
    return text if re.fullmatch(r".?|[\d.]+|\(.*\)", text) else f"({text})"


def characters(page: str) -> set[str]:
    """Return the characters inside the formulas of a page; their sources are not shown."""
    tree = LexborHTMLParser(page)
    for source in tree.css("math annotation"):
        source.decompose()
    return set("".join(formula.text() for formula in tree.css("math")))


def with_font_early(page: str, root: str) -> str:
    """Let a page with formulas fetch their font before its styles name it: else its lines jump."""
    if "<math" not in page or 'as="font"' in page:
        return page
    early = f'<link rel="preload" href="{root}{FONT.as_posix()}" as="font" type="font/woff2" crossorigin>'
    return page.replace('<link rel="stylesheet"', f'{early}<link rel="stylesheet"', 1)


def serve_font(used: set[str], site: Path, memory: Path) -> None:
    """Cut the font to what the formulas use, unless it is cut to that already."""
    target, record = site / FONT, memory / "font_characters"
    wanted = "".join(sorted(used | set(DRAWN_BY_BROWSERS)))
    if target.exists() and record.exists() and record.read_text(encoding="utf-8") == wanted:
        return
    target.write_bytes(subset(wanted))
    record.write_text(wanted, encoding="utf-8")


def subset(characters: str) -> bytes:
    """Return STIX Two Math with only some characters, as WOFF2."""
    import io
    import logging

    import ziamath
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    logging.getLogger("fontTools.subset").setLevel(logging.WARNING)
    font = TTFont(Path(ziamath.__file__).parent / "fonts" / "STIXTwoMath-Regular.ttf")
    options = Options(layout_features=["*"], notdef_outline=True, hinting=False)
    subsetter = Subsetter(options)
    subsetter.populate(text=characters + characters.translate(ITALIC))
    subsetter.subset(font)
    font.flavor = "woff2"
    buffer = io.BytesIO()
    font.save(buffer)
    return buffer.getvalue()


def setup(app: Sphinx) -> dict[str, Any]:
    """Become the renderer that ``html_math_renderer`` names."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_display, None))
    app.config.html_math_renderer = "mathml"
    return {"parallel_read_safe": True, "parallel_write_safe": True}
