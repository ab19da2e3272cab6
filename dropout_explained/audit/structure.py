"""What a model's layers say before anything is run: modes, probabilities, kinds, neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dropout_explained.audit.findings import finding
from dropout_explained.layers import LAYERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dropout_explained.audit.findings import Finding

HIGH = 0.8  # from here on p reads like a probability to keep


def findings_of(modules: dict[str, Any]) -> list[Finding]:
    """Return what is wrong with the layers of a model, by their paths."""
    kinds = (_modes, _frozen, _recurrent, _probabilities)
    return [found for kind in kinds for found in kind(modules)]


def is_dropout(module: Any) -> bool:
    """Whether a module is one of torch's dropout layers."""
    from torch.nn.modules.dropout import _DropoutNd

    return isinstance(module, _DropoutNd)


def _is_batch_norm(module: Any) -> bool:
    from torch.nn.modules.batchnorm import _BatchNorm

    return isinstance(module, _BatchNorm) and module.track_running_stats


def _modes(modules: dict[str, Any]) -> Iterator[Finding]:
    """Yield parts that drop in a whole that is in evaluation."""
    root = modules.get("")
    if root is None or root.training:
        return
    awake = {path: one for path, one in modules.items() if one.training}
    drops = [path for path, one in awake.items() if is_dropout(one) and one.p > 0]
    for path in drops:
        yield finding("DE008", path, f"The model is in evaluation, {path} is in training mode.")
    norms = [path for path, one in awake.items() if _is_batch_norm(one)]
    if drops and norms:
        yield finding(
            "DE025",
            norms[0],
            f"{drops[0]} drops in a model in evaluation, and batch norm moves with it: "
            f"{', '.join(norms)}.",
        )


def _frozen(modules: dict[str, Any]) -> Iterator[Finding]:
    """Yield the largest parts whose parameters are all frozen, in training mode."""
    root = modules.get("")
    if root is None or not root.training:
        return
    seen: list[str] = []
    for path, one in modules.items():
        parameters = list(one.parameters())
        frozen = parameters and not any(each.requires_grad for each in parameters)
        if not path or not frozen or not one.training:
            continue
        if any(path.startswith(f"{whole}.") for whole in seen):
            continue
        seen.append(path)
        awake = [
            f"{path}.{name}" if name else path
            for name, part in one.named_modules()
            if part.training and ((is_dropout(part) and part.p > 0) or _is_batch_norm(part))
        ]
        if awake:
            yield finding(
                "DE009",
                path,
                f"{path} has no trainable parameter and is in training mode: "
                f"{', '.join(awake[:3])}{' ...' if len(awake) > 3 else ''} act.",
            )


def _recurrent(modules: dict[str, Any]) -> Iterator[Finding]:
    from torch import nn

    for path, one in modules.items():
        if isinstance(one, nn.RNNBase) and one.dropout > 0 and one.num_layers == 1:
            yield finding(
                "DE023",
                path or type(one).__name__,
                f"{type(one).__name__} has dropout={one.dropout:g} and num_layers=1: it never drops.",
            )


def _probabilities(modules: dict[str, Any]) -> Iterator[Finding]:
    for path, one in modules.items():
        if not is_dropout(one):
            continue
        where = path or type(one).__name__
        if one.p == 1:
            yield finding("DE029", where, f"p is {one.p!r}: everything is dropped.")
        elif one.p >= HIGH:
            yield finding(
                "DE028", where, f"p = {one.p:g} drops {one.p:.0%}; was {1 - one.p:g} meant?"
            )


def rows_are_dropped(function: str, dimensions: int | None) -> bool:
    """Whether channel dropout takes an input for one sample, or for channels of one axis."""
    layer = LAYERS.get(function)
    if layer is None or not layer.channels or layer.alpha or dimensions is None:
        return False
    return dimensions == min(layer.dimensions)
