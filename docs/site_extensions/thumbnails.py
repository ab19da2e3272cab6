"""Draw the card of a gallery script for the size at which the gallery shows it.

A figure that is made smaller keeps nothing that can be read. So the first axes of a script's first
figure are drawn once more, in the size of a card and without words, and take the place of the
shrunken figure that sphinx-gallery puts there.
"""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# In CSS pixels, of which an inch has 96 and three points have four: the narrowest card of a phone.
WIDTH, HEIGHT, EDGE = 132, 92, 5
INCH, POINT = 96, 4 / 3
LETTER = 12 / POINT
# Points that can be seen, and of a cloud as many as still make a cloud.
LEAST_MARKER, MOST_POINTS = 3.0, 150
OF_SPHINX_GALLERY, OF_THIS_SITE = "_thumb.svg", "_card.svg"


def copied(figure: Figure) -> bytes:
    """Return a copy of a figure that lives on when the figure is closed."""
    return pickle.dumps(figure)


def draw(figure: bytes, path: Path) -> None:
    """Draw the first axes of a copied figure as a card, in SVG."""
    import matplotlib.pyplot as plt

    card: Figure = pickle.loads(figure)
    card.set_layout_engine("none")
    axes, *others = card.axes
    for other in (*others, *card.texts, *card.legends):
        other.remove()
    before = axes.get_window_extent().width / card.dpi * INCH
    card.set_size_inches(WIDTH / INCH, HEIGHT / INCH)
    wide, high = WIDTH - 2 * EDGE, HEIGHT - 2 * EDGE
    axes.set_position((EDGE / WIDTH, EDGE / HEIGHT, wide / WIDTH, high / HEIGHT))
    without_words(axes)
    with_points_to_scale(axes, wide / before)
    path.parent.mkdir(parents=True, exist_ok=True)
    card.savefig(path, format="svg", metadata={"Date": None})
    plt.close(card)


def without_words(axes: Axes) -> None:
    """Leave of all texts the numbers in cells, as large as a reader needs them."""
    legend = axes.get_legend()
    if legend:
        legend.remove()
    axes.set(title="", xlabel="", ylabel="", xticks=[], yticks=[])
    axes.minorticks_off()
    for text in list(axes.texts):
        if text.get_text().replace(".", "").isdigit():
            text.set_fontsize(LETTER)
        else:
            text.remove()


def with_points_to_scale(axes: Axes, ratio: float) -> None:
    """Make points smaller with their axes, and clouds of them thinner."""
    from matplotlib.collections import PathCollection

    for points in axes.collections:
        if isinstance(points, PathCollection):
            points.set_sizes(points.get_sizes() * ratio**2)
    for line in axes.lines:
        line.set_markersize(max(LEAST_MARKER, line.get_markersize() * ratio))
        if line.get_linestyle() == "None":
            x, y = map(np.asarray, line.get_data())
            step = 1 + len(x) // MOST_POINTS
            line.set_data(x[::step], y[::step])


def place(gallery: Path) -> None:
    """Put the cards where sphinx-gallery has put what it made of the figures."""
    for card in gallery.rglob(f"*{OF_THIS_SITE}"):
        shown = card.with_name(card.name.replace(OF_THIS_SITE, OF_SPHINX_GALLERY))
        # Written again, it would count as new, and with it every page that shows it.
        if not shown.exists() or shown.read_bytes() != card.read_bytes():
            shown.write_bytes(card.read_bytes())
