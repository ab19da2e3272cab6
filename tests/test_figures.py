"""Figures: an axes in, the same axes out, showing the numbers they were given."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.patches import Rectangle

from dropout_explained import explain, figures, moments


def test_four_rows_shows_every_number() -> None:
    """Input, mask, scale and output stand in their rows, and drops are hatched."""
    told = explain([1, 2, 3, 4], seed=0)
    _, ax = plt.subplots()
    assert figures.four_rows(told, ax) is ax
    shown = {
        (round(x), round(y)): text.get_text() for text in ax.texts for x, y in [text.get_position()]
    }
    for column in range(4):
        numbers = (told.input, told.mask, np.full(4, told.scale), told.output)
        for row, values in enumerate(numbers):
            assert float(shown[column, row]) == values[column]
    hatched = [patch for patch in ax.patches if patch.get_hatch()]
    assert len(hatched) == 2 * int((~told.mask).sum())


def test_mean_distribution_shows_the_exact_law() -> None:
    """The curve has area 1 and its mean; the band is the exact interval."""
    p, n = 0.9, 1000
    ax = figures.mean_distribution(p, n)
    (curve,) = (line for line in ax.lines if line.get_label() == "exact distribution")
    means, density = np.asarray(curve.get_xdata()), np.asarray(curve.get_ydata())
    step = means[1] - means[0]
    assert (density * step).sum() == pytest.approx(1, abs=1e-4)  # 4.5 deviations drawn
    assert (means * density * step).sum() == pytest.approx(1, abs=1e-4)
    (band,) = (patch for patch in ax.patches if patch.get_label() == "exact 95 % interval")
    assert isinstance(band, Rectangle)
    low, high = moments(p, n=n).interval_95
    assert band.get_x() == low
    assert band.get_x() + band.get_width() == pytest.approx(high)


def test_mean_distribution_counts_every_sample() -> None:
    """The histogram covers all samples, also for a negative value."""
    samples = -np.random.default_rng(0).binomial(50, 0.5, 500) / 25
    ax = figures.mean_distribution(0.5, 50, samples=samples, value=-1.0)
    bars = [patch for container in ax.containers for patch in container]
    assert sum(bar.get_width() * bar.get_height() for bar in bars) == pytest.approx(1)


def test_gradient_bars_show_the_gradient() -> None:
    """Kept elements have a bar of the gradient's height, dropped ones a hatched stump."""
    told = explain([1.0, 2.0, 3.0, 4.0], p=0.5, mask=[1, 0, 1, 0])
    ax = figures.gradient_bars(told.gradient(), told.mask, expected=[1.0] * 4)
    kept, dropped = ax.containers[:2]
    assert [bar.get_height() for bar in kept] == [2, 2]
    assert all(bar.get_hatch() for bar in dropped)


def test_the_style_loads_by_its_name() -> None:
    """Matplotlib finds the one style file inside the package."""
    with plt.style.context("dropout_explained.house"):
        assert plt.rcParams["svg.hashsalt"] == "dropout_explained"
