"""A value of a layer as its mean plus uncorrelated sources, each with mean 0 and variance 1.

Linear layers map mean and coefficients alike, sums add them, and what makes noise gives each
unit a source of its own. So the covariance of all units is carried along, also that of
branches which part and meet again, without ever being written out.

Imports torch: whoever uses it, does so once a model has come in.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

import torch

from dropout_explained.arguments import BadArgument

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MOST_NUMBERS = 2**28  # of the sources of one value, a gigabyte in single precision

# Names of sources: two branches know by them what they share. A layer's own sources are
# numbered from a multiple of more units than a layer has.
_fresh = count(step=2**40)


class TooLarge(BadArgument):
    """The sources of a value do not fit into memory."""


class UnitNoise(NamedTuple):
    """Sources of which each reaches one unit: deviations, and names counted from one."""

    deviation: torch.Tensor
    first: int


class Value(NamedTuple):
    """The value of a layer for one example.

    ``sources`` has the shape of ``mean`` behind a first dimension, with a name each; ``own``
    are sources that reach one unit alone. ``exact`` is False once a noisy value was taken
    as normal.
    """

    mean: torch.Tensor
    sources: torch.Tensor
    names: list[int]
    own: tuple[UnitNoise, ...] = ()
    exact: bool = True

    @property
    def variance(self) -> torch.Tensor:
        """Variance of each unit: sources are uncorrelated, so squares add."""
        return sum((own.deviation.square() for own in self.own), start=self.sources.square().sum(0))

    def dense(self, weight: torch.Tensor | None = None) -> Value:
        """Write every unit's own sources out, mapped by a weight (out, in) if there is one."""
        if not self.own and weight is None:
            return self
        rows = len(self.names) + sum(own.deviation.numel() for own in self.own)
        units = self.mean.numel() if weight is None else len(weight)
        if rows * units > MOST_NUMBERS:
            raise TooLarge(
                f"model must be small enough for propagation: {rows} sources of noise in {units} "
                f'units are more numbers than {MOST_NUMBERS}; use method="sampling"'
            )
        mean, sources, names = self.mean, self.sources, list(self.names)
        if weight is not None:
            mean, sources = mean @ weight.T, sources @ weight.T
        parts = [sources]
        for deviation, first in self.own:
            flat = deviation.reshape(-1)
            noisy = flat.nonzero().squeeze(1)
            if weight is None:
                row = flat.new_zeros(len(noisy), flat.numel())
                row[torch.arange(len(noisy)), noisy] = flat[noisy]
            else:
                row = (weight[:, noisy] * flat[noisy]).T
            parts.append(row.reshape(len(noisy), *mean.shape))
            names += (first + noisy).tolist()
        return Value(mean, torch.cat(parts), names, exact=self.exact)

    def scaled(self, slope: torch.Tensor | float) -> Value:
        """Multiply what varies, and not the mean, by a slope for each unit."""
        own = tuple(UnitNoise(one.deviation * slope, one.first) for one in self.own)
        return self._replace(sources=self.sources * slope, own=own)

    def with_noise(self, variance: torch.Tensor) -> Value:
        """Give each unit a source of its own, of the given variance."""
        noise = UnitNoise(variance.clamp(min=0).sqrt(), next(_fresh))
        return self._replace(own=(*self.own, noise))

    def with_sources(self, coefficients: torch.Tensor) -> Value:
        """Add sources that reach several units, (S, ...) in the shape of the mean."""
        first = next(_fresh)
        value = self.dense()
        names = [*value.names, *range(first, first + len(coefficients))]
        return value._replace(sources=torch.cat([value.sources, coefficients]), names=names)


def constant(x: torch.Tensor, *, exact: bool = True) -> Value:
    """Return the value of what has no noise."""
    return Value(x, x.new_zeros(0, *x.shape), [], exact=exact)


def affine(value: Value, mapping: Callable[[Any], Any]) -> Value:
    """Apply what is linear but for a constant."""
    value = value.dense()
    mean = mapping(value.mean)
    if not value.names:
        return constant(mean, exact=value.exact)
    constant_part = mapping(value.mean.new_zeros(value.mean.shape))
    sources = torch.func.vmap(mapping)(value.sources) - constant_part
    return value._replace(mean=mean, sources=sources)


def linear(value: Value, weight: torch.Tensor, bias: torch.Tensor | None) -> Value:
    """Apply a linear layer to a vector: own sources need columns of its weight, no product."""
    dense = value.dense(weight)
    return dense if bias is None else dense._replace(mean=dense.mean + bias)


def aligned(values: Sequence[Value]) -> tuple[list[Value], list[int]]:
    """Give values the same sources in the same order, with zeros for those that one lacks."""
    parts = [value.dense() for value in values]
    names = list(dict.fromkeys(name for part in parts for name in part.names))
    places = {name: place for place, name in enumerate(names)}
    same = []
    for part in parts:
        sources = part.mean.new_zeros(len(names), *part.mean.shape)
        sources[[places[name] for name in part.names]] = part.sources
        same.append(part._replace(sources=sources, names=names))
    return same, names


def combined(values: Sequence[Value], mapping: Callable[[list[Any]], Any]) -> Value:
    """Apply what is linear in several values together: a sum, a concatenation."""
    same, names = aligned(values)
    mean = mapping([value.mean for value in same])
    exact = all(value.exact for value in values)
    if not names:
        return constant(mean, exact=exact)
    sources = torch.func.vmap(lambda *rows: mapping(list(rows)))(*(one.sources for one in same))
    return Value(mean, sources, names, exact=exact)
