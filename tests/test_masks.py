"""Every mask with its probability: against plain enumeration, closed forms and torch."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.stats import binom
from torch import nn

from dropout_explained import (
    expected_gradient,
    mask_distribution,
    mask_moments,
    mean_square_gradient_moments,
    moments,
    output_moments,
)
from dropout_explained.masks import MOST_COINS, weighted_masks

if TYPE_CHECKING:
    from collections.abc import Callable

X = np.array([1.0, -2.0, 3.0, 0.25])


def test_the_probabilities_are_those_of_independent_coins() -> None:
    """Each mask once, with the product of its coins' probabilities, in exact fractions."""
    p = [0.5, 0.25, 0.125]
    (masks, weights), *rest = weighted_masks(p)
    assert not rest
    found = {tuple(mask.astype(int)): weight for mask, weight in zip(masks, weights, strict=True)}
    assert set(found) == set(product((0, 1), repeat=3))
    for mask, weight in found.items():
        coins = zip(mask, map(Fraction, p), strict=True)
        assert Fraction(weight) == math.prod(1 - drop if m else drop for m, drop in coins)


def test_chunks_cover_all_masks_without_overlap() -> None:
    """Fifteen coins need several chunks; their probabilities sum to 1."""
    chunks = list(weighted_masks([0.3] * 15))
    assert len(chunks) > 1
    assert len({mask.tobytes() for masks, _ in chunks for mask in masks}) == 2**15
    assert math.isclose(sum(weights.sum() for _, weights in chunks), 1, rel_tol=1e-13)


@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_moments_over_masks_equal_the_closed_form(p: float) -> None:
    """Mean x and variance x^2 p / q of each output."""
    s = 1 / (1 - p) if p < 1 else 0.0
    law = mask_moments(lambda m: m * X * s, p, n=4)
    closed = moments(p, value=X)
    np.testing.assert_allclose(law.mean, closed.mean, rtol=1e-14)
    np.testing.assert_allclose(law.variance, closed.variance, rtol=1e-13, atol=1e-30)


def test_coins_of_different_probabilities() -> None:
    """Two coins of a loss each: the product of their means is the mean of their product."""
    law = mask_moments(lambda m: m[:, 0] * m[:, 1], [0.2, 0.7])
    assert math.isclose(float(law.mean), 0.8 * 0.3)
    assert math.isclose(float(law.variance), 0.24 * 0.76)


def test_a_large_mean_costs_the_variance_no_digits() -> None:
    """Outputs of a billion that differ by one have the variance of their differences."""
    law = mask_moments(lambda m: 1e9 + m.sum(axis=1), 0.5, n=10)
    assert math.isclose(float(law.variance), 2.5, rel_tol=1e-9)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_second_moments_multiply_layer_by_layer(p: float) -> None:
    """Three layers on two elements, all 64 masks: the mean stays, each layer adds 1 / q."""
    x = np.array([2.0, -3.0])
    law = mask_moments(lambda m: m.reshape(-1, 3, 2).prod(axis=1) * x / (1 - p) ** 3, p, n=6)
    np.testing.assert_allclose(law.mean, x)
    second = law.variance + law.mean**2
    np.testing.assert_allclose(second, x**2 * moments(p).second_moment ** 3)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_the_distribution_of_a_mean_is_binomial(p: float) -> None:
    """Equal values: the mean counts the survivors, and SciPy knows the rest."""
    values, probabilities = mask_distribution(lambda m: m.mean(axis=1) / (1 - p), p, n=16)
    np.testing.assert_allclose(values, np.arange(17) / 16 / (1 - p))
    np.testing.assert_allclose(probabilities, binom.pmf(np.arange(17), 16, 1 - p), rtol=1e-12)


