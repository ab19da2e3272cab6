"""Say where a line may end: behind the parts of a long name, and never between a formula and its comma.

Without a place to break, a name widens its column, or is broken inside a word where the sheet
allows it anywhere. A formula is a thing of its own to a browser, which may end the line behind it.
"""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser

# From which length on a name may break: what a phone shows whole in large letters or in one of
# two columns, and what it shows whole in prose.
NAMES = {
    "article td code, article th code, article .law code": 24,
    "article h1, article h2, article h3, article h4": 24,
    "dt.sig .sig-prename, dt.sig .sig-name": 24,
    "article code": 40,
}
PLACE = re.compile(r"(?<=[_/])(?=[^_./])|(?<=\.)(?=[^_./\d])")  # a decimal is whole
FORMULA = re.compile(
    r'(?P<before>[(\[\u201c\u2018]?)<math(?![^>]*display="block").*?</math>'
    r"(?P<after>[)\]\u201d\u2019.,;:!?\u2026]*)",
    re.DOTALL,
)
TOGETHER = '<span class="unbroken">'
PROMPT = "$ "


def with_places_to_break(page: str) -> str:
    """Return a page whose long names may break between their parts, and whose printed lines may."""
    tree = LexborHTMLParser(page)
    for selector, shortest in NAMES.items():
        for name in tree.css(selector):
            name.inner_html = in_parts(name.inner_html or "", shortest)
    # A signature also breaks between module and name, and where its arguments begin.
    for start in tree.css("dt.sig .sig-prename, dt.sig .sig-name + .sig-paren"):
        if start.css_first("wbr:last-child") is None:
            start.inner_html = f"{start.inner_html}<wbr>"
    for block in tree.css("div.highlight-text"):
        named = block.attributes["class"] or ""
        if block.text().startswith(PROMPT) and "printed" not in named.split():
            block.attrs["class"] = f"{named} printed"
    return tree.html or page


def in_parts(html: str, shortest: int) -> str:
    """Return HTML with places to break in every word of that length outside of its tags."""

    def parted(found: re.Match[str]) -> str:
        return found[0] if found[0].startswith("<") else PLACE.sub("<wbr>", found[0])

    return re.sub(rf"<[^>]*>|[^<\s]{{{shortest},}}", parted, html)


def with_formulas_unbroken(page: str) -> str:
    """Return a page whose formulas stay with the punctuation around them."""

    def keep(found: re.Match[str]) -> str:
        beside = found["before"] or found["after"]
        wrapped = found.string.endswith(TOGETHER, 0, found.start())
        return f"{TOGETHER}{found[0]}</span>" if beside and not wrapped else found[0]

    return FORMULA.sub(keep, page)
