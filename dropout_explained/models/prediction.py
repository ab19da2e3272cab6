"""Mean and spread of a model's output over its dropout masks, by whichever method answers."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dropout_explained.arguments import BadArgument, BadArgumentType
from dropout_explained.masks import MOST_COINS
from dropout_explained.models.all_masks import moments_over_all_masks
from dropout_explained.models.dropout_calls import record_dropout_calls
from dropout_explained.models.propagation import Value, constant, rule_for

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

    from dropout_explained.models.propagation import Rule

METHODS = ("auto", "all_masks", "propagation")


@dataclass(frozen=True, eq=False)
class OutputMoments:
    """Moments of a model's output over its dropout masks, from :func:`output_moments`.

    Attributes
    ----------
    mean : torch.Tensor
        Expected output, float64, in the shape of the model's output.
    variance : torch.Tensor
        Variance of each output over masks, in the same shape and the squared unit.
    method : str
        How they were found, ``"all_masks"`` or ``"propagation"``.
    exact : bool
        True by all masks, and by propagation if no activation function saw noise. Otherwise
        the input of one was taken as normal.
    masks : int or None
        How many masks were averaged, 2 to the power of the coins; None by propagation.
    """

    mean: torch.Tensor
    variance: torch.Tensor
    method: str
    exact: bool
    masks: int | None = None

    @property
    def standard_deviation(self) -> torch.Tensor:
        """Standard deviation over masks of each output, in the unit of the output."""
        return self.variance.sqrt()


def output_moments(
    model: Callable[[Any], Any], x: torch.Tensor, *, method: str = "auto"
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

    the input of a ReLU that has noise is taken as normal, as a sum of many terms nearly is.
    Monte Carlo dropout estimates the same; evaluation mode in general returns another output.

    Parameters
    ----------
    model : torch.nn.Module or callable
        What drops is what is in training mode. All masks take any model that draws random
        numbers only through the dropout functions of torch.nn.functional; what else depends
        on the mode, as batch normalisation, runs as it would. Propagation takes linear and
        convolutional layers, average pooling, ``nn.Dropout``, ReLU, flattening, sums of
        branches, and batch normalisation in evaluation mode.
    x : torch.Tensor
        The input, of a floating dtype. For propagation of shape (N, ...): N examples, each
        with masks of its own.
    method : str, default: "auto"
        "all_masks", for at most 20 coins in all; "propagation"; or "auto", which takes all
        masks where the model tosses at most 20 coins for this x, and propagates otherwise.

    Returns
    -------
    OutputMoments
        Mean and variance as float64 tensors in the shape of the output, and how they were found.

    Raises
    ------
    ValueError
        If there is no such method; the model draws nothing, more than 20 coins, or random
        numbers that are no dropout masks (all masks); it has other layers, which are named,
        cannot be traced, or x has no batch dimension (propagation).
    TypeError
        If x is not a tensor, or not of a floating dtype.

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
    if method not in METHODS:
        raise BadArgument(f"method must be one of {', '.join(METHODS)}; got method = {method!r}")
    if method == "propagation":
        return _by_propagation(model, x)
    import torch

    calls = record_dropout_calls(model, x)
    coins = sum(call.coins for call in calls)
    if method == "auto" and coins > MOST_COINS:
        return _by_propagation(model, x)
    law = moments_over_all_masks(model, x, calls)
    mean, variance = torch.as_tensor(law.mean), torch.as_tensor(law.variance)
    return OutputMoments(mean, variance, "all_masks", exact=True, masks=2**coins)


def _by_propagation(model: Callable[[Any], Any], x: Any) -> OutputMoments:
    import torch

    if not isinstance(x, torch.Tensor) or not x.is_floating_point():
        kind = str(getattr(x, "dtype", type(x).__name__))
        raise BadArgumentType(f"x must be a torch tensor of a floating dtype; got {kind}")
    if x.dim() < 2 or not len(x):
        raise BadArgument(f"x must have the shape (N, ...) with N > 0; got {tuple(x.shape)}")
    values = _propagated(model, x)
    return OutputMoments(
        mean=torch.cat([value.mean for value in values]).double(),
        variance=torch.cat([value.variance for value in values]).double(),
        method="propagation",
        exact=all(value.exact for value in values),
    )


def _traced(model: Any) -> tuple[torch.fx.GraphModule, dict[Any, Rule]]:
    from torch import fx

    try:
        traced = fx.symbolic_trace(model)
    except Exception as reason:
        raise BadArgument(
            f"model must be traceable by torch.fx, without control flow that depends on values; "
            f"{type(model).__name__} is not: {reason}"
        ) from reason
    found: dict[Any, Rule] = {}
    unknown = []
    calls = (node for node in traced.graph.nodes if node.op.startswith("call_"))
    for node in calls:
        layer = traced.get_submodule(node.target) if node.op == "call_module" else None
        rule = rule_for(node.target, layer)
        if rule is None:
            named = node.target if layer is None else type(layer)
            unknown.append(f"{getattr(named, '__name__', named)} ({node.name})")
        else:
            found[node] = rule
    if unknown:
        raise BadArgument(
            f"model must consist of linear layers, average pooling, dropout, ReLU and sums for "
            f'method="propagation"; it also has {", ".join(unknown)}: average sampled outputs, '
            f'or at most 20 coins by method="all_masks"'
        )
    return traced, found


def _propagated(model: Any, x: torch.Tensor) -> list[Value]:
    """Return the value of the model's output for each example of a batch."""
    import torch

    traced, found = _traced(model)

    def value_of(example: torch.Tensor) -> Value:
        values: dict[Any, Any] = {}
        for node in traced.graph.nodes:
            if node.op == "placeholder":
                values[node] = constant(example)
            elif node.op == "get_attr":
                values[node] = operator.attrgetter(node.target)(traced)
            elif node.op == "output":
                last: Value = values[node.args[0]]
            else:
                given = torch.fx.node.map_arg((node.args, node.kwargs), values.__getitem__)
                values[node] = found[node](*given[0], **given[1])
        return last

    with torch.no_grad():
        return [value_of(example) for example in x.split(1)]
