"""Show an explanation as a table: plain text for terminals, HTML for notebooks."""

from __future__ import annotations

import textwrap
from html import escape
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dropout_explained.arguments import as_float64

if TYPE_CHECKING:
    from dropout_explained.explanation import Explanation

SHOWN_WHOLE = 12
SHOWN_FIRST, SHOWN_LAST = 8, 2
COLUMNS = ("element", "x", "m", "scale", "y = m x scale")


def _number(value: float) -> str:
    return f"{value:.6g}"


class _Row(NamedTuple):
    """One element, or the dots that stand for the elements left out."""

    cells: tuple[str, ...]
    kind: str
    fate: str


def _elements(told: Explanation) -> list[_Row]:
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
            reason = f": 0 * {_number(x[i])}"
        elif np.isfinite(x[i]) and not np.isfinite(y[i]):
            reason = ": overflow"
        numbers = (x[i], mask[i], told.scale, y[i])
        cells = (f"[{index}]", *(_number(number) for number in numbers))
        rows.append(_Row(cells, kind, kind + reason))
    if x.size > SHOWN_WHOLE:
        left_out = f"{x.size - len(shown)} more"
        rows.insert(SHOWN_FIRST, _Row(("...",) * 5, "more", left_out))
    return rows


def _title(told: Explanation) -> str:
    size = int(np.prod(told.input.shape, dtype=np.int64))
    dtype = str(told.input.dtype).removeprefix("torch.")
    what = f"Dropout of {size} value{'s' if size > 1 else ''} ({dtype}), p = {told.p:g}"
    if not told.training:
        return f"{what}, evaluation: nothing is drawn and nothing is scaled"
    drawn = "" if told.seed is None else f", seed {told.seed}"
    if told.p == 1:
        return f"{what}: everything is dropped{drawn}"
    return f"{what}, scale 1/(1 - p) = {_number(told.scale)}{drawn}"


def _summary(told: Explanation) -> list[tuple[str, str, str]]:
    """Return rows of (quantity, value, remark)."""
    mask = as_float64(told.mask)
    expected_kept = mask.size * ((1 - told.p) if told.training else 1)
    off = ""
    error = told.standard_error
    expected = float(as_float64(told.expected_output).mean())
    if error > 0 and np.isfinite(error):
        distance = (told.mean_output - expected) / error
        off = f"{distance:+.2f} standard errors from the expected mean"
    return [
        (
            "kept",
            f"{mask.sum():.0f} of {mask.size}",
            f"expected {_number(expected_kept)}",
        ),
        ("mean of x", _number(told.mean_input), ""),
        ("mean of y", _number(told.mean_output), off),
        ("expected", _number(expected), f"standard error {_number(error)}"),
    ]


def _notes(told: Explanation) -> list[str]:
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


def as_text(told: Explanation) -> str:
    """Return the table as text that reads well in 80 columns, without colour."""
    rows = [_Row(COLUMNS, "head", ""), *_elements(told)]
    widths = [max(len(row.cells[column]) for row in rows) for column in range(len(COLUMNS))]
    lines = [*textwrap.wrap(_title(told), width=78), ""]
    for row in rows:
        cells = (cell.rjust(width) for cell, width in zip(row.cells, widths, strict=True))
        lines.append(f"  {'  '.join(cells)}   {row.fate}".rstrip())
    lines.append("")
    summary = _summary(told)
    wide = max(len(value) for _, value, _ in summary)
    for name, value, remark in summary:
        lines.append(f"  {name:<9}  {value:>{wide}}   {remark}".rstrip())
    for note in _notes(told):
        lines += ["", *textwrap.wrap(f"Note: {note}", width=78)]
    return "\n".join(lines)


def as_html(told: Explanation) -> str:
    """Return the table as semantic HTML; pages style it by its class names."""
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in (*COLUMNS, "fate"))
    body = "".join(
        f'<tr class="{row.kind}"><th scope="row">{escape(row.cells[0])}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in (*row.cells[1:], row.fate))
        + "</tr>"
        for row in _elements(told)
    )
    foot = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td>'
        f"<td>{escape(remark)}</td></tr>"
        for name, value, remark in _summary(told)
    )
    notes = "".join(f"<p>Note: {escape(note)}</p>" for note in _notes(told))
    return (
        f'<div class="dropout-explanation"><table><caption>{escape(_title(told))}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        f"<table><tbody>{foot}</tbody></table>{notes}</div>"
    )
