"""Follow masks to the data that they meet, and the data on, and tell by what it is multiplied.

A mask that keeps with the probability q must multiply what it keeps by 1 / q in all, before, in or
after it, or evaluation must multiply by q. That is arithmetic at the place where the mask acts,
and no statistics of the output, whose mean over masks differs in every nonlinear network.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

CLOSE = 2e-3  # of products that half precision has rounded
SELU_ALPHA = 1.6732632423543772
_VIEWS = {
    "view", "_unsafe_view", "reshape", "clone", "detach", "alias", "_to_copy", "expand",
    "unsqueeze", "squeeze", "permute", "transpose", "t", "contiguous",
}  # fmt: skip
# Functions of each unit alone: what a mask dropped is dropped behind them, or the same constant.
_ELEMENTWISE = {
    "relu", "gelu", "silu", "tanh", "sigmoid", "leaky_relu", "elu", "hardtanh", "hardswish",
    "hardsigmoid", "softplus", "mish", "threshold", "celu", "selu",
}  # fmt: skip
_BATCH_NORMS = {"native_batch_norm", "cudnn_batch_norm", "_native_batch_norm_legit", "batch_norm"}


@dataclass
class Meeting:
    """A mask that met data: its coins, the values by which it and its neighbours multiply.

    ``value`` is what the mask holds where it keeps, ``before`` and ``after`` are constants by
    which the data was multiplied just before and just after. ``replaces`` is whether what is
    dropped becomes other data and not zero. ``second_to`` is the mask that acted directly before.
    """

    coins: Any
    path: str
    value: float | None
    before: float | None
    data: tuple[int, ...]
    replaces: bool = False
    behind_selu: bool = False
    after: list[float] = field(default_factory=list)
    second_to: Meeting | None = None
    variance_ratio: float | None = None
    normed_at: str | None = None

    @property
    def factors(self) -> list[float]:
        """What the data may be multiplied by in all, with and without its neighbours."""
        if self.value is None:
            return []
        products = [self.value]
        for neighbour in ([self.before] if self.before else []) + self.after:
            products += [product * neighbour for product in products]
        return products


def _constant(value: Any) -> float | None:
    """Return a number, or a tensor without dimensions, as a number."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if hasattr(value, "dim") and value.dim() == 0:
        return float(value)
    return None


class Scales:
    """Listens to a run: where masks meet data, by which constants it is multiplied, what follows."""

    place: Callable[[], Any]

    def __init__(self) -> None:
        from torch.utils.weak import WeakTensorKeyDictionary

        self.meetings: list[Meeting] = []
        self.constants: dict[str, set[float]] = {}
        self.has_selu = False
        self._by_coins: dict[int, Meeting] = {}
        self._met_in_place: Any = None
        # Of a tensor: the constant that made it, the mask that just met it, the mask on its
        # units, and whether SELU made it.
        self._constant: Any = WeakTensorKeyDictionary()
        self._fresh: Any = WeakTensorKeyDictionary()
        self._dropped: Any = WeakTensorKeyDictionary()
        self._selu: Any = WeakTensorKeyDictionary()

    def met(self, coins: Any, name: str, args: Any, place: int, result: Any) -> None:
        """Write down what a mask does to data; the first time counts."""
        if id(coins) in self._by_coins or not hasattr(result, "dim"):
            return
        data = args[1 - place] if name == "mul" else (args[0] if place else args[1])
        if not hasattr(data, "is_floating_point") or not data.is_floating_point():
            return
        meeting = Meeting(
            coins=coins,
            path=self.place().path,
            value=1.0 if name != "mul" else _kept_value(args[place]),
            before=self._constant.get(data),
            data=tuple(data.shape),
            replaces=name != "mul" and _replaces(name, args),
            behind_selu=data in self._selu,
            second_to=self._dropped.get(data),
            variance_ratio=_variance_ratio(data, result),
        )
        self.meetings.append(meeting)
        self._met_in_place = result if result is data else None
        self._by_coins[id(coins)] = meeting
        self._fresh[result] = self._dropped[result] = meeting

    def seen(self, name: str, args: Any, result: Any) -> None:
        """Follow data through what multiplies it by a constant, and what keeps units apart."""
        first = args[0] if args else None
        met, self._met_in_place = self._met_in_place, None
        if met is not None and result is met:
            return  # the operator by which the mask acted
        if not hasattr(result, "dim"):
            result = result[0] if isinstance(result, tuple) and result else None
        if not hasattr(first, "dim") or not hasattr(result, "dim"):
            return
        bare = name.removesuffix("_")
        if bare in ("mul", "div"):
            self._multiplied(bare, args, result)
        elif bare in _VIEWS:
            for known in (self._constant, self._fresh, self._dropped, self._selu):
                _carry(known, first, result)
        elif bare in _ELEMENTWISE:
            self._activated(bare, args, result)
        elif bare in _BATCH_NORMS:
            if len(args) > 5 and args[5] is True and first in self._dropped:
                self._dropped[first].normed_at = self.place().path
        elif result is first:
            for known in (self._constant, self._fresh, self._dropped, self._selu):
                known.pop(first, None)

    def _multiplied(self, name: str, args: Any, result: Any) -> None:
        first, other = args[0], args[1]
        number, data = _constant(other), first
        if number is None and name == "mul":
            number, data = _constant(first), other
        if number is None or number == 0 or not hasattr(data, "dim"):
            return
        factor = number if name == "mul" else 1.0 / number
        self.constants.setdefault(self.place().path, set()).add(factor)
        fresh = self._fresh.get(data)
        if fresh is not None:
            fresh.after.append(factor)
            self._fresh[result] = fresh
        _carry(self._dropped, data, result)
        self._constant[result] = factor * (self._constant.get(data) or 1.0)

    def _activated(self, name: str, args: Any, result: Any) -> None:
        _carry(self._dropped, args[0], result)
        selu = name == "selu" or (
            name == "elu" and len(args) > 2 and abs(float(args[1]) - SELU_ALPHA) < 1e-6
        )
        if selu:
            self.has_selu = True
            self._selu[result] = True


def _carry(known: Any, source: Any, result: Any) -> None:
    if source in known:
        known[result] = known[source]


def _kept_value(mask: torch.Tensor) -> float | None:
    """Return the one value other than 0 that a mask holds; None if it has none, or several."""
    kept = mask.detach().double()
    kept = kept[kept != 0]
    if not len(kept) or (kept.max() - kept.min()).abs() > CLOSE * kept.abs().max():
        return None
    return float(kept.mean())


def _replaces(name: str, args: Any) -> bool:
    """Whether what is dropped becomes something else than zero."""
    other = args[2]
    if name == "where" and _constant(other) is None and _constant(args[1]) is not None:
        other = args[1]
    number = _constant(other)
    if number is None and hasattr(other, "count_nonzero"):
        return bool(other.count_nonzero() > 0)
    return number != 0


def _variance_ratio(data: torch.Tensor, result: torch.Tensor) -> float | None:
    """Return by how much the mask raised the variance of a channel, in the mean."""
    if data.dim() < 2 or data.numel() == data.shape[1] or data.shape != result.shape:
        return None
    others = [axis for axis in range(data.dim()) if axis != 1]
    before, after = (
        one.detach().double().var(others, correction=0).mean() for one in (data, result)
    )
    return float(after / before) if before > 0 else None
