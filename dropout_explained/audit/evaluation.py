"""What draws although the model is in evaluation, and whose fault it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dropout_explained.audit.findings import finding
from dropout_explained.layers import LAYERS
from dropout_explained.models import several_passes, watched

if TYPE_CHECKING:
    from collections.abc import Callable

    from dropout_explained.audit.findings import Finding
    from dropout_explained.audit.scales import Scales

ATTENTION = ("scaled_dot_product_attention", "multi_head_attention_forward")


def place_text(place: Any) -> str:
    """Return where something is: module path and line, whichever is known."""
    parts = [place.path, place.line]
    return ", ".join(part for part in parts if part) or "the model itself"


def findings_of(
    model: Callable[..., Any],
    inputs: tuple[Any, ...],
    kwargs: dict[str, Any],
    at_rest: Callable[[], None],
    scales: Scales,
) -> list[Finding]:
    """Run a model in evaluation, five times, and tell what draws and what else moves."""
    recording = watched(model, inputs, kwargs, seed=0, prepare=at_rest, listener=scales)
    found = {}
    for draw in recording.draws:
        code, message = _whose(draw)
        where = place_text(draw.place)
        found[code, where] = finding(code, where, message)
    return [*found.values(), *_unseen(model, inputs, kwargs, at_rest, bool(recording.draws))]


def _whose(draw: Any) -> tuple[str, str]:
    """Return the rule that a draw in evaluation breaks, and what is to be said."""
    place, function = draw.place, draw.function
    if draw.generator != "torch":
        return "DE006", f"{draw.generator} draws in evaluation."
    if place.stranger and place.held:
        return "DE004", f"{place.stranger} in a plain list or dictionary drops after eval()."
    if place.stranger:
        return "DE003", f"{place.stranger} is built in forward, and drops after eval()."
    if function not in (*ATTENTION, *LAYERS, "dropout_", "native_dropout"):
        return "DE005", f"torch.{function} draws {draw.shape or 'a number'} in evaluation."
    if function not in ATTENTION and place.mode == "training":
        return "DE008", f"{place.path or place.kind} stays in training mode after eval()."
    code = "DE002" if function in ATTENTION else "DE001"
    return code, f"{function}{_p_of(draw)} drops in evaluation."


def _p_of(draw: Any) -> str:
    probability = None if draw.coins is None else draw.coins.one_probability
    return "" if probability is None else f" with p = {1 - probability:.3g}"


def _unseen(
    model: Callable[..., Any],
    inputs: tuple[Any, ...],
    kwargs: dict[str, Any],
    at_rest: Callable[[], None],
    draws: bool,
) -> list[Finding]:
    """Compare passes with one seed: twice from the start, and twice with state carried on."""
    (first,) = several_passes(model, inputs, kwargs, [0], at_rest)
    again, carried = several_passes(model, inputs, kwargs, [0, 0], at_rest)
    if not _same(first, again):
        return [
            finding(
                "DE006",
                "the model itself",
                "Two passes from the same state with the same seeds differ: a generator that is "
                "neither torch's nor a global one draws in evaluation.",
            )
        ]
    if not _same(again, carried):
        also = " beside what is drawn" if draws else ""
        return [
            finding(
                "DE007",
                "the model itself",
                f"A second pass with the same seed gives another output{also}: the model carries state.",
            )
        ]
    return []


def _same(one: list[Any], other: list[Any]) -> bool:
    import torch

    def alike(a: Any, b: Any) -> bool:
        # What is on the meta device has a shape and no numbers.
        return a.shape == b.shape and (
            a.is_meta or torch.allclose(a, b, rtol=0, atol=0, equal_nan=True)
        )

    return len(one) == len(other) and all(map(alike, one, other))
