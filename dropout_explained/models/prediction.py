"""Mean and spread of a model's output over its dropout masks, by whichever method answers."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, prod
from typing import TYPE_CHECKING, Any, NamedTuple

from dropout_explained.arguments import BadArgument, BadArgumentType, checked_count
from dropout_explained.masks import MOST_COINS
from dropout_explained.models.all_masks import moments_over_all_masks, refuse_other_draws
from dropout_explained.models.dropout_calls import checked_model, checked_start
from dropout_explained.models.outputs import checked_tensors, with_tensors

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

    from dropout_explained.models.recorder import Draw, Recording

METHODS = ("auto", "all_masks", "propagation", "sampling")
PASSES, MOST_PASSES = 1000, 1_000_000


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


def output_moments(
    model: Callable[..., Any],
    *inputs: Any,
    method: str = "auto",
    passes: int | None = None,
    standard_error: float | None = None,
    seed: int | torch.Tensor | None = 0,
    **kwargs: Any,
) -> OutputMoments:
    r"""Find mean and variance of a model's output over its dropout masks.

    By all masks, where there are few enough:

    .. math::

       \mathrm{E}[f(x; m)] = \sum_m \Pr[m]\, f(x; m) .

    By propagation in one pass: through linear layers and sums mean and covariance follow
    exactly, and dropout adds to each unit an uncorrelated noise,

    .. math::

       \mathrm{E}[y] = \mathrm{E}[x], \qquad
       \mathrm{Cov}[y] = \mathrm{Cov}[x]
       + \mathrm{diag}\Bigl(\frac{p}{q}\, \mathrm{E}[x^2]\Bigr) ;

    the input of an activation function that has noise is taken as normal, as a sum of many
    terms nearly is. By sampling, for every other model: with standard errors. Evaluation mode
    in general returns another output.

    Parameters
    ----------
    model : torch.nn.Module or callable
        What drops is what is in training mode: layers, functions, attention, recurrent
        layers, masks made by hand. Batch normalisation uses its running averages in
        every mode. The model is left as it was.
    *inputs
        What the model takes. For propagation tensors of shape (N, ...): N examples, each
        with masks of its own.
    method : str, default: "auto"
        "all_masks", for at most 20 coins in all; "propagation", for linear and convolutional
        layers, average pooling, dropout, shapes, sums, concatenation, ReLU and smooth
        activation functions; "sampling"; or "auto", the first of these that can answer,
        without propagation where passes or a standard error are asked for.
    passes : int, optional
        How many passes to sample: 1000, or with a wanted standard error at most a million.
    standard_error : float, optional
        Stop sampling when the standard error of every mean is as small, in the output's unit.
    seed : int, torch.Tensor or None, default: 0
        Where sampling starts, as for :func:`dropout_calls`; None goes on from where the
        generator stands. Afterwards the generator stands where it stood.
    **kwargs
        Named arguments of the model.

    Returns
    -------
    OutputMoments
        Mean and variance as float64 tensors in the structure of the output, how they were
        found, and, where they were sampled, their standard errors.

    Raises
    ------
    ValueError
        If there is no such method; the model draws nothing; it tosses more than 20 coins or
        draws other numbers (all masks); a layer that sees noise has no rule, the model cannot
        be traced, or an input has no batch dimension (propagation); passes or the standard
        error are out of range.
    TypeError
        If the model is not callable, or returns no floating tensor.

    References
    ----------
    Gal and Ghahramani, "Dropout as a Bayesian Approximation", ICML 2016, arXiv:1506.02142,
    estimate this average by sampling. Wang and Manning, "Fast dropout training", ICML 2013,
    take sums of dropped-out units as normal. Stein's lemma gives the covariance of a function
    of a normal variable: Stein, "Estimation of the Mean of a Multivariate Normal
    Distribution", Annals of Statistics 9(6), 1981.

    Examples
    --------
    >>> import torch
    >>> from dropout_explained import output_moments
    >>> model = torch.nn.Sequential(torch.nn.Dropout(0.5), torch.nn.ReLU())
    >>> law = output_moments(model, torch.tensor([1.0, -2.0, 3.0]))
    >>> law.mean
    tensor([1., 0., 3.], dtype=torch.float64)
    >>> law.variance
    tensor([1., 0., 9.], dtype=torch.float64)
    >>> law.method, law.masks
    ('all_masks', 8)
    """
    checked_model(model)
    if method not in METHODS:
        raise BadArgument(f"method must be one of {', '.join(METHODS)}; got method = {method!r}")
    wanted = _checked_standard_error(standard_error)
    default = PASSES if wanted is None else MOST_PASSES
    most = default if passes is None else checked_count(passes, "passes")
    # Who asks for passes or for an error does not want one that nobody states.
    by_rule = passes is None and wanted is None
    start = checked_start(seed)
    import torch

    from dropout_explained.models.as_it_was import averages_at_rest, left_as_it_was
    from dropout_explained.models.recorder import eager, recorded

    with torch.no_grad(), averages_at_rest(model):
        asked = _Asked(model, inputs, kwargs, recorded(model, inputs, kwargs, start))
        with left_as_it_was(model), eager():
            if method == "all_masks" or (method == "auto" and asked.few):
                return _by_all_masks(asked)
            if method == "propagation":
                return _by_propagation(asked)
            found = _by_propagation_if_known(asked) if method == "auto" and by_rule else None
            return found or _by_sampling(asked, most, wanted, start)


class _Asked(NamedTuple):
    """A model, what it takes, and what it drew and returned."""

    model: Callable[..., Any]
    inputs: tuple[Any, ...]
    kwargs: dict[str, Any]
    recording: Recording

    @property
    def draws(self) -> list[Draw]:
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


def _checked_standard_error(wanted: Any) -> float | None:
    if wanted is None:
        return None
    number = wanted if isinstance(wanted, (int, float)) and not isinstance(wanted, bool) else None
    if number is None:
        raise BadArgumentType(
            f"standard_error must be a number above 0; got standard_error = {wanted!r}"
        )
    if not (isfinite(number) and number > 0):
        raise BadArgument(
            f"standard_error must be a number above 0; got standard_error = {wanted!r}"
        )
    return float(number)


def _by_all_masks(asked: _Asked) -> OutputMoments:
    import torch

    refuse_other_draws(asked.draws)
    model, inputs, kwargs, _ = asked
    law = moments_over_all_masks(model, inputs, kwargs, asked.draws)
    mean, variance = torch.as_tensor(law.mean), torch.as_tensor(law.variance)
    masks = 2 ** sum(prod(draw.shape) for draw in asked.draws)
    return asked.told(mean, variance, "all_masks", exact=True, masks=masks)


def _by_propagation(asked: _Asked) -> OutputMoments:
    from dropout_explained.models.propagation import propagated

    model, inputs, kwargs, _ = asked
    output, means, variances, exact = propagated(model, inputs, kwargs, asked.draws)
    mean, variance = iter(means), iter(variances)
    return OutputMoments(
        with_tensors(output, mean.__next__),
        with_tensors(output, variance.__next__),
        "propagation",
        exact,
    )


def _by_propagation_if_known(asked: _Asked) -> OutputMoments | None:
    try:
        return _by_propagation(asked)
    except (BadArgument, BadArgumentType):
        return None


def _by_sampling(asked: _Asked, passes: int, wanted: float | None, start: Any) -> OutputMoments:
    from dropout_explained.models.recorder import seeded
    from dropout_explained.models.sampling import sampled

    model, inputs, kwargs, recording = asked
    if not recording.draws:
        refuse_other_draws(recording.draws)
    seeded(start)
    found = sampled(model, inputs, kwargs, recording, passes, wanted)
    return asked.told(
        found.mean,
        found.variance,
        "sampling",
        exact=False,
        passes=found.passes,
        mean_standard_error=found.mean_standard_error,
        deviation_standard_error=found.deviation_standard_error,
    )
