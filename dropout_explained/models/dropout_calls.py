"""Which dropout calls a model makes, found by running it; and the model run with given masks.

Whatever calls a dropout function of ``torch.nn.functional``, as a layer or by hand, is seen
by a ``TorchFunctionMode``, in call order.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from dropout_explained.arguments import BadArgument, BadArgumentType
from dropout_explained.layers import LAYERS, Layer, apply_mask

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    import torch


class DropoutCall(NamedTuple):
    """One dropout call of a model: its layer, the shape of its noise, its probability."""

    layer: Layer
    shape: tuple[int, ...]
    p: float

    @property
    def coins(self) -> int:
        """How many coins the call tosses."""
        return prod(self.shape)


def _intercepting(answer: Callable[[Layer, Any, float], Any]) -> AbstractContextManager[Any]:
    """Return a context in which dropout calls that draw are answered by a function."""
    import torch
    import torch.nn.functional as F
    from torch.overrides import TorchFunctionMode

    layers: dict[Any, Layer] = {getattr(F, name): layer for name, layer in LAYERS.items()}
    layers[torch.dropout] = LAYERS["dropout"]

    class Intercept(TorchFunctionMode):
        def __torch_function__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            kwargs = kwargs or {}
            layer = layers.get(func)
            if layer is None:
                return func(*args, **kwargs)
            given = dict(zip(("input", "p", "training", "inplace"), args, strict=False)) | kwargs
            p = float(given.get("p", given.get("train", 0.5)))
            training = given.get("training", given.get("train", layer.on_by_default))
            if not training or p in (0.0, 1.0):
                return func(*args, **kwargs)
            return answer(layer, given["input"], p)

    return Intercept()


def record_dropout_calls(model: Callable[[Any], Any], x: Any) -> list[DropoutCall]:
    """Run a model once, and return its dropout calls in order; something must be drawn."""
    import torch

    if not isinstance(x, torch.Tensor):
        raise BadArgumentType(f"x must be a torch tensor; got {type(x).__name__}")
    calls: list[DropoutCall] = []

    def note(layer: Layer, given: torch.Tensor, p: float) -> torch.Tensor:
        calls.append(DropoutCall(layer, layer.noise_shape(tuple(given.shape)), p))
        return given

    before = torch.get_rng_state()
    with torch.no_grad(), _intercepting(note):
        model(x)
    if not torch.equal(before, torch.get_rng_state()):
        torch.set_rng_state(before)
        raise BadArgument(
            "model must draw random numbers only through the dropout functions of "
            "torch.nn.functional, whose masks are known; it draws others, as attention "
            "with dropout_p, recurrent layers with dropout, or torch.rand do"
        )
    if not calls:
        raise BadArgument(
            "model must have a dropout layer in training mode with p inside (0, 1); "
            "it draws nothing: call model.train() first"
        )
    return calls


def run_with_mask(
    model: Callable[[Any], Any], x: torch.Tensor, calls: list[DropoutCall], mask: torch.Tensor
) -> torch.Tensor:
    """Run a model with one mask for all of its coins, one after the other."""
    parts = zip(calls, mask.split([call.coins for call in calls]), strict=True)

    def answer(layer: Layer, given: torch.Tensor, p: float) -> Any:
        call, coins = next(parts)
        return apply_mask(layer, given, coins.reshape(call.shape), p)

    with _intercepting(answer):
        output: torch.Tensor = model(x)
    return output
