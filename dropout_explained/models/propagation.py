"""Means and covariances through the layers of a model: a value is its mean plus uncorrelated sources.

A source has mean 0 and variance 1 and a coefficient for every unit. Linear layers map
mean and coefficients alike, sums add them, and what makes noise gives each unit a source
of its own. So the covariance of all units is carried along, also that of branches which
part and meet again, without ever being written out.
"""

from __future__ import annotations

import operator
from functools import cache, partial
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

from dropout_explained.closed_forms import relative_variance

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

    Rule = Callable[..., "Value"]

# Names of sources: two branches know by them what they share. A layer's own sources are
# numbered from a multiple of more units than a layer has.
_fresh = count(step=2**40)


class UnitNoise(NamedTuple):
    """Sources of which each reaches one unit: deviations (1, ...), and names counted from one."""

    deviation: torch.Tensor
    first: int


class Value(NamedTuple):
    """The value of a layer for one example.

    ``mean`` is (1, ...), ``sources`` (S, ...) with a name each; ``own`` are sources that
    reach one unit alone. ``exact`` is False once a noisy value was taken as normal.
    """

    mean: torch.Tensor
    sources: torch.Tensor
    names: list[int]
    own: tuple[UnitNoise, ...] = ()
    exact: bool = True

    @property
    def variance(self) -> torch.Tensor:
        """Variance of each unit: sources are uncorrelated, so squares add."""
        shared = self.sources.square().sum(0, keepdim=True)
        return sum((own.deviation.square() for own in self.own), start=shared)

    def dense(self, weight: torch.Tensor | None = None) -> Value:
        """Write every unit's own sources out, mapped by a weight (out, in) if there is one."""
        import torch
        import torch.nn.functional as F

        mean, sources, names = self.mean, self.sources, list(self.names)
        if weight is not None:
            mean, sources = F.linear(mean, weight), F.linear(sources, weight)
        parts = [sources]
        for deviation, first in self.own:
            flat = deviation.reshape(-1)
            units = flat.nonzero().squeeze(1)
            if weight is None:
                rows = flat.new_zeros(len(units), flat.numel())
                rows[torch.arange(len(units)), units] = flat[units]
            else:
                rows = (weight[:, units] * flat[units]).T
            parts.append(rows.reshape(len(units), *mean.shape[1:]))
            names += (first + units).tolist()
        return self._replace(mean=mean, sources=torch.cat(parts), names=names, own=())

    def scaled(self, slope: torch.Tensor) -> Value:
        """Multiply what varies, and not the mean, by a slope for each unit."""
        own = tuple(UnitNoise(one.deviation * slope, one.first) for one in self.own)
        return self._replace(sources=self.sources * slope, own=own)

    def with_noise(self, variance: torch.Tensor) -> Value:
        """Give each unit a source of its own, of the given variance."""
        noise = UnitNoise(variance.clamp(min=0).sqrt(), next(_fresh))
        return self._replace(own=(*self.own, noise))


def constant(x: torch.Tensor) -> Value:
    """Return the value of an input, which has no noise."""
    return Value(x, x[:0], [])


def affine(value: Value, mapping: Callable[[Any], Any]) -> Value:
    """Apply what is linear but for a constant."""
    value = value.dense()
    mean = mapping(value.mean)
    if not value.names:
        return value._replace(mean=mean, sources=mean[:0])
    constant_part = mapping(value.mean.new_zeros(value.mean.shape))
    return value._replace(mean=mean, sources=mapping(value.sources) - constant_part)


def linear(value: Value, layer: torch.nn.Linear) -> Value:
    """Apply a linear layer to vectors: own sources need columns of its weight, no product."""
    if value.mean.dim() != 2:
        return affine(value, layer)
    return value.dense(layer.weight)._replace(mean=layer(value.mean))


def dropout(value: Value, p: float) -> Value:
    """Apply dropout: y = x + x (m / q - 1), with a second term uncorrelated with all before.

    Its variance is E[x^2] p / q, because m is independent of x and m / q has the mean 1
    and the variance p / q.
    """
    if p == 1:
        return constant(value.mean * 0)._replace(exact=value.exact)
    return value.with_noise((value.mean.square() + value.variance) * relative_variance(p))


