"""Say in a page how large its figures are, so that nothing moves when they come, and let the later ones wait."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from selectolax.lexbor import LexborHTMLParser

if TYPE_CHECKING:
    from collections.abc import Callable

SIZE = re.compile(r'<svg[^>]*? width="([\d.]+)(pt|px)?"[^>]*? height="([\d.]+)(pt|px)?"')
# In CSS pixels; what has no unit is in these.
UNITS = {"pt": 4 / 3, "px": 1, "": 1}
# Of a page that opens with a figure, a reader sees this many before scrolling.
AT_ONCE = 1


def of_drawing(drawing: str) -> tuple[int, int] | None:
    """Return the width and height of a drawing in CSS pixels, if it says them."""
    found = SIZE.search(drawing)
    if found is None:
        return None
    width, wide, height, high = found.groups(default="")
    return round(float(width) * UNITS[wide]), round(float(height) * UNITS[high])


def sized(page: str, size_of: Callable[[str], tuple[int, int] | None]) -> str:
    """Return a page whose images have their size; ``size_of`` is asked for each by its address."""
    if "<img" not in page:
        return page
    tree = LexborHTMLParser(page)
    for count, image in enumerate(tree.css("article img")):
        size = None if image.attributes.get("width") else size_of(image.attributes["src"] or "")
        if size:
            image.attrs["width"], image.attrs["height"] = map(str, size)
        if count >= AT_ONCE:
            image.attrs["loading"] = "lazy"
    return tree.html or page
