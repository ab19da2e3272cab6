"""What an explanation says, as a table: element by element, then the means, then what is unusual."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from dropout_explained import tables
from dropout_explained.arrays import as_float64

if TYPE_CHECKING:
    from dropout_explained.arrays import Array

# A table that fits a screen: whole up to here, else its first and last elements.
SHOWN_WHOLE = 12
SHOWN_FIRST, SHOWN_LAST = 8, 2


class _Told(Protocol):
    """What the table needs to know of a call."""

    # Properties, because those of an explanation are frozen or computed.
    @property
    def input(self) -> Array: ...
    @property
    def p(self) -> float: ...
    @property
    def mask(self) -> Array: ...
    @property
    def output(self) -> Array: ...
    @property
    def expected_output(self) -> Array: ...
    @property
    def scale(self) -> float: ...
    @property
    def mean_input(self) -> float: ...
    @property
    def mean_output(self) -> float: ...
    @property
    def standard_error(self) -> float: ...
    @property
    def seed(self) -> int | None: ...
    @property
    def training(self) -> bool: ...


def explanation_table(told: _Told) -> tables.Table:
    """Return the table of one dropout call."""
    return tables.Table(
        title=_title(told),
        columns=("element", "x", "m", "scale", "y"),
        rows=tuple(_elements(told)),
        remarks="fate",
        facts=tuple(_facts(told)),
        notes=tuple(_notes(told)),
    )


def _title(told: _Told) -> str:
    size = int(np.prod(told.input.shape, dtype=np.int64))
    dtype = str(told.input.dtype).removeprefix("torch.")
    what = f"Dropout of {size} value{'s' if size > 1 else ''} ({dtype}), p = {told.p:g}"
    if not told.training:
        return f"{what}, in evaluation\nnothing is drawn and nothing is scaled"
    drawn = "" if told.seed is None else f", seed {told.seed}"
    if told.p == 1:
        return f"{what}{drawn}\neverything is dropped"
    return f"{what}{drawn}\ny = m x scale, scale = 1/(1 - p) = {told.scale:.6g}"


def _elements(told: _Told) -> list[tables.Row]:
    """Return a row for each element that fits, and one for those left out."""
    shape = tuple(told.input.shape)
    x, mask, y = (as_float64(array).reshape(-1) for array in (told.input, told.mask, told.output))
    shown = list(range(x.size))
    if x.size > SHOWN_WHOLE:
        shown = [*shown[:SHOWN_FIRST], *shown[-SHOWN_LAST:]]
    rows = []
    for i in shown:
        index = ", ".join(str(axis) for axis in np.unravel_index(i, shape))
        kind = "kept" if mask[i] else "dropped"
        reason = ""
        if not np.isfinite(x[i]) and not mask[i]:
            reason = f": 0 * {x[i]:.6g}"
        elif np.isfinite(x[i]) and not np.isfinite(y[i]):
            reason = ": overflow"
        numbers = (f"{number:.6g}" for number in (x[i], mask[i], told.scale, y[i]))
        rows.append(tables.Row((f"[{index}]", *numbers), kind + reason, kind))
    if x.size > SHOWN_WHOLE:
        left_out = tables.Row(("...",) * 5, f"{x.size - len(shown)} more", "more")
        rows.insert(SHOWN_FIRST, left_out)
    return rows


def _facts(told: _Told) -> list[tables.Fact]:
    mask = as_float64(told.mask)
    expected_kept = mask.size * ((1 - told.p) if told.training else 1)
    off = ""
    error = told.standard_error
    expected = float(as_float64(told.expected_output).mean())
    if error > 0 and np.isfinite(error):
        distance = (told.mean_output - expected) / error
        off = f"{distance:+.2f} standard errors off"
    return [
        tables.Fact("kept", f"{mask.sum():.0f} of {mask.size}", f"expected {expected_kept:.6g}"),
        tables.Fact("mean of x", f"{told.mean_input:.6g}"),
        tables.Fact("mean of y", f"{told.mean_output:.6g}", off),
        tables.Fact("expected", f"{expected:.6g}", f"standard error {error:.6g}"),
    ]


def _notes(told: _Told) -> list[str]:
    x, mask = as_float64(told.input), as_float64(told.mask)
    notes = []
    if not np.isfinite(x).all():
        lost = int(((mask == 0) & ~np.isfinite(x)).sum())
        notes.append(
            "x holds NaN or infinity. torch multiplies dropped values by 0, and 0 times either "
            f"is NaN: {lost} dropped here."
        )
    if told.training and told.p == 1:
        notes.append("At p = 1 the factor 1/(1 - p) does not exist; torch multiplies x by 0.")
    if np.isinf(told.scale):
        notes.append("The scale overflows the dtype of x: every survivor becomes infinite.")
    return notes
