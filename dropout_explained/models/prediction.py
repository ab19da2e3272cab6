"""Mean and spread of a model's output over its dropout masks, by whichever method answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dropout_explained.arguments import BadArgument, checked_count, checked_positive
from dropout_explained.models.dropout_calls import checked_model, checked_start
from dropout_explained.models.methods import (
    Asked,
    OutputMoments,
    by_all_masks,
    by_propagation,
    by_propagation_if_known,
    by_sampling,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

METHODS = ("auto", "all_masks", "propagation", "sampling")
PASSES, MOST_PASSES = 1000, 1_000_000


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
        Where sampling starts, as for :func:`~dropout_explained.dropout_calls`; None goes on from where the
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
    wanted = None
    if standard_error is not None:
        wanted = checked_positive("standard_error", standard_error)
    default = PASSES if wanted is None else MOST_PASSES
    most = default if passes is None else checked_count(passes, "passes")
    # Who asks for passes or for an error does not want one that nobody states.
    by_rule = passes is None and wanted is None
    start = checked_start(seed)
    import torch

    from dropout_explained.models.as_it_was import averages_at_rest, left_as_it_was
    from dropout_explained.models.recorder import eager, recorded

    with torch.no_grad(), averages_at_rest(model):
        asked = Asked(model, inputs, kwargs, recorded(model, inputs, kwargs, start))
        with left_as_it_was(model), eager():
            if method == "all_masks" or (method == "auto" and asked.few):
                return by_all_masks(asked)
            if method == "propagation":
                return by_propagation(asked)
            found = by_propagation_if_known(asked) if method == "auto" and by_rule else None
            return found or by_sampling(asked, most, wanted, start)
