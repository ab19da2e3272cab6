"""Run a model while somebody watches: what the audit asks of this wing."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import numpy as np

from dropout_explained.models.as_it_was import left_as_it_was, modules_of, own_copy

if TYPE_CHECKING:
    from collections.abc import Callable

    from dropout_explained.models.recorder import Recording

__all__ = ["differentiated", "modules_of", "several_passes", "watched"]


def watched(
    model: Callable[..., Any],
    inputs: tuple[Any, ...],
    kwargs: dict[str, Any],
    *,
    seed: Any = None,
    prepare: Callable[[], None] | None = None,
    listener: Any = None,
) -> Recording:
    """Run a model once, prepared and listened to, and return its draws and its output."""
    from dropout_explained.models.recorder import recorded

    return recorded(model, inputs, kwargs, seed, prepare=prepare, listener=listener)


def several_passes(
    model: Callable[..., Any],
    inputs: tuple[Any, ...],
    kwargs: dict[str, Any],
    seeds: list[int],
    prepare: Callable[[], None],
) -> list[list[Any]]:
    """Return the tensors of passes one after the other, each from its seed, with state carried."""
    import torch

    from dropout_explained.models.outputs import tensors_of
    from dropout_explained.models.recorder import eager

    outputs = []
    with left_as_it_was(model), eager(), torch.no_grad():
        prepare()
        for seed in seeds:
            torch.manual_seed(seed)
            np.random.seed(seed)
            random.seed(seed)
            given, named = own_copy((inputs, kwargs), {})
            outputs.append([one.detach().clone() for one in tensors_of(model(*given, **named))])
    return outputs


def differentiated(
    model: Callable[..., Any],
    inputs: tuple[Any, ...],
    kwargs: dict[str, Any],
    prepare: Callable[[], None],
) -> None:
    """Run a model forward and backward; what it raises arrives, and nothing else is left."""
    import torch

    from dropout_explained.models.outputs import tensors_of
    from dropout_explained.models.recorder import eager

    with left_as_it_was(model), eager(), torch.enable_grad():
        prepare()
        given, named = own_copy((inputs, kwargs), {})
        ends = [one for one in tensors_of(model(*given, **named)) if one.requires_grad]
        if ends:
            torch.autograd.backward([one.sum() for one in ends])
