"""The backward rule: against autograd, against all masks, against torch's average."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from dropout_explained import (
    dropout_gradient,
    explain,
    mean_square_gradient,
    mean_square_gradient_moments,
)

X = torch.tensor([1.0, -2.0, 3.0, 0.25], dtype=torch.float64)


@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("seed", range(4))
def test_mean_square_gradient_is_that_of_autograd(p: float, seed: int) -> None:
    """For the loss of the first example, and for every element."""
    leaf = X.clone().requires_grad_()
    torch.manual_seed(seed)
    (F.dropout(leaf, p) ** 2).mean().backward()
    mask = explain(X, p, seed=seed).mask
    torch.testing.assert_close(leaf.grad, mean_square_gradient(X, mask, p), rtol=1e-15, atol=0)


@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 0.9])
def test_gradient_moments_by_all_masks(p: float) -> None:
    """Mean and variance over the 16 masks with their weights."""
    masks = np.array(list(product((0, 1), repeat=4)))
    weights = (1 - p) ** masks.sum(1) * p ** (4 - masks.sum(1))
    gradients = np.array([mean_square_gradient(X.numpy(), mask, p) for mask in masks])
    law = mean_square_gradient_moments(X, p)
    mean = weights @ gradients
    np.testing.assert_allclose(law.mean, mean, rtol=1e-13)
    np.testing.assert_allclose(
        law.variance, weights @ (gradients - mean) ** 2, rtol=1e-12, atol=1e-30
    )


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_gradient_moments_by_torch(p: float) -> None:
    """The average of autograd's gradients lies within 5 standard errors of the mean."""
    torch.manual_seed(0)
    calls = 20_000
    batch = X.expand(calls, 4).clone().requires_grad_()
    (F.dropout(batch, p) ** 2).mean(1).sum().backward()
    assert batch.grad is not None
    law = mean_square_gradient_moments(X, p)
    errors = (batch.grad.mean(0).numpy() - law.mean) / np.sqrt(law.variance / calls)
    assert np.abs(errors).max() < 5


def test_the_average_is_the_gradient_of_the_averaged_loss() -> None:
    """By central differences of E[L] = sum x^2 / (n q), exact for a quadratic."""
    p, step = 0.3, 1e-3

    def averaged_loss(x: np.ndarray) -> float:
        return float((x**2).sum() / (x.size * (1 - p)))

    x = X.numpy()
    slopes = [
        (averaged_loss(x + nudge) - averaged_loss(x - nudge)) / (2 * step)
        for nudge in step * np.eye(4)
    ]
    # Rounding of the loss, divided by the step.
    np.testing.assert_allclose(
        mean_square_gradient_moments(x, p).mean,
        slopes,
        rtol=0,
        atol=8 * math.ulp(averaged_loss(x)) / step,
    )


def test_a_dropped_input_gets_gradient_exactly_zero() -> None:
    """Not merely small."""
    gradient = dropout_gradient([0, 1], 0.9, upstream=np.array([1e300, 1.0]))
    assert gradient[0] == 0
    assert gradient[1] == 1 / (1 - 0.9)


def test_p_one_has_zero_gradient_everywhere() -> None:
    """And zero moments."""
    assert dropout_gradient([0, 0], 1.0).tolist() == [0, 0]
    law = mean_square_gradient_moments([1.0, 2.0], 1.0)
    assert law.mean.tolist() == law.variance.tolist() == [0, 0]


def test_without_upstream_the_kind_of_array_follows_the_mask() -> None:
    """A tensor mask gives a tensor of torch's default dtype, others float64."""
    given = dropout_gradient(torch.tensor([1, 0]), 0.5)
    assert isinstance(given, torch.Tensor)
    assert given.dtype == torch.get_default_dtype()
    assert dropout_gradient(np.array([True, False]), 0.5).dtype == np.float64
