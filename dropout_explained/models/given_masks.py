"""Put coins of the caller's in the place of those that a model draws.

Imports torch: whoever uses it, does so once a model has come in.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import torch

from dropout_explained.models.draws import name_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dropout_explained.models.recorder import Draw


class Misfit(Exception):
    """A pass draws otherwise than the recorded one, so that given masks do not fit."""


class GivenMasks:
    """Answers each draw with its coins: those given, or else those that torch draws.

    ``masks`` has a column for each coin, and with ``passes`` a row for each pass. Passes
    have a dimension of their own in what is drawn, the first, as vmap has it; where they are
    ``stacked``, they lengthen one of the recorded dimensions.
    """

    def __init__(
        self,
        draws: Sequence[Draw],
        masks: torch.Tensor | None,
        passes: int | None = None,
        *,
        stacked: bool = False,
    ) -> None:
        self._draws, self._passes, self._stacked = draws, passes, stacked
        coins = [prod(draw.shape) for draw in draws]
        self._masks = None if masks is None else masks.split(coins, dim=-1)
        self._next = 0

    def __call__(self, operator: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Return what an operator that draws shall return."""
        name = name_of(operator)
        native = name == "native_dropout"
        attends = name == "scaled_dot_product_attention" or name.startswith("_scaled_dot")
        # Attention is tagged, and takes its coins from an operator below.
        if attends or (native and args[2] is False):
            return operator(*args, **kwargs)
        in_place = name.endswith("_") and self._masks is not None
        result = args[0] if in_place else operator(*args, **kwargs)
        noise: torch.Tensor = result[1] if native else result
        if noise.numel() == 0:
            return result
        mask = self._next_mask(name, tuple(noise.shape))
        if mask is None:
            return result
        return self._answered(self._draws[self._next - 1], name, noise, args, mask)

    def _next_mask(self, name: str, shape: tuple[int, ...]) -> torch.Tensor | None:
        """Return what is given for the next draw, which must be as the recorded one."""
        if self._next == len(self._draws):
            raise Misfit
        draw = self._draws[self._next]
        # Batching turns an operator in place into one that returns.
        if name.rstrip("_") != draw.operator.rstrip("_"):
            raise Misfit
        axis = self._axis(draw.shape, shape)
        self._next += 1
        if self._masks is None:
            return None
        mask: torch.Tensor = self._masks[self._next - 1]
        if self._passes is None:
            return mask.reshape(shape)
        return mask.reshape(self._passes, *draw.shape).movedim(0, axis).reshape(shape)

    def _axis(self, recorded: tuple[int, ...], shape: tuple[int, ...]) -> int:
        """Return where the passes stand in what is drawn."""
        if self._passes is None or not self._stacked:
            if shape != (recorded if self._passes is None else (self._passes, *recorded)):
                raise Misfit
            return 0
        return stacked_axis(recorded, shape, self._passes)

    @staticmethod
    def _answered(draw: Draw, name: str, noise: torch.Tensor, args: Any, mask: torch.Tensor) -> Any:
        coins = draw.coins
        assert coins is not None
        true = mask if coins.keeps is not False else ~mask
        if name == "native_dropout":
            scale = 0.0 if args[1] == 1 else 1.0 / (1.0 - args[1])
            return args[0] * true * scale, true
        if "bernoulli" in name or name.startswith("randint"):
            return noise.copy_(true)
        # Uniform numbers at either end are on the wanted side of any threshold.
        highest = 1.0 - torch.finfo(noise.dtype).eps
        return noise.copy_(torch.where(true == coins.low, 0.0, highest))

    def finished(self) -> None:
        """Refuse a pass that drew less often than the recorded one.

        So it is with numbers that torch does not draw: all passes of a batch would share them.
        """
        if self._next != len(self._draws):
            raise Misfit


def stacked_axis(single: tuple[int, ...], shape: tuple[int, ...], passes: int) -> int:
    """Return the one dimension that is longer by the number of passes."""
    if len(single) == len(shape):
        longer = [axis for axis, size in enumerate(single) if shape[axis] != size]
        if passes == 1 and not longer and single:
            return 0
        if len(longer) == 1 and shape[longer[0]] == passes * single[longer[0]]:
            return longer[0]
    raise Misfit
