"""Mean and spread of a model's output under dropout, in one pass and without sampling."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, NamedTuple

from dropout_explained.propagation import (
    Value,
    added,
    constant,
    dropped,
    mapped,
    rectified,
    weighted,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

    Rule = Callable[..., Value]


class Prediction(NamedTuple):
    """Moments of a model's output over its dropout masks, from :func:`predict`.

    Attributes
    ----------
    mean : torch.Tensor
        Expected output, in the shape and dtype of the model's output.
    standard_deviation : torch.Tensor
        Standard deviation over masks of each output, in the same shape and unit.
    exact : bool
        True if no activation function saw noise: then both are exact. Otherwise its
        input was taken as normal.
    """

    mean: torch.Tensor
    standard_deviation: torch.Tensor
    exact: bool


def flattened(value: Value, *dims: int, **named: int) -> Value:
    """Apply torch.flatten, which reorders nothing."""
    return mapped(value, lambda one: one.flatten(*dims, **named))


def _rule(target: Any, layer: Any) -> Rule | None:
    """Return what a layer or a function does with values; None where that is not known."""
    import torch
    import torch.nn.functional as F
    from torch import nn
    from torch.nn.modules.batchnorm import _BatchNorm
    from torch.nn.modules.dropout import _DropoutNd

    linear = (
        nn.Identity, nn.Flatten, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.AvgPool1d,
        nn.AvgPool2d, nn.AvgPool3d, nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d,
    )  # fmt: skip
    # In evaluation dropout is the identity, and batch normalisation an affine map.
    rests = layer is not None and not layer.training
    rules: tuple[tuple[bool, Rule], ...] = (
        (isinstance(layer, _DropoutNd) and rests, lambda v: v),
        (isinstance(layer, _BatchNorm) and rests, lambda v: mapped(v, layer)),
        (isinstance(layer, nn.Dropout), lambda v: dropped(v, layer.p)),
        (target is F.dropout, lambda v, p=0.5, training=True, *_, **__: dropped(v, p * training)),
        (isinstance(layer, nn.Linear), lambda v: weighted(v, layer)),
        (isinstance(layer, linear), lambda v: mapped(v, layer)),
        (target in (torch.flatten, "flatten"), flattened),
        (isinstance(layer, nn.ReLU), rectified),
        (target in (F.relu, torch.relu, "relu"), lambda v, *_, **__: rectified(v)),
        (target in (operator.add, operator.iadd, torch.add, "add", "add_"), added),
    )
    return next((rule for known, rule in rules if known), None)


def _traced(model: torch.nn.Module) -> tuple[torch.fx.GraphModule, dict[Any, Rule]]:
    from torch import fx

    try:
        traced = fx.symbolic_trace(model)
    except Exception as reason:
        raise ValueError(
            f"model must be traceable by torch.fx, without control flow that depends on values; "
            f"{type(model).__name__} is not: {reason}"
        ) from reason
    rules: dict[Any, Rule] = {}
    unknown = []
    for node in traced.graph.nodes:
        if node.op in {"call_module", "call_function", "call_method"}:
            layer = traced.get_submodule(node.target) if node.op == "call_module" else None
            rule = _rule(node.target, layer)
            if rule is None:
                named = node.target if layer is None else type(layer)
                unknown.append(f"{getattr(named, '__name__', named)} ({node.name})")
            else:
                rules[node] = rule
    if unknown:
        raise ValueError(
            f"model must consist of linear layers, average pooling, dropout, ReLU and sums; "
            f"it also has {', '.join(unknown)}: average sampled outputs, or expected_output()"
        )
    return traced, rules


def _check_batch(x: Any) -> None:
    import torch

    if not isinstance(x, torch.Tensor) or not x.is_floating_point():
        kind = str(getattr(x, "dtype", type(x).__name__))
        raise TypeError(f"x must be a torch tensor of a floating dtype; got {kind}")
    if x.dim() < 2 or not len(x):
        raise ValueError(f"x must have the shape (N, ...) with N > 0; got {tuple(x.shape)}")


def predict(model: torch.nn.Module, x: torch.Tensor) -> Prediction:
    r"""Predict mean and standard deviation of a model's output over its dropout masks.

    Through linear layers and sums mean and covariance follow exactly, and dropout adds to
    each unit an uncorrelated noise:

    .. math::

       \mathrm{E}[y] = \mathrm{E}[x], \qquad
       \mathrm{Cov}[y] = \mathrm{Cov}[x]
       + \mathrm{diag}\Bigl(\frac{p}{q}\, \mathrm{E}[x^2]\Bigr) .

    The input of a ReLU that has noise is taken as normal, as a sum of many terms nearly is.

    Parameters
    ----------
    model : torch.nn.Module
        Of linear and convolutional layers, average pooling, ``nn.Dropout``, ReLU, flattening,
        sums of branches, and batch normalisation in evaluation mode. What drops is what is
        in training mode.
    x : torch.Tensor
        Examples, of shape (N, ...) and floating dtype; each has masks of its own.

    Returns
    -------
    Prediction
        Mean and standard deviation, in the shape and dtype of the model's output.

    Raises
    ------
    ValueError
        If the model has other layers, which are named, or cannot be traced, or x has no
        batch dimension.
    TypeError
        If x is not a tensor of a floating dtype.

    References
    ----------
    Wang and Manning, "Fast dropout training", ICML 2013, take sums of dropped-out units
    as normal. Stein's lemma gives the covariance of a function of a normal variable:
    Stein, "Estimation of the Mean of a Multivariate Normal Distribution", Annals of
    Statistics 9(6), 1981.

    Examples
    --------
    >>> import torch
    >>> from dropout_explained import predict
    >>> model = torch.nn.Dropout(0.5)
    >>> predict(model, torch.tensor([[1.0, -2.0, 3.0]]))
    Prediction(mean=tensor([[ 1., -2.,  3.]]), standard_deviation=tensor([[1., 2., 3.]]), exact=True)
    """
    import torch

    _check_batch(x)
    traced, rules = _traced(model)

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
                values[node] = rules[node](*given[0], **given[1])
        return last

    with torch.no_grad():
        found = [value_of(example) for example in x.split(1)]
        return Prediction(
            mean=torch.cat([value.mean for value in found]),
            standard_deviation=torch.cat([value.variance.sqrt() for value in found]),
            exact=all(value.exact for value in found),
        )
