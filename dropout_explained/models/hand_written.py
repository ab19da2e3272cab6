"""Follow a draw that a model makes by hand to what it does with it, and tell mask and p.

``torch.rand(n) < q``, ``torch.bernoulli(q)``, ``(q + torch.rand(n)).floor()`` and the like toss
coins. Which side keeps is seen where the coins meet data: a factor keeps where it is 1,
``masked_fill`` where the mask is 0, ``where`` on the side of its first argument.

Imports torch: whoever uses it, does so once a model has come in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch.utils.weak import WeakTensorKeyDictionary

from dropout_explained.models.draws import name_of

# Reads the same coins in another shape, dtype or unit.
_SAME = {
    "_to_copy", "to", "clone", "detach", "alias", "view", "_unsafe_view", "reshape", "expand",
    "unsqueeze", "squeeze", "permute", "transpose", "t", "contiguous", "lift_fresh", "copy_",
    "slice", "broadcast_to", "expand_as", "view_as", "type_as", "float", "bool",
}  # fmt: skip
_COMPARES = {"lt": True, "le": True, "gt": False, "ge": False}


# Told of each operator that takes coins to data: coins, its name, its arguments, the place of the
# coins among them, and what it returns.
Met = Callable[[Any, str, Any, int, Any], None]
_MEETS = {"mul", "masked_fill", "where", "index_put", "_index_put_impl"}
Toss = Callable[[torch.Tensor], torch.Tensor]


def _itself(numbers: torch.Tensor) -> torch.Tensor:
    return numbers


@dataclass
class Coins:
    """The coins of one draw.

    ``probability`` is that of a coin being true, a number or one a coin; ``true`` are the
    coins, once known, of the shape in which they were tossed; ``low`` says whether they are
    true where the uniform number is low. ``keeps`` is the side that keeps, once seen.
    ``toss`` makes the coins of other uniform numbers.
    """

    probability: float | torch.Tensor | None = None
    true: torch.Tensor | None = None
    low: bool = True
    keeps: bool | None = None
    read: bool = False
    toss: Toss | None = None

    @property
    def one_probability(self) -> float | None:
        """The probability of each coin being true, where all have the same."""
        each = self.probability
        if not isinstance(each, torch.Tensor):
            return each
        alike = each.numel() > 0 and bool(each.min() == each.max())
        return float(as_typed(each.reshape(-1)[:1])) if alike else None

    @property
    def mask(self) -> torch.Tensor | None:
        """1 where the coins keep; where nobody showed which side does, the true one."""
        if self.true is None:
            return None
        return self.true if self.keeps in (None, True) else ~self.true


@dataclass
class _Trace:
    """What a tensor holds of a draw: its numbers, moved by ``shift``, or its coins, turned or not."""

    coins: Coins
    uniform: bool
    turned: bool = False
    shift: Any = 0.0
    made: Toss = _itself


def as_typed(number: Any) -> Any:
    """Return a threshold as it was written: a number from single precision in its own digits."""
    if isinstance(number, torch.Tensor):
        if number.numel() != 1:
            return number.detach().clone()
        return float(str(number.detach().cpu().reshape(()).numpy()))
    return float(number)


def _is_data(other: Any) -> bool:
    return isinstance(other, torch.Tensor) and other.dim() > 0


def _with(made: Toss, operator: Any, given: tuple[Any, Any], place: int) -> Toss:
    """Return what does with other numbers what was done with those that were drawn."""
    args, kwargs = given

    def again(numbers: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = operator(*args[:place], made(numbers), *args[place + 1 :], **kwargs)
        return result

    return again


class Follower:
    """Knows which tensors come from a draw, and learns from each operator that takes one."""

    def __init__(self, met: Met | None = None) -> None:
        self._traces: Any = WeakTensorKeyDictionary()
        self._met = met

    def uniform(self, tensor: torch.Tensor) -> Coins:
        """Follow uniform numbers; they toss coins once they are compared."""
        coins = Coins()
        self._traces[tensor] = _Trace(coins, uniform=True)
        return coins

    def tossed(self, tensor: torch.Tensor, probability: Any) -> Coins:
        """Follow coins that were tossed as such."""
        coins = Coins(as_typed(probability), tensor.detach() != 0)
        if isinstance(coins.probability, torch.Tensor):
            each = coins.probability
            coins.toss = lambda numbers: numbers < each
        self._traces[tensor] = _Trace(coins, uniform=False)
        return coins

    def _trace(self, given: Any) -> _Trace | None:
        return self._traces.get(given) if isinstance(given, torch.Tensor) else None

    def seen(
        self, operator: Any, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any
    ) -> None:
        """Learn from an operator that does not draw."""
        if not len(self._traces):
            return
        traces = [self._trace(one) for one in args]
        name = name_of(operator)
        if name in ("index_put", "index_put_", "_index_put_impl_", "index") and len(args) > 1:
            traces = [None, *(self._trace(one) for one in args[1])]
        if not any(traces):
            return
        place = next(i for i, trace in enumerate(traces) if trace is not None)
        trace = traces[place]
        assert trace is not None
        bare = name.removesuffix("_") if name not in _SAME else name
        if trace.uniform:
            made = _with(trace.made, operator, (args, kwargs), place)
            follows = self._uniform(bare, args, place, replace(trace, made=made), result)
        else:
            follows = self._coins(bare, args, place, trace)
            if self._met is not None and bare in _MEETS and follows is None:
                self._met(trace.coins, bare, args, place, result)
        if isinstance(result, torch.Tensor):
            if follows is not None:
                self._traces[result] = follows
            elif result in self._traces and result is args[0]:
                del self._traces[result]

    def _uniform(
        self, name: str, args: tuple[Any, ...], place: int, trace: _Trace, result: Any
    ) -> _Trace | None:
        other = args[1 - place] if len(args) > 1 and place < 2 else None
        if name in _SAME:
            return trace
        if name in _COMPARES and other is not None:
            low = _COMPARES[name] is (place == 0)
            self._toss(trace, as_typed(other) - trace.shift, low, result)
            return _Trace(trace.coins, uniform=False)
        if name == "add" and other is not None and not self._trace(other):
            return replace(trace, shift=trace.shift + as_typed(other))
        if name == "floor":
            self._toss(trace, 1.0 - trace.shift, False, result)
            return _Trace(trace.coins, uniform=False)
        return None

    @staticmethod
    def _toss(trace: _Trace, threshold: Any, low: bool, result: torch.Tensor) -> None:
        """Coins are true below the threshold, or above it."""
        coins = trace.coins
        if coins.true is not None:
            return
        coins.low, coins.true, coins.toss = low, result.detach() != 0, trace.made
        if isinstance(threshold, torch.Tensor):
            threshold = threshold.clamp(0, 1).expand(coins.true.shape)
            coins.probability = threshold if low else 1 - threshold
        else:
            below = min(max(threshold, 0.0), 1.0)
            coins.probability = below if low else round(1.0 - below, 15)

    def _coins(self, name: str, args: tuple[Any, ...], place: int, trace: _Trace) -> _Trace | None:
        turned = _Trace(trace.coins, uniform=False, turned=not trace.turned)
        other = args[1 - place] if len(args) > 1 and place < 2 else None
        if name in ("_local_scalar_dense", "is_nonzero"):
            trace.coins.read = True
        elif name in ("logical_not", "bitwise_not", "rsub") or (name == "sub" and place == 1):
            return turned
        elif name == "eq" and not _is_data(other):
            return turned if as_typed(other) == 0 else trace
        elif name in _SAME or (name in ("div", "mul", "ne", "gt", "ge") and not _is_data(other)):
            return trace
        elif name == "mul":
            self._settle(trace, kept=True)
        elif name in ("masked_fill", "index_put", "_index_put_impl"):
            self._settle(trace, kept=False)
        elif name == "where" and place == 0:
            replaced = len(args) > 2 and not _is_data(args[1]) and _is_data(args[2])
            self._settle(trace, kept=not replaced)
        return None

    @staticmethod
    def _settle(trace: _Trace, *, kept: bool) -> None:
        """Let the first meeting with data decide: gradients meet the same coins the other way."""
        if trace.coins.keeps is None:
            trace.coins.keeps = kept is not trace.turned