def relu(value: Value) -> Value:
    """Apply ReLU to a normal variable: its mean, its variance, its regression on the sources.

    With z = mu / sigma: E[y] = mu Phi(z) + sigma phi(z) and E[y^2] = (mu^2 + sigma^2) Phi(z)
    + mu sigma phi(z). By Stein's lemma Cov[y, v] = Phi(z) Cov[x, v] for all v that are
    jointly normal with x. What the regression leaves is taken as uncorrelated between units.
    """
    import torch

    variance = value.variance
    noisy = variance > 0
    if not bool(noisy.any()):
        return value._replace(mean=value.mean.relu())
    sigma = torch.where(noisy, variance, 1.0).sqrt()
    z = value.mean / sigma
    above, density = torch.special.ndtr(z), torch.exp(-z.square() / 2) / (2 * torch.pi) ** 0.5
    mean = torch.where(noisy, value.mean * above + sigma * density, value.mean.relu())
    square = (value.mean.square() + variance) * above + value.mean * sigma * density
    left = torch.where(noisy, square - mean.square() - above.square() * variance, 0.0)
    return value.scaled(above)._replace(mean=mean, exact=False).with_noise(left)


def add(a: Any, b: Any) -> Value:
    """Add two values: what comes from the same source adds before it is squared."""
    if not isinstance(a, Value):
        a, b = b, a
    if not isinstance(b, Value):
        return Value(a.mean + b, *a[1:])
    parts = a.dense(), b.dense()
    mean = a.mean + b.mean
    names = list(dict.fromkeys(name for part in parts for name in part.names))
    places = {name: place for place, name in enumerate(names)}
    sources = mean.new_zeros(len(names), *mean.shape[1:])
    for part in parts:
        sources[[places[name] for name in part.names]] += part.sources
    return Value(mean, sources, names, exact=a.exact and b.exact)


def flatten(value: Value, *dims: int, **named: int) -> Value:
    """Apply torch.flatten, which reorders nothing."""
    return affine(value, lambda one: one.flatten(*dims, **named))


@cache
def _rules() -> dict[Any, Rule]:
    """Return what happens to a value: by type of layer (layer, value), by function (value, ...)."""
    import torch
    import torch.nn.functional as F
    from torch import nn

    linear_layers = (
        nn.Identity, nn.Flatten, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.AvgPool1d,
        nn.AvgPool2d, nn.AvgPool3d, nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d,
    )  # fmt: skip
    return {
        **dict.fromkeys(linear_layers, lambda layer, v: affine(v, layer)),
        nn.Linear: lambda layer, v: linear(v, layer),
        nn.ReLU: lambda _, v: relu(v),
        nn.Dropout: lambda layer, v: dropout(v, layer.p),
        F.dropout: lambda v, p=0.5, training=True, *_, **__: dropout(v, p * training),
        **dict.fromkeys((F.relu, torch.relu, "relu"), lambda v, *_, **__: relu(v)),
        **dict.fromkeys((torch.flatten, "flatten"), flatten),
        **dict.fromkeys((operator.add, operator.iadd, torch.add, "add", "add_"), add),
    }


@cache
def _rules_at_rest() -> dict[Any, Rule]:
    """Return what takes their place in evaluation mode: batch normalisation is affine there."""
    from torch import nn
    from torch.nn.modules.batchnorm import _BatchNorm
    from torch.nn.modules.dropout import _DropoutNd

    return {
        **dict.fromkeys((nn.Dropout, _DropoutNd), lambda _, v: v),
        _BatchNorm: lambda layer, v: affine(v, layer),
    }


def rule_for(target: Any, layer: Any) -> Rule | None:
    """Return what a layer or a function does with values; None where that is not known."""
    if layer is None:
        return _rules().get(target)
    known = _rules() if layer.training else {**_rules(), **_rules_at_rest()}
    kind = next((kind for kind in type(layer).__mro__ if kind in known), None)
    return None if kind is None else partial(known[kind], layer)