def test_values_that_differ_by_rounding_count_as_one() -> None:
    """0.1 + 0.2 and 0.3 are the same outcome."""
    weights = np.array([0.1, 0.2, 0.3])
    values, probabilities = mask_distribution(lambda m: m @ weights, 0.5, n=3)
    np.testing.assert_allclose(values, [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    np.testing.assert_allclose(probabilities, np.array([1, 1, 1, 2, 1, 1, 1]) / 8)


class Residual(nn.Module):
    """Two kinds of dropout, one called by hand, in place and beside a skip connection."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(3, 3)
        self.drop = nn.Dropout(0.3, inplace=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Drop what a linear layer gives, add the input, and drop by alpha dropout."""
        h = self.drop(self.inner(x)) + x
        return F.alpha_dropout(h, 0.2, training=self.training)


def made(kind: str) -> tuple[nn.Module, torch.Tensor]:
    """Return a small model in double precision, and an input for it."""
    torch.manual_seed(0)
    models: dict[str, tuple[nn.Module, tuple[int, ...]]] = {
        "hidden": (
            nn.Sequential(nn.Linear(3, 7), nn.Tanh(), nn.Dropout(0.5), nn.Linear(7, 2)),
            (3,),
        ),
        "residual": (Residual(), (2, 3)),
        "channels": (nn.Sequential(nn.Dropout2d(0.4), nn.Conv2d(3, 1, 2)), (2, 3, 4, 4)),
        "two": (
            nn.Sequential(nn.Dropout(0.2), nn.Linear(4, 4), nn.ReLU(), nn.Dropout(0.5)),
            (4,),
        ),
    }
    model, shape = models[kind]
    return model.double(), torch.randn(shape, dtype=torch.float64)


def by_hand(kind: str, model: Any, x: torch.Tensor) -> tuple[list[float], Callable[..., Any]]:
    """Return the p of every coin, and the output for a mask, written out layer by layer."""
    if kind == "hidden":
        return [0.5] * 7, lambda m: model[3](model[1](model[0](x)) * m / 0.5)
    if kind == "residual":
        # Alpha dropout sends to -alpha, then scales by a and shifts by a alpha p.
        alpha, p = 1.7580993408473766, 0.2
        a = ((1 - p) * (1 + p * alpha**2)) ** -0.5

        def residual(m: torch.Tensor) -> Any:
            first, second = m.reshape(2, 2, 3)
            h = model.inner(x) * first / 0.7 + x
            return a * (second * h - (1 - second) * alpha) + a * alpha * p

        return [0.3] * 6 + [0.2] * 6, residual
    if kind == "channels":
        return [0.4] * 6, lambda m: model[1](x * m.reshape(2, 3, 1, 1) / 0.6)
    bent = lambda m: torch.relu(model[1](x * m[:4] / 0.8)) * m[4:] / 0.5
    return [0.2] * 4 + [0.5] * 4, bent


def masks_by_hand(p: list[float]) -> list[tuple[torch.Tensor, float]]:
    """Return every mask with its probability, without the package."""
    return [
        (
            torch.tensor(mask, dtype=torch.float64),
            math.prod(1 - drop if kept else drop for kept, drop in zip(mask, p, strict=True)),
        )
        for mask in product((0, 1), repeat=len(p))
    ]


KINDS = ("hidden", "residual", "channels", "two")


@pytest.mark.parametrize("kind", KINDS)
def test_a_models_expected_output_lies_where_torch_averages(kind: str) -> None:
    """Three thousand of torch's own passes, within 5 standard errors in each element."""
    model, x = made(kind)
    law = output_moments(model, x)
    calls = 3_000
    with torch.no_grad():
        runs = torch.stack([model(x) for _ in range(calls)])
    error = (law.variance / calls).sqrt()
    assert ((runs.mean(0) - law.mean).abs() <= 5 * error + 1e-12).all()
    # The standard error of a variance, with the fourth moment of what was observed.
    away = (runs - law.mean) ** 2
    spread = ((away**2).mean(0) - law.variance**2).clamp(min=0).div(calls).sqrt()
    assert ((away.mean(0) - law.variance).abs() <= 5 * spread + 1e-12).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_models_expected_output_by_hand(kind: str) -> None:
    """Masks and layers written out one by one, without the package."""
    model, x = made(kind)
    p, output = by_hand(kind, model, x)
    masks = masks_by_hand(p)
    with torch.no_grad():
        mean = sum((weight * output(mask) for mask, weight in masks), torch.zeros(()))
        variance = sum((weight * (output(mask) - mean) ** 2 for mask, weight in masks), mean * 0)
    law = output_moments(model, x, method="all_masks")
    torch.testing.assert_close(law.mean, mean, rtol=1e-11, atol=1e-13)
    torch.testing.assert_close(law.variance, variance, rtol=1e-10, atol=1e-13)
    assert (law.method, law.exact, law.masks) == ("all_masks", True, 2 ** len(p))
    assert torch.equal(law.standard_deviation, law.variance.sqrt())


def test_after_dropout_what_is_linear_keeps_the_evaluation_output() -> None:
    """A linear head on dropped units: the average is the evaluation output; not so after ReLU."""
    model, x = made("hidden")
    law = output_moments(model, x)
    torch.testing.assert_close(law.mean, model.eval()(x).detach(), rtol=1e-12, atol=0)
    bent, x = made("two")
    law = output_moments(bent, x)
    assert (law.mean - bent.eval()(x).detach()).abs().max() > 1e-3


@pytest.mark.parametrize("kind", KINDS)
def test_the_expected_gradient_is_the_average_of_the_gradients(kind: str) -> None:
    """Autograd on each mask, written out by hand and weighted by its probability."""
    model, x = made(kind)

    def loss(y: torch.Tensor) -> torch.Tensor:
        return y.square().sum()

    ours = expected_gradient(model, x, loss)
    p, output = by_hand(kind, model, x)
    named = dict(model.named_parameters())
    theirs = {name: torch.zeros_like(one) for name, one in named.items()}
    for mask, weight in masks_by_hand(p):
        gradients = torch.autograd.grad(
            loss(output(mask)), list(named.values()), allow_unused=True, materialize_grads=True
        )
        for name, gradient in zip(named, gradients, strict=True):
            theirs[name] += weight * gradient
    assert set(ours) == set(theirs)
    for name, gradient in ours.items():
        torch.testing.assert_close(gradient, theirs[name], rtol=1e-11, atol=1e-13)


def test_the_expected_gradient_of_an_input_layer_has_a_closed_form() -> None:
    """Dropout, then weights of one: the closed form of mean_square_gradient_moments."""
    x = torch.tensor(X)

    class Weighted(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = nn.Parameter(torch.tensor(X))

        def forward(self, ones: torch.Tensor) -> torch.Tensor:
            return F.dropout(self.w * ones, 0.3, self.training)

    gradient = expected_gradient(Weighted(), torch.ones_like(x), lambda y: y.square().mean())["w"]
    np.testing.assert_allclose(gradient.numpy(), mean_square_gradient_moments(X, 0.3).mean)


def test_nothing_of_the_model_or_the_generator_is_moved() -> None:
    """Parameters keep their gradients, the generator its place."""
    model, x = made("hidden")
    before = torch.get_rng_state()
    output_moments(model, x)
    expected_gradient(model, x, torch.sum)
    assert all(one.grad is None for one in model.parameters())
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize(
    ("action", "error", "message"),
    [
        (lambda: mask_moments(lambda m: m, 0.5), ValueError, "n must say how many coins"),
        (lambda: mask_moments(lambda m: m, 0.5, n=21), ValueError, "n must be at most 20.*n = 21"),
        (lambda: mask_moments(lambda m: m, 1.5, n=2), ValueError, r"p must lie in \[0, 1\]"),
        (lambda: mask_moments(lambda m: m, [0.5, 2.0]), ValueError, r"p must lie in \[0, 1\]"),
        (lambda: mask_moments(lambda m: m, [0.5, 0.1], n=3), ValueError, "probabilities in p, 2"),
        (lambda: mask_moments(lambda m: m[:1], 0.5, n=2), ValueError, "one value for each of 4"),
        (lambda: mask_distribution(lambda m: m, 0.5, n=2), ValueError, "one number for each of 4"),
        (
            lambda: expected_gradient(nn.Dropout(), cast("Any", [1.0]), torch.sum),
            TypeError,
            "x must be a torch tensor",
        ),
        (
            lambda: output_moments(cast("Any", 3), torch.ones(2)),
            TypeError,
            "model must be a torch.nn.Module or another callable; got int",
        ),
        (
            lambda: output_moments(lambda x: F.dropout(x).int(), torch.ones(2)),
            TypeError,
            "model must return a floating tensor.*it returns Tensor",
        ),
        (
            lambda: output_moments(nn.Dropout().eval(), torch.ones(2)),
            ValueError,
            "model must have a dropout layer in training mode",
        ),
        (
            lambda: output_moments(nn.Dropout(), torch.ones(MOST_COINS + 1), method="all_masks"),
            ValueError,
            "coins must be at most 20.*coins = 21",
        ),
        (
            lambda: output_moments(nn.Dropout(), torch.ones(2), method="luck"),
            ValueError,
            "method must be one of auto, all_masks, propagation, sampling; got method = 'luck'",
        ),
        (
            lambda: expected_gradient(nn.Dropout(), torch.ones(2), torch.sum),
            ValueError,
            "model must have a parameter that requires a gradient",
        ),
        (
            lambda: output_moments(
                lambda x: F.dropout(x) + torch.randn(2), torch.ones(2), method="all_masks"
            ),
            ValueError,
            "only as coins that keep or drop.*randn at .*test_masks.py:[0-9]+ draws others",
        ),
        (
            lambda: output_moments(
                lambda x: F.dropout(x) if torch.rand(()) < 0.5 else x,
                torch.ones(2),
                method="all_masks",
                seed=1,
            ),
            ValueError,
            "must toss the same coins in every run.*rand at .* decides what else is run",
        ),
    ],
)
def test_what_cannot_be_averaged_is_named(
    action: Callable[[], Any], error: type[Exception], message: str
) -> None:
    """The argument, its value and its range; and nothing is computed."""
    with pytest.raises(error, match=message):
        action()
