"""Run a model many times over one input, with masks that are given or drawn.

All passes at once where ``torch.func.vmap`` takes the model: with one input for all, so that
what no mask reaches is computed once, else with an input each; otherwise one after the other.

Imports torch: whoever uses it, does so once a model has come in.
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from math import prod
from typing import TYPE_CHECKING, Any

import torch
from torch.utils import _pytree as pytree
from tqdm import tqdm

from dropout_explained.arguments import BadArgument
from dropout_explained.models.as_it_was import own_copy
from dropout_explained.models.draws import Operators, name_of
from dropout_explained.models.outputs import checked_tensors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dropout_explained.models.recorder import Draw

AT_ONCE = 2**21  # numbers that the largest tensor of a chunk may hold


class Misfit(Exception):
    """A pass draws otherwise than the recorded one, so that given masks do not fit."""


class _Given:
    """Answers each draw with its coins: those given, or else those that torch draws."""

    def __init__(
        self, draws: Sequence[Draw], masks: Sequence[torch.Tensor] | None, passes: int | None
    ) -> None:
        self._draws, self._masks, self._passes = draws, masks, passes
        self._next = 0

    def __call__(self, operator: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
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
        of_all = draw.shape if self._passes is None else (self._passes, *draw.shape)
        # Batching turns an operator in place into one that returns.
        if name.rstrip("_") != draw.operator.rstrip("_") or shape != of_all:
            raise Misfit
        self._next += 1
        return None if self._masks is None else self._masks[self._next - 1].reshape(of_all)

    @staticmethod
    def _answered(draw: Draw, name: str, noise: torch.Tensor, args: Any, mask: torch.Tensor) -> Any:
        coins = draw.coins
        assert coins is not None
        true = mask if coins.keeps is not False else ~mask
        if name == "native_dropout":
            scale = 0.0 if args[1] == 1 else 1.0 / (1.0 - args[1])
            return args[0] * true * scale, true
        if "bernoulli" in name:
            return noise.copy_(true)
        # Uniform numbers at either end are on the wanted side of any threshold.
        highest = 1.0 - torch.finfo(noise.dtype).eps
        return noise.copy_(torch.where(true == coins.low, 0.0, highest))

    def finished(self) -> None:
        """Refuse a pass that drew less often than the recorded one."""
        if self._next != len(self._draws):
            raise Misfit


@contextmanager
def _quiet() -> Iterator[None]:
    """Say nothing of batching rules that are slow: the numbers are the same."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="There is a performance drop")
        warnings.filterwarnings("ignore", message=".*functorch")
        yield


class ManyPasses:
    """Runs a model a number of times on the same input.

    ``read`` takes the model's output to the tensors that are wanted of each pass.
    """

    def __init__(
        self,
        model: Callable[..., Any],
        inputs: tuple[Any, ...],
        kwargs: dict[str, Any],
        draws: Sequence[Draw],
        read: Callable[[Any], list[torch.Tensor]] = checked_tensors,
        *,
        batched: bool = True,
    ) -> None:
        self._model, self._inputs, self._kwargs = model, inputs, kwargs
        self._draws, self._read = draws, read
        self._ways = [self._one_input, self._an_input_each] if batched else []

    def run(self, passes: int, masks: torch.Tensor | None = None) -> list[torch.Tensor]:
        """Return the tensors of the passes, each (passes, ...).

        ``masks`` has a row for each pass and a column for each coin of the recorded draws;
        without it torch draws.
        """
        while self._ways:
            try:
                with _quiet():
                    return self._ways[0](passes, masks)
            except Exception:  # noqa: BLE001  the next way says what is wrong with the model
                del self._ways[0]
        try:
            return self._one_by_one(passes, masks)
        except Misfit as misfit:
            raise BadArgument(
                "model must toss the same coins in every run, for all masks to be visited; "
                "what it drew in one run it did not draw in another"
            ) from misfit

    def _parts(self, masks: torch.Tensor | None) -> list[torch.Tensor] | None:
        if masks is None:
            return None
        return list(masks.split([prod(draw.shape) for draw in self._draws], dim=-1))

    def _pass(self, tensors: Sequence[torch.Tensor] | None = None) -> tuple[torch.Tensor, ...]:
        """Run once, on copies of the inputs or on given tensors in their places."""
        if tensors is None:
            inputs, kwargs = own_copy((self._inputs, self._kwargs), {})
        else:
            leaves, structure = self._leaves()
            handed = iter(tensors)
            put = [next(handed) if isinstance(one, torch.Tensor) else one for one in leaves]
            inputs, kwargs = pytree.tree_unflatten(put, structure)
        return tuple(self._read(self._model(*inputs, **kwargs)))

    def _leaves(self) -> tuple[list[Any], Any]:
        return pytree.tree_flatten((self._inputs, self._kwargs))

    def _answering(self, passes: int, masks: torch.Tensor | None, run: Callable[[], Any]) -> Any:
        given = _Given(self._draws, self._parts(masks), passes)
        with Operators(given):
            result = run()
        given.finished()
        return result

    def _one_input(self, passes: int, masks: torch.Tensor | None) -> list[torch.Tensor]:
        many = torch.func.vmap(lambda _: self._pass(), randomness="different")
        return list(self._answering(passes, masks, lambda: many(torch.arange(passes))))

    def _an_input_each(self, passes: int, masks: torch.Tensor | None) -> list[torch.Tensor]:
        leaves, _ = self._leaves()
        tensors = [one.detach() for one in leaves if isinstance(one, torch.Tensor)]
        each = tuple(one.expand(passes, *one.shape).clone() for one in tensors)
        many = torch.func.vmap(lambda *one: self._pass(one), randomness="different")
        return list(self._answering(passes, masks, lambda: many(*each)))

    def _one_by_one(self, passes: int, masks: torch.Tensor | None) -> list[torch.Tensor]:
        outputs = []
        for number in range(passes):
            if masks is None:
                outputs.append(self._pass())
                continue
            given = _Given(self._draws, self._parts(masks[number]), None)
            with Operators(given):
                outputs.append(self._pass())
            given.finished()
        return [torch.stack(parts) for parts in zip(*outputs, strict=True)]


def chunk_of(inputs: Any, draws: Sequence[Draw], output: list[torch.Tensor], most: int) -> int:
    """Return how many passes to run at once, so that memory does not grow with their number."""
    leaves = pytree.tree_leaves(inputs)
    sizes = [one.numel() for one in (*leaves, *output) if isinstance(one, torch.Tensor)]
    largest = max([1, *sizes, *(prod(draw.shape) for draw in draws)])
    return max(1, min(most, AT_ONCE // largest))


def progress(passes: int) -> tqdm[Any]:
    """Return a bar for who waits at a terminal, and only if it takes longer than a moment."""
    return tqdm(total=passes, unit="pass", delay=2, leave=False, disable=None)
