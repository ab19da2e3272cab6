"""What a function of one variable does to a unit whose input is taken as normal.

With x normal of mean mu and deviation sigma, and z standard normal: the mean is
E[f(mu + sigma z)], and by Stein's lemma (Annals of Statistics 9(6), 1981) Cov[f(x), v] =
E[f'(x)] Cov[x, v] for all v that are jointly normal with x, where E[f'(x)] =
E[f(mu + sigma z) z] / sigma. What this regression leaves is taken as uncorrelated between units.

Taking the input as normal is "fast dropout": Wang and Manning, ICML 2013.

Imports torch: whoever uses it, does so once a model has come in.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from dropout_explained.models.values import Value

    Moments = tuple[torch.Tensor, torch.Tensor, torch.Tensor]

NODES = 128  # tanh of an input with deviation 2 to six digits


@cache
def _nodes() -> tuple[torch.Tensor, torch.Tensor]:
    """Return nodes z and weights of Gauss and Hermite for the standard normal density."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    return torch.from_numpy(nodes), torch.from_numpy(weights / weights.sum())


def by_quadrature(
    function: Callable[..., torch.Tensor], mu: torch.Tensor, sigma: torch.Tensor
) -> Moments:
    """Return E[f], Var[f] and E[f'] of a smooth function; sigma is above 0."""
    nodes, weights = (one.to(mu) for one in _nodes())
    values = function(mu[..., None] + sigma[..., None] * nodes)
    mean = values @ weights
    centred = values - mean[..., None]
    return mean, centred.square() @ weights, (centred * nodes) @ weights / sigma


def relu_moments(mu: torch.Tensor, sigma: torch.Tensor) -> Moments:
    """Return those of ReLU in closed form.

    With z = mu / sigma: E[y] = mu Phi(z) + sigma phi(z), E[y^2] = (mu^2 + sigma^2) Phi(z)
    + mu sigma phi(z), and E[f'] = Phi(z).
    """
    z = mu / sigma
    above = torch.special.ndtr(z)
    density = torch.exp(-z.square() / 2) / (2 * torch.pi) ** 0.5
    mean = mu * above + sigma * density
    square = (mu.square() + sigma.square()) * above + mu * sigma * density
    return mean, (square - mean.square()).clamp(min=0), above


def leaky_relu_moments(mu: torch.Tensor, sigma: torch.Tensor, slope: float) -> Moments:
    """Return those of y = slope x + (1 - slope) relu(x)."""
    mean, variance, above = relu_moments(mu, sigma)
    rest = 1 - slope
    # Cov[x, relu(x)] = sigma^2 Phi(z), by Stein's lemma.
    total = sigma.square() * (slope**2 + 2 * slope * rest * above) + rest**2 * variance
    return slope * mu + rest * mean, total, slope + rest * above


def activation(
    value: Value,
    function: Callable[..., torch.Tensor],
    moments: Callable[[torch.Tensor, torch.Tensor], Moments],
) -> Value:
    """Apply a function to each unit; ``moments`` says what it does to the noisy ones."""
    variance = value.variance
    noisy = variance > 0
    if not bool(noisy.any()):
        return value._replace(mean=function(value.mean))
    sigma = torch.where(noisy, variance, 1.0).sqrt()
    mean, spread, slope = moments(value.mean, sigma)
    mean = torch.where(noisy, mean, function(value.mean))
    left = torch.where(noisy, spread - slope.square() * variance, 0.0)
    return value.scaled(slope)._replace(mean=mean, exact=False).with_noise(left)
