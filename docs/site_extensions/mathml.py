"""Typeset mathematics as MathML while the site is built: no script, no third party.

Browsers draw MathML well with a mathematics font only, so the site serves one (``math_font``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from docutils import nodes
from math_core import LatexError, LatexToMathML
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
# How a formula in one line of text joins what MathML sets by its place.
JOINED = {"mfrac": "/", "msup": "^", "msub": "_", "munder": "_"}
WITH_BOTH = {"msubsup", "munderover"}
APPLIED = "\N{FUNCTION APPLICATION}"


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


def setup(app: Sphinx) -> dict[str, Any]:
    """Become the renderer that ``html_math_renderer`` names."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_display, None))
    app.config.html_math_renderer = "mathml"
    return {"parallel_read_safe": True, "parallel_write_safe": True}
