"""Judge a mask where it meets data: what it multiplies by, times its keep rate, must give 1."""

from __future__ import annotations

from dataclasses import replace
from math import prod, sqrt
from typing import TYPE_CHECKING, Any, NamedTuple

from dropout_explained.audit.findings import finding
from dropout_explained.audit.scales import CLOSE

if TYPE_CHECKING:
    from dropout_explained.audit.findings import Finding
    from dropout_explained.audit.scales import Meeting, Scales

MISREAD = 5  # standard errors between the share that is kept and q: then the mask was misread


class _Read(NamedTuple):
    """What was read of a mask: keep rate, share kept, its value, the constants beside it."""

    q: float
    kept: float
    value: float
    own: list[float]


def keep_probability(draw: Any) -> float | None:
    """Return the keep probability of a draw, if it is one number."""
    probability = None if draw.coins is None else draw.coins.one_probability
    if probability is None:
        return None
    return float(probability if draw.coins.keeps is not False else 1.0 - probability)


def _read(draw: Any, meeting: Meeting, constants: set[float]) -> _Read | None:
    """Read a mask that zeroes data; None where it does something else, or kept nothing."""
    q = keep_probability(draw)
    zeroes = not meeting.replaces and "alpha" not in draw.function and meeting.value is not None
    if q is None or not 0 < q < 1 or not zeroes or draw.coins.mask is None:
        return None
    kept = draw.coins.mask.double().mean().item()
    error = sqrt(q * (1 - q) / draw.coins.mask.numel())
    if kept == 0 or abs(kept - q) > MISREAD * error:
        return None
    beside = [*([meeting.before] if meeting.before else []), *meeting.after]
    # What evaluation multiplies by as well is no part of the scale.
    own = [one for one in beside if not _among(one, constants)]
    return _Read(q, kept, meeting.value or 1.0, own)


def wrong_scale(
    draw: Any, meeting: Meeting, awake: Scales, at_rest: Scales, where: str
) -> Finding | None:
    """Value times keep rate must be 1, or evaluation must multiply by the keep rate."""
    constants = at_rest.constants.get(meeting.path, set())
    read = _read(draw, meeting, constants)
    if read is None:
        return None
    if _is(read.value * read.q, 1):
        return _again(draw, read, where) or _at_rest(meeting, read.q, awake, at_rest, where)
    if any(_is(one * read.q, 1) or _is(one * read.kept, 1) for one in meeting.factors):
        return _at_rest(meeting, read.q, awake, at_rest, where)
    if _among(read.q, constants) or _among(1 / read.q, constants):
        return None
    total = read.value * prod(read.own)
    if _is(total, 1):
        return _unscaled(draw, meeting, read.q, where)
    turned = " It divides by the probability to drop." if _is(total * (1 - read.q), 1) else ""
    return finding(
        "DE012",
        where,
        f"A mask that keeps with q = {read.q:.3g} multiplies by {total:.4g}, not by "
        f"{1 / read.q:.4g}: the mean in training is {total * read.q:.3g} times the input.{turned}",
    )


def _again(draw: Any, read: _Read, where: str) -> Finding | None:
    """Find a second division by q behind or before a mask that is divided itself."""
    again = [one for one in read.own if _is(one * read.q, 1)]
    if not again:
        return None
    return finding(
        "DE011",
        where,
        f"{draw.function} divides by q = {read.q:.3g}, and the code divides again: the mean in "
        f"training is {again[0]:.3g} times the input.",
    )


def _at_rest(
    meeting: Meeting, q: float, awake: Scales, at_rest: Scales, where: str
) -> Finding | None:
    """Find a multiplication by q in evaluation alone, behind a mask that training has divided."""
    for path in (meeting.path, meeting.path.rpartition(".")[0]):
        if _among(q, at_rest.constants.get(path, set()) - awake.constants.get(path, set())):
            return finding(
                "DE011",
                where,
                f"Training divides by q = {q:.3g}, and evaluation multiplies by it as well: "
                f"evaluation gives {q:.3g} times the mean in training.",
            )
    return None


def _unscaled(draw: Any, meeting: Meeting, q: float, where: str) -> Finding:
    """Tell of a mask of ones and zeros; of whole rows it may be meant, as word dropout is."""
    found = finding(
        "DE010",
        where,
        f"A mask that keeps with q = {q:.3g} is not scaled: the mean in training is {q:.3g} times "
        "that in evaluation.",
    )
    rows = draw.coins.mask.numel() < prod(meeting.data)
    return replace(found, severity="note") if rows else found


def _is(one: float, other: float) -> bool:
    return abs(one - other) <= CLOSE * abs(other)


def _among(number: float, constants: set[float]) -> bool:
    return any(_is(one, number) for one in constants)
