"""Let long names in tables break where a reader expects it: behind a dot, a slash or an underscore.

Without a place to break, a name widens its column, or is broken inside a word where the sheet
allows it anywhere.
"""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser

# A name of a column's width or less stays whole.
SHORTEST = 15
PLACE = re.compile(r"(?<=[_./])(?=[^_./])")


def with_places_to_break(page: str) -> str:
    """Return a page whose long names in tables may break between their parts."""
    tree = LexborHTMLParser(page)
    for name in tree.css("article td code, article th code, article td .pre, article th .pre"):
        # What holds elements is around a name, or has its places already.
        if not list(name.iter()) and len(name.text()) >= SHORTEST:
            name.inner_html = PLACE.sub("<wbr>", name.inner_html or "")
    return tree.html or page
