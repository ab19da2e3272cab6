"""The site's icon as a bitmap: cards for previews of links are drawn with one, and read no SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dropout_explained import figures

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

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


def write(path: Path) -> None:
    """Write the icon as PNG."""
    import matplotlib.image

    path.parent.mkdir(parents=True, exist_ok=True)
    matplotlib.image.imsave(path, pixels())
