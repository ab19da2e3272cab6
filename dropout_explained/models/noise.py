"""What dropout does to a value: the mean as torch's layer keeps it, and new sources of noise.

Imports torch: whoever uses it, does so once a model has come in.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import torch

from dropout_explained.closed_forms import relative_variance
from dropout_explained.layers import ALPHA, alpha_factors
from dropout_explained.models.values import constant

if TYPE_CHECKING:
    from dropout_explained.layers import Layer
    from dropout_explained.models.values import Value


def dropout(value: Value, p: float, layer: Layer) -> Value:
    r"""Apply dropout: y = c x + t + (m - q) (s x + d), whose last term is uncorrelated with x.

    Inverted dropout has c = 1, t = d = 0, s = 1 / q. Alpha dropout, a (m x - (1 - m) alpha) +
    a alpha p, has c = a q, t = 0, s = a, d = a alpha. The variance of the last term is
    p q E[(s x + d)^2], because m is independent of x. A coin for a channel makes it the same
    m for all units, so that their products count, not only their squares.
    """
    if p in (0.0, 1.0):
        return value if p == 0 else constant(torch.zeros_like(value.mean), exact=value.exact)
    q = 1.0 - p
    slope, times, plus = 1.0, 1.0, 0.0
    relative = relative_variance(p)
    if layer.alpha:
        a, _ = alpha_factors(p)
        slope, times, plus, relative = a * q, a, a * ALPHA, p * q
    dropped = value._replace(mean=value.mean * slope).scaled(slope)
    jump = value.mean * times + plus
    if not layer.channels:
        return dropped.with_noise((jump.square() + times**2 * value.variance) * relative)
    # For each channel the mask's own source, and its product with each source of x.
    products = torch.cat([jump[None], times * value.dense().sources]) * relative**0.5
    return dropped.with_sources(_by_channel(products, prod(layer.noise_shape(tuple(jump.shape)))))


def _by_channel(products: torch.Tensor, channels: int) -> torch.Tensor:
    """Return sources (S', ...) that each reach one of the channels in which products (S, ...) act."""
    by_channel = products.reshape(len(products), channels, -1)
    if len(products) > by_channel.shape[2]:  # as many sources as units have the same covariance
        by_channel = torch.linalg.qr(by_channel.transpose(0, 1), mode="r").R.transpose(0, 1)
    count, _, units = by_channel.shape
    spread = by_channel.new_zeros(count, channels, channels, units)
    each = torch.arange(channels)
    spread[:, each, each] = by_channel
    return spread.reshape(count * channels, *products.shape[1:])
