"""Give assistive technology what the theme and the extensions leave out of their HTML."""

from __future__ import annotations

from selectolax.lexbor import LexborHTMLParser

# Two landmarks of a kind need names that tell them apart.
LANDMARKS = {
    "aside.sidebar-drawer": "Pages",
    "aside.toc-drawer": "On this page",
    "aside.footnote-list": "Works cited",
}


def named(page: str) -> str:
    """Return a page whose headings have levels, and whose landmarks and toggles have names."""
    tree = LexborHTMLParser(page)
    for heading in tree.css("[role=heading]:not([aria-level])"):
        heading.attrs["aria-level"] = "2"
    for landmark, name in LANDMARKS.items():
        for element in tree.css(landmark):
            element.attrs["aria-label"] = name
    # The visible text of a toggle is the better name.
    for toggle in tree.css("summary[aria-label]"):
        del toggle.attrs["aria-label"]
    return tree.html or page
