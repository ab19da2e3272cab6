"""The cards of the gallery: drawn for their size, and not a figure that was made smaller."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import pytest
from bs4 import BeautifulSoup

from dropout_explained import explain, figures

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

pytest.importorskip("sphinx")

from site_extensions import thumbnails


def drawn(figure: Figure, folder: Path) -> BeautifulSoup:
    """Return the card of a figure, parsed."""
    path = folder / "thumb" / f"name{thumbnails.OF_THIS_SITE}"
    thumbnails.draw(thumbnails.copied(figure), path)
    text = path.read_text(encoding="utf-8")
    return BeautifulSoup(text[text.index("<svg") :], "html.parser")


def letters(card: BeautifulSoup) -> list[float]:
    """Return the size of each text in CSS pixels; matplotlib draws its letters 100 units high."""
    texts = card.select("g[id^=text_] g[transform*='scale(']")
    scales = [str(text["transform"]).split("scale(")[1].split()[0] for text in texts]
    return [float(scale) * 100 * thumbnails.POINT for scale in scales]


def test_a_card_has_the_size_of_a_card_and_no_words(tmp_path: Path) -> None:
    """Of two axes the first, with neither title, labels, ticks nor legend; the figure stays."""
    figure, (above, below) = plt.subplots(2, 1)
    for ax in (above, below):
        ax.plot([1, 2, 3], label="a line")
        ax.set(title="A title", xlabel="x", ylabel="y")
        ax.legend()
    above.annotate("words", (1, 2))
    card = drawn(figure, tmp_path)
    assert card.svg is not None
    points = [size / thumbnails.POINT for size in (thumbnails.WIDTH, thumbnails.HEIGHT)]
    assert [float(size) for size in str(card.svg["viewbox"]).split()[2:]] == points
    assert len(card.select("g[id^=axes_]")) == 1
    assert letters(card) == []
    assert len(figure.axes) == 2
    assert above.get_title() == "A title"
    assert plt.get_fignums() == [figure.number]


def test_numbers_in_cells_stay_and_can_be_read(tmp_path: Path) -> None:
    """Sixteen of them, with 12 pixels each."""
    figure, ax = plt.subplots()
    figures.four_rows(explain([1, 2, 3, 4], seed=0), ax).set_title("words")
    found = letters(drawn(figure, tmp_path))
    assert len(found) == 16
    assert min(found) == pytest.approx(12)


def test_clouds_are_thinner_and_lines_are_whole(tmp_path: Path) -> None:
    """Of a thousand points as many as a card has room for; a line of a thousand keeps its shape."""
    figure, ax = plt.subplots()
    ax.plot(np.arange(1000) % 7, ".")
    ax.plot(np.arange(1000) % 7)
    card = drawn(figure, tmp_path)
    points = card.select("g[id^=line2d_] use")
    assert 100 < len(points) <= thumbnails.MOST_POINTS
    line = max((str(path["d"]) for path in card.select("g[id^=line2d_] > path")), key=len)
    # Matplotlib leaves out what lies within a pixel.
    assert line.count("L") > 2 * thumbnails.MOST_POINTS


def test_cards_take_the_place_of_shrunken_figures_once(tmp_path: Path) -> None:
    """What is in place already is not written again: every page that shows it would be, too."""
    card, shown = tmp_path / "plot_a_card.svg", tmp_path / "plot_a_thumb.svg"
    card.write_text("card")
    shown.write_text("figure")
    thumbnails.place(tmp_path)
    assert shown.read_text() == "card"
    os.utime(shown, (0, 0))
    thumbnails.place(tmp_path)
    assert shown.stat().st_mtime == 0
