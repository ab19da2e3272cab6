"""The three ways to the moments of a model's output: all masks, propagation, sampling."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from dropout_explained.arguments import BadArgument, BadArgumentType
from dropout_explained.masks import MOST_COINS
from dropout_explained.models.all_masks import moments_over_all_masks, refuse_other_draws
from dropout_explained.models.outputs import checked_tensors, with_tensors

if TYPE_CHECKING:
    from collections.abc import Callable

    from dropout_explained.models.recorder import Draw, Recording


@dataclass(frozen=True, eq=False)
class OutputMoments:
    """Moments of a model's output over its dropout masks, from :func:`output_moments`.

    Where the model returns a tuple, a list, a dictionary or a data class, so is each of
    these: with a tensor in the place of each floating tensor.

    Attributes
    ----------
    mean : torch.Tensor
        Expected output, float64, in the shape of the model's output.
    variance : torch.Tensor
        Variance of each output over masks, in the same shape and the squared unit.
    method : str
        How they were found: ``"all_masks"``, ``"propagation"`` or ``"sampling"``.
    exact : bool
        True by all masks, and by propagation if no activation function saw noise. Otherwise
        the input of one was taken as normal, or the masks were sampled.
    masks : int or None
        How many masks were averaged, 2 to the power of the coins; None by other methods.
    passes : int or None
        How many passes were sampled; None by other methods.
    mean_standard_error : torch.Tensor or None
        Standard error of each mean, sampled; None by other methods.
    deviation_standard_error : torch.Tensor or None
        Standard error of each standard deviation, sampled; None by other methods.
    """

    mean: Any
    variance: Any
    method: str
    exact: bool
    masks: int | None = None
    passes: int | None = None
    mean_standard_error: Any = None
    deviation_standard_error: Any = None

    @property
    def standard_deviation(self) -> Any:
        """Standard deviation over masks of each output, in the unit of the output."""
        roots = iter([one.sqrt() for one in checked_tensors(self.variance)])
        return with_tensors(self.variance, roots.__next__)


class Asked(NamedTuple):
    """A model, what it takes, and what it drew and returned."""

    model: Callable[..., Any]
    inputs: tuple[Any, ...]
    kwargs: dict[str, Any]
    recording: Recording

    @property
    def draws(self) -> list[Draw]:
        """What it drew."""
        return self.recording.draws

    @property
    def few(self) -> bool:
        """Whether all masks can be visited, or nothing is drawn, which is then said."""
        coins = sum(prod(draw.shape) for draw in self.draws)
        same = all(draw.answers and not (draw.coins and draw.coins.read) for draw in self.draws)
        return same and coins <= MOST_COINS

    def told(self, mean: Any, variance: Any, method: str, **more: Any) -> OutputMoments:
        """Put what was found, flat, into the structure of the output."""
        output = self.recording.output
        shapes = [one.shape for one in checked_tensors(output)]

        def shaped(flat: Any) -> Any:
            parts = flat.split([shape.numel() for shape in shapes])
            whole = iter(part.reshape(size) for part, size in zip(parts, shapes, strict=True))
            return with_tensors(output, whole.__next__)

        errors = {name: shaped(one) for name, one in more.items() if name.endswith("_error")}
        return OutputMoments(shaped(mean), shaped(variance), method, **{**more, **errors})


def by_all_masks(asked: Asked) -> OutputMoments:
    """Average over every mask; what cannot be answered is refused."""
    import torch

    refuse_other_draws(asked.draws)
    model, inputs, kwargs, _ = asked
    law = moments_over_all_masks(model, inputs, kwargs, asked.draws)
    mean, variance = torch.as_tensor(law.mean), torch.as_tensor(law.variance)
    masks = 2 ** sum(prod(draw.shape) for draw in asked.draws)
    return asked.told(mean, variance, "all_masks", exact=True, masks=masks)


def by_propagation(asked: Asked) -> OutputMoments:
    """Carry mean and covariance through the layers; what has no rule is named."""
    from dropout_explained.models.propagation import propagated

    model, inputs, kwargs, _ = asked
    output, means, variances, exact = propagated(model, inputs, kwargs, asked.draws)
    checked_tensors(output)
    mean, variance = iter(means), iter(variances)
    return OutputMoments(
        with_tensors(output, mean.__next__),
        with_tensors(output, variance.__next__),
        "propagation",
        exact,
    )


def by_propagation_if_known(asked: Asked) -> OutputMoments | None:
    """Propagate where every layer has a rule."""
    try:
        return by_propagation(asked)
    except (BadArgument, BadArgumentType):
        return None


def by_sampling(asked: Asked, passes: int, wanted: float | None, start: Any) -> OutputMoments:
    """Average passes whose masks torch draws."""
    from dropout_explained.models.many_passes import ManyPasses, chunk_of
    from dropout_explained.models.recorder import seeded
    from dropout_explained.models.sampling import sampled

    model, inputs, kwargs, recording = asked
    if not asked.draws:
        refuse_other_draws(asked.draws)
    runner = ManyPasses(model, inputs, kwargs, asked.draws)
    at_once = chunk_of((inputs, kwargs), asked.draws, checked_tensors(recording.output), passes)
    seeded(start)
    found = sampled(runner, at_once, passes, wanted)
    return asked.told(
        found.mean,
        found.variance,
        "sampling",
        exact=False,
        passes=found.passes,
        mean_standard_error=found.mean_standard_error,
        deviation_standard_error=found.deviation_standard_error,
    )
