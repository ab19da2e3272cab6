"""What a card for previews of links is drawn with: the site's icon as a bitmap, and the page's own words."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
from docutils import nodes

from dropout_explained import figures

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

DRAWN_BY = "sphinxext.opengraph._social_cards"
SIZE, CELL, LINE = 128, 52, 10
# Of a mask of two rows, as in icon.svg: kept, dropped, dropped, scaled.
CELLS = (
    (0, 0, figures.KEPT, True),
    (0, 1, figures.DROPPED, False),
    (1, 0, figures.DROPPED, False),
    (1, 1, figures.SCALED, True),
)


def pixels() -> NDArray[np.uint8]:
    """Return red, green, blue and opacity of each pixel."""
    image = np.zeros((SIZE, SIZE, 4), np.uint8)
    for row, column, colour, filled in CELLS:
        top, left = row * (SIZE - CELL), column * (SIZE - CELL)
        cell = image[top : top + CELL, left : left + CELL]
        cell[:] = (*bytes.fromhex(colour.removeprefix("#")), 255)
        if not filled:
            cell[LINE:-LINE, LINE:-LINE] = 0
    return image


def write_icon(path: Path) -> None:
    """Write the icon as PNG."""
    import matplotlib.image

    path.parent.mkdir(parents=True, exist_ok=True)
    matplotlib.image.imsave(path, pixels())


def draw_none() -> None:
    """Let the previews be without what draws cards, of which a site without an address has none.

    It imports matplotlib, which takes a tenth of a rebuild.
    """
    without = ModuleType(DRAWN_BY)
    vars(without).update(DEFAULT_SOCIAL_CONFIG={}, create_social_card=None)
    sys.modules.setdefault(DRAWN_BY, without)


def use_own_words() -> None:
    """Let previews and their cards have what pages say of themselves."""
    from sphinxext import opengraph

    first_words = opengraph.get_description

    def described(doctree: nodes.document, length: int, known_titles: Iterable[str] = ()) -> str:
        """Return what a page says of itself; without that its first words, in which formulas are TeX."""
        for meta in doctree.findall(nodes.meta):
            if meta.get("name") == "description":
                return str(meta["content"])
        return str(first_words(doctree, length, known_titles))

    opengraph.get_description = described
