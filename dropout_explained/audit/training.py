"""What dropout does in training: scales, neighbours, shapes, checkpoints, what is written in place."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from dropout_explained.audit.evaluation import place_text
from dropout_explained.audit.findings import finding
from dropout_explained.audit.mask_scale import keep_probability, wrong_scale
from dropout_explained.audit.report import short
from dropout_explained.audit.structure import rows_are_dropped

if TYPE_CHECKING:
    from collections.abc import Callable

    from dropout_explained.audit.findings import Finding
    from dropout_explained.audit.scales import Meeting, Scales


def findings_of(runs: list[tuple[Any, Scales]], at_rest: Scales) -> list[Finding]:
    """Return what is wrong in recorded training passes; ``at_rest`` listened to evaluation."""
    found: dict[tuple[str, str], Finding] = {}
    for recording, scales in runs:
        by_coins = {id(draw.coins): draw for draw in recording.draws if draw.coins is not None}
        pairs = [(by_coins.get(id(met.coins)), met) for met in scales.meetings]
        for draw, meeting in pairs:
            if draw is None or draw.recomputed:
                continue
            where = place_text(draw.place)
            for one in (
                wrong_scale(draw, meeting, scales, at_rest, where),
                _two_in_a_row(draw, meeting, by_coins, where),
                _before_norm(draw, meeting, where),
                _selu(draw, meeting, where),
            ):
                if one is not None:
                    found.setdefault((one.code, one.where), one)
        for draw in recording.draws:
            where = place_text(draw.place)
            for one in (_alpha(draw, scales, where), _rows(draw, where), _high(draw, where)):
                if one is not None:
                    found.setdefault((one.code, one.where), one)
        for one in _checkpoints(recording.draws):
            found.setdefault((one.code, one.where), one)
    return list(found.values())


def _two_in_a_row(
    draw: Any, meeting: Meeting, by_coins: dict[int, Any], where: str
) -> Finding | None:
    first = by_coins.get(id(meeting.second_to.coins)) if meeting.second_to else None
    if first is None or first.coins.mask is None or draw.coins.mask is None:
        return None
    if first.coins.mask.numel() != draw.coins.mask.numel():
        return None  # of elements and of rows: each has its own purpose
    one, two = keep_probability(first), keep_probability(draw)
    if one is None or two is None:
        return None
    return finding(
        "DE020",
        where,
        f"It acts directly behind {short(place_text(first.place))}: p = {1 - one:.3g} and {1 - two:.3g} "
        f"together drop {1 - one * two:.3g}.",
    )


def _before_norm(draw: Any, meeting: Meeting, where: str) -> Finding | None:
    if meeting.normed_at is None:
        return None
    ratio = meeting.variance_ratio
    measured = f" The mask multiplied the variance by {ratio:.2f} in this batch." if ratio else ""
    return finding(
        "DE021", where, f"What {draw.function} leaves goes into {meeting.normed_at}.{measured}"
    )


def _selu(draw: Any, meeting: Meeting, where: str) -> Finding | None:
    if not meeting.behind_selu or draw.function != "dropout":
        return None
    return finding("DE027", where, "Plain dropout stands directly behind SELU.")


def _alpha(draw: Any, scales: Scales, where: str) -> Finding | None:
    if "alpha_dropout" not in draw.function or scales.has_selu:
        return None
    return finding("DE026", where, f"{draw.function} drops, and no SELU was run.")


def _rows(draw: Any, where: str) -> Finding | None:
    if not rows_are_dropped(draw.function, draw.dimensions):
        return None
    return finding(
        "DE022",
        where,
        f"{draw.function} got {draw.dimensions} dimensions, and drops whole rows of the last axis.",
    )


def _high(draw: Any, where: str) -> Finding | None:
    q = keep_probability(draw)
    if q is None or q > 0.2 or draw.coins.keeps is None or draw.coins.read:
        return None  # a coin that keeps nothing
    if draw.place.kind.startswith(("Dropout", "AlphaDropout")):
        return None  # of layers the structure tells
    if draw.place.stranger or draw.generator != "torch":
        return None
    return finding("DE028", where, f"p = {1 - q:.3g} drops {1 - q:.0%}; was {q:.3g} meant?")


def _checkpoints(draws: list[Any]) -> list[Finding]:
    """Pair what a checkpoint drew with what it drew again, place by place."""
    first: defaultdict[Any, list[Any]] = defaultdict(list)
    again: defaultdict[Any, list[Any]] = defaultdict(list)
    for draw in draws:
        if draw.place.in_checkpoint and draw.coins is not None and draw.coins.mask is not None:
            key = (draw.place.path, draw.shape)
            (again if draw.recomputed else first)[key].append(draw)
    found = []
    for key, repeated in again.items():
        earlier = [draw.coins.mask.tolist() for draw in first[key]]
        for draw in repeated:
            if draw.coins.mask.tolist() not in earlier:
                where = place_text(draw.place)
                found.append(
                    finding("DE024", where, f"{draw.place.path} is recomputed with another mask.")
                )
    return found


def broken_backward(model: Callable[..., Any], error: RuntimeError) -> list[Finding]:
    """Say which layers write in place, if this is why the backward pass failed."""
    from dropout_explained.models import modules_of

    if "modified by an inplace operation" not in str(error):
        return []
    writers = [
        path
        for root in modules_of(model)[:1]
        for path, one in root.named_modules()
        if getattr(one, "inplace", False) and "Dropout" in type(one).__name__
    ]
    if not writers:
        return []
    return [
        finding("DE030", path, f"{path or 'The layer'} writes into what backward() needs.")
        for path in writers
    ]
