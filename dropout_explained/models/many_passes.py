"""Run a model many times over one input, with masks that are given or drawn.

All passes at once, as one long batch, where that gives what single passes give: a few of them
with the same masks are compared. Else by ``torch.func.vmap``, with one input for all or an
input each, where it takes the model; otherwise one after the other.

Imports torch: whoever uses it, does so once a model has come in.
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from functools import partial
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.utils import _pytree as pytree
from tqdm import tqdm

from dropout_explained.arguments import BadArgument
from dropout_explained.models.as_it_was import own_copy
from dropout_explained.models.draws import Operators, name_of
from dropout_explained.models.given_masks import GivenMasks, Misfit, stacked_axis
from dropout_explained.models.outputs import checked_tensors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dropout_explained.models.recorder import Draw

COMPARED = 3  # passes that are run alone and in a batch
# Sums in another order: what a batch of another size may change.
TOLERANCE: dict[torch.dtype, dict[str, Any]] = {torch.float32: {"rtol": 1e-4, "atol": 1e-5}}
AT_ONCE = 2**18  # numbers that the largest tensor of a chunk may hold


def _refuse_reading(operator: Any, *_: Any) -> None:
    """Refuse that a model looks at the values of a batch, and goes on as they are."""
    if name_of(operator) in ("_local_scalar_dense", "is_nonzero", "nonzero", "equal", "unique"):
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
        self._ways: list[Callable[..., list[torch.Tensor]]] = []
        if batched:
            self._ways = [partial(self._stacked, axis=axis) for axis in (0, 1)]
            self._ways += [self._one_input, self._an_input_each]
        self._single: list[torch.Tensor] = []
        self._seen = False

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
                self._seen = False
        try:
            return self._one_by_one(passes, masks)
        except Misfit as misfit:
            raise BadArgument(
                "model must toss the same coins in every run, for all masks to be visited; "
                "what it drew in one run it did not draw in another"
            ) from misfit

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

    def _tensors(self) -> list[torch.Tensor]:
        return [one.detach() for one in self._leaves()[0] if isinstance(one, torch.Tensor)]

    def _answering(
        self,
        passes: int,
        masks: torch.Tensor | None,
        run: Callable[[], Any],
        *,
        stacked: bool = False,
    ) -> Any:
        """Run with given masks, or see that a first batch draws for each pass of its own."""
        if masks is None and self._seen:
            return run()
        given = GivenMasks(self._draws, masks, passes, stacked=stacked)
        with Operators(given, _refuse_reading if stacked else None):
            result = run()
        given.finished()
        self._seen = masks is None
        return result

    def _stacked(self, passes: int, masks: torch.Tensor | None, axis: int) -> list[torch.Tensor]:
        if not self._single:
            self._compare(axis)
        return self._in_one_batch(passes, masks, axis)

    def _compare(self, axis: int) -> None:
        """See whether a batch of passes gives what they give one by one, with the same masks."""
        if not all(draw.answers for draw in self._draws):
            raise Misfit
        coins = sum(prod(draw.shape) for draw in self._draws)
        # Not from the generator: it shall stand where it stands.
        masks = torch.from_numpy(np.random.default_rng(0).random((COMPARED, coins)) < 0.5)
        alone = self._one_by_one(COMPARED, masks)
        self._single = [one[0] for one in alone]
        try:
            for a, b in zip(alone, self._in_one_batch(COMPARED, masks, axis), strict=True):
                torch.testing.assert_close(a, b, **TOLERANCE.get(a.dtype, {}))
        except Exception:
            self._single = []
            raise

    def _in_one_batch(
        self, passes: int, masks: torch.Tensor | None, axis: int
    ) -> list[torch.Tensor]:
        tensors = self._tensors()
        if not tensors or any(one.dim() <= axis for one in tensors):
            raise Misfit
        if len({one.shape[axis] for one in tensors}) > 1:
            raise Misfit
        long = [
            one.repeat([passes if i == axis else 1 for i in range(one.dim())]) for one in tensors
        ]
        outputs = self._answering(passes, masks, lambda: self._pass(long), stacked=True)
        apart = []
        for one, single in zip(outputs, self._single, strict=True):
            at = stacked_axis(tuple(single.shape), tuple(one.shape), passes)
            apart.append(one.unflatten(at, (passes, single.shape[at])).movedim(at, 0))
        return apart

    def _one_input(self, passes: int, masks: torch.Tensor | None) -> list[torch.Tensor]:
        many = torch.func.vmap(lambda _: self._pass(), randomness="different")
        return list(self._answering(passes, masks, lambda: many(torch.arange(passes))))

    def _an_input_each(self, passes: int, masks: torch.Tensor | None) -> list[torch.Tensor]:
        each = tuple(one.expand(passes, *one.shape).clone() for one in self._tensors())
        many = torch.func.vmap(lambda *one: self._pass(one), randomness="different")
        return list(self._answering(passes, masks, lambda: many(*each)))

    def _one_by_one(self, passes: int, masks: torch.Tensor | None) -> list[torch.Tensor]:
        outputs = []
        for number in range(passes):
            if masks is None:
                outputs.append(self._pass())
                continue
            given = GivenMasks(self._draws, masks[number])
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
