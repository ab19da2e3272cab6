"""Draw dropout: an axes in, the same axes out.

``plt.style.use("dropout_explained.house")`` gives the look of the site. Kept, dropped,
scaled and expected have one colour each (from the palette of Okabe and Ito,
https://jfly.uni-koeln.de/color/), and a hatch, a line style or a word as well.
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from dropout_explained.arguments import BadArgument, checked_mask, checked_values
from dropout_explained.arrays import as_float64
from dropout_explained.closed_forms import moments
from dropout_explained.layers import scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from dropout_explained.explanation import Explanation

KEPT = "#009E73"
DROPPED = "#D55E00"
SCALED = "#0072B2"
EXPECTED = "#CC79A7"
NEUTRAL = "#8c959f"
_DROPPED_HATCH = "////"
MOST_COLUMNS = 12  # cells that a phone shows with three digits each
_REACH = 4.5  # standard errors on each side: beyond them the line lies on the axis
_MOST_POINTS = 500  # more than a figure has columns of pixels
_BINS = 30  # a few hundred samples fill them


def four_rows(explanation: Explanation, ax: Axes | None = None) -> Axes:
    """Draw input, mask, scale and output as four aligned rows of cells.

    Parameters
    ----------
    explanation : Explanation
        From :func:`dropout_explained.explain`; at most 12 elements.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    ValueError
        If the explanation has more than 12 elements.

    Examples
    --------
    >>> from dropout_explained import explain, figures
    >>> ax = figures.four_rows(explain([1.0, 2.0, 3.0, 4.0], p=0.5, seed=0))
    """
    shown = explanation.input, explanation.mask, explanation.output
    x, mask, y = (as_float64(array).reshape(-1) for array in shown)
    if x.size > MOST_COLUMNS:
        raise BadArgument(
            f"explanation must have at most {MOST_COLUMNS} elements to be drawn; got {x.size}"
        )
    ax = _given_or_new(ax)
    rows: list[tuple[str, Any, list[str | None]]] = [
        ("input $x$", x, [None] * x.size),
        ("mask $m$", mask, [KEPT if kept else DROPPED for kept in mask]),
        ("scale $1/(1-p)$", np.full(x.size, explanation.scale), [None] * x.size),
        ("output $y$", y, [SCALED if kept else DROPPED for kept in mask]),
    ]
    for row, (_, values, colours) in enumerate(rows):
        for column, (value, colour) in enumerate(zip(values, colours, strict=True)):
            _cell(ax, column, row, f"{value:.3g}", colour)
    ax.set(xlim=(-0.5, x.size - 0.5), ylim=(len(rows) - 0.55, -0.45), xticks=[])
    ax.set_yticks(range(len(rows)), [label for label, _, _ in rows])
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    return ax


def _cell(ax: Axes, column: int, row: int, text: str, colour: str | None) -> None:
    from matplotlib.patches import Rectangle

    hatch = _DROPPED_HATCH if colour == DROPPED else None
    look = _tint(colour, 0.16) if colour else {"facecolor": "none", "edgecolor": NEUTRAL}
    look |= {"linewidth": 1.2, "hatch": hatch}
    ax.add_patch(Rectangle((column - 0.44, row - 0.38), 0.88, 0.76, **look))
    # A patch of background behind the number keeps it legible on a hatch.
    behind = {"boxstyle": "round,pad=0.15", "facecolor": ax.get_facecolor(), "edgecolor": "none"}
    ax.text(column, row, text, ha="center", va="center", bbox=behind if hatch else None)


def mean_distribution(
    p: float, n: int, *, samples: Any = None, value: float = 1.0, ax: Axes | None = None
) -> Axes:
    """Draw the exact distribution of the mean of n equal values after dropout.

    The line is the binomial distribution of the number kept, as a density of the
    mean; the band is its central 95 % interval; bars are a histogram of ``samples``.

    Parameters
    ----------
    p : float
        Drop probability, in (0, 1).
    n : int
        How many equal values are averaged.
    samples : array_like of float, optional
        Observed means, in the unit of ``value``, drawn as a histogram.
    value : float, default: 1.0
        The value that each of the n elements has; not 0.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    ValueError
        If p is not inside (0, 1), n is below 1, or ``value`` is 0.

    Examples
    --------
    >>> from dropout_explained import figures
    >>> ax = figures.mean_distribution(0.9, 1000)
    """
    from scipy.stats import binom

    exact = moments(p, value=value, n=n)
    if exact.standard_error == 0:
        raise BadArgument(
            f"p must lie inside (0, 1) and value must not be 0 for the mean to vary; "
            f"got p = {p!r}, value = {value!r}"
        )
    ax = _given_or_new(ax)
    middle, reach = n * (1 - p), _REACH * sqrt(n * p * (1 - p)) + 1
    ends = max(0, int(middle - reach)), min(n, int(middle + reach))
    kept = np.unique(np.linspace(*ends, min(ends[1] - ends[0] + 1, _MOST_POINTS)).round())
    step = value * scale(p) / n
    means, density = kept * step, binom.pmf(kept, n, 1 - p) / abs(step)
    low, high = exact.interval_95
    ax.axvspan(low, high, **_tint(EXPECTED, 0.18), label="exact 95 % interval")
    if samples is not None:
        observed = as_float64(checked_values(samples, "samples"))
        edges = _edges_between_steps(observed, step)
        look = _tint(SCALED, 0.45)
        ax.hist(observed, edges.tolist(), density=True, label="observed means", **look)
    ax.plot(means, density, color=EXPECTED, drawstyle="steps-mid", label="exact distribution")
    ax.axvline(exact.mean, color=NEUTRAL, linestyle="--", linewidth=1.2, label="expected mean")
    ax.set(xlabel=f"mean of {n} values after dropout, p = {p:g}", ylabel="density", ylim=(0, None))
    return ax


def _edges_between_steps(observed: np.ndarray[Any, Any], step: float) -> np.ndarray[Any, Any]:
    """Return bin edges that lie halfway between attainable means, about _BINS of them.

    The mean moves in steps: bins that hold unequal numbers of them would comb.
    """
    steps = np.round(observed / step)
    width = max(1, int(np.ptp(steps) // _BINS))
    edges: np.ndarray[Any, Any] = np.arange(steps.min(), steps.max() + width + 1, width) - 0.5
    return np.sort(edges * step)


def gradient_bars(
    gradient: Any, mask: Any, *, expected: Any = None, ax: Axes | None = None
) -> Axes:
    """Draw a gradient as one bar an element, and mark what the mask dropped.

    Parameters
    ----------
    gradient : array_like of float
        Gradient dL/dx, any shape; flattened.
    mask : array_like of bool or 0/1
        The mask, 1 = kept, in the shape of ``gradient``.
    expected : array_like of float, optional
        The gradient averaged over masks, in the same shape, drawn as lines.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    ValueError
        If the shapes differ or the mask holds something else than 0 and 1.
    TypeError
        If ``gradient`` or ``expected`` does not hold floating-point numbers.

    Examples
    --------
    >>> from dropout_explained import explain, figures
    >>> told = explain([1.0, 2.0, 3.0, 4.0], p=0.5, seed=0)
    >>> ax = figures.gradient_bars(told.gradient(), told.mask)
    """
    values = checked_values(gradient, "gradient")
    kept = as_float64(checked_mask(mask, like=values, name="gradient")).reshape(-1) > 0
    heights = as_float64(values).reshape(-1)
    ax = _given_or_new(ax)
    places = np.arange(heights.size)
    if kept.any():
        ax.bar(places[kept], heights[kept], 0.72, **_tint(KEPT, 0.75), label="kept")
    if not kept.all():
        # A dropped element has no bar: a hatched stump marks where it would stand.
        stump = 0.04 * max(np.abs(heights).max(), 1e-300)
        bottom = heights[~kept] - stump / 2
        look: Any = {"facecolor": "none", "edgecolor": DROPPED, "hatch": _DROPPED_HATCH}
        ax.bar(places[~kept], stump, 0.72, bottom, label="dropped: exactly 0", **look)
    if expected is not None:
        average = as_float64(checked_values(expected, "expected")).reshape(-1)
        if average.shape != heights.shape:
            raise BadArgument(
                f"expected must have as many elements as gradient, {heights.size}; "
                f"got {average.size}"
            )
        ends = places - 0.36, places + 0.36
        ax.hlines(average, *ends, color=EXPECTED, linewidth=2.4, label="average over masks")
    ax.axhline(0, color=NEUTRAL, linewidth=0.8)
    ax.set(xticks=places, xlabel="element", ylabel="gradient")
    return ax


def _tint(colour: str, alpha: float) -> dict[str, Any]:
    """Return a light fill with the line around it that an eye needs."""
    return {"facecolor": (colour, alpha), "edgecolor": colour, "linewidth": 0.8}


def _given_or_new(ax: Axes | None) -> Axes:
    try:
        import matplotlib.pyplot as plt
    except ModuleNotFoundError as missing:
        raise ModuleNotFoundError(
            "figures are drawn by matplotlib: pip install matplotlib"
        ) from missing
    return plt.subplots()[1] if ax is None else ax
