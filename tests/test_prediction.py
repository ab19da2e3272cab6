"""Propagated moments: against every mask where it is exact, against enumeration and torch where it is not."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.stats import norm
from torch import nn

from dropout_explained import OutputMoments, mask_moments, output_moments

if TYPE_CHECKING:
    from collections.abc import Callable


def propagate(model: nn.Module, x: torch.Tensor) -> OutputMoments:
    """Find the moments of a model's output by propagation."""
    return output_moments(model, x, method="propagation")


class Skip(nn.Module):
    """Branches that part after one dropout layer and meet again."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(3, 3)
        self.first = nn.Dropout(0.3)
        self.second = nn.Dropout(0.4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Add to a dropped-out input its own image, dropped out again."""
        h = self.first(x)
        return torch.add(self.second(self.inner(h)), h) + 1.0


class Twice(nn.Module):
    """Dropout of what dropout left, beside what it left: sources of one unit meet."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Add both."""
        h = F.dropout(x, 0.25)
        return h + F.dropout(h, 0.5, training=True)


def exact_cases() -> dict[str, tuple[nn.Module, torch.Tensor]]:
    """Return models without an activation behind noise, and inputs."""
    torch.manual_seed(0)
    image = torch.randn(1, 1, 3, 3, dtype=torch.float64)
    vector = torch.randn(1, 3, dtype=torch.float64)
    pooled = nn.Sequential(nn.Dropout(0.3), nn.Conv2d(1, 2, 2), nn.AvgPool2d(2), nn.Flatten())
    normed = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5), nn.BatchNorm1d(4).eval())
    norm_layer = cast("nn.BatchNorm1d", normed[2])
    cast("torch.Tensor", norm_layer.running_mean).normal_()
    cast("torch.Tensor", norm_layer.running_var).uniform_(1, 2)
    cases: dict[str, tuple[nn.Module, torch.Tensor]] = {
        "linear": (
            nn.Sequential(nn.Dropout(0.2), nn.Linear(3, 4), nn.Dropout(0.5), nn.Linear(4, 2)),
            vector,
        ),
        "pooled": (nn.Sequential(*pooled, nn.Linear(2, 2)), image),
        "pooled in one dimension": (nn.Sequential(nn.Dropout(0.4), nn.AvgPool1d(2)), image[0]),
        "skip": (Skip(), vector),
        "twice": (Twice(), vector),
        "matrix": (nn.Sequential(nn.Dropout(0.4), nn.Linear(3, 2)), image[0]),
        "batch norm at rest": (normed, vector),
        "relu before": (
            nn.Sequential(nn.Linear(3, 6), nn.ReLU(), nn.Dropout(0.5), nn.Linear(6, 2)),
            vector,
        ),
    }
    return {name: (model.double(), x) for name, (model, x) in cases.items()}


EXACT = (
    "linear",
    "pooled",
    "pooled in one dimension",
    "skip",
    "twice",
    "matrix",
    "batch norm at rest",
    "relu before",
)


@pytest.mark.parametrize("name", EXACT)
def test_without_a_noisy_activation_it_is_exact(name: str) -> None:
    """Mean and standard deviation equal those over all masks."""
    model, x = exact_cases()[name]
    law, ours = output_moments(model, x, method="all_masks"), propagate(model, x)
    assert ours.exact
    assert (ours.method, ours.masks) == ("propagation", None)
    torch.testing.assert_close(ours.mean, law.mean, rtol=1e-12, atol=1e-13)
    deviations = ours.standard_deviation, law.standard_deviation
    torch.testing.assert_close(*deviations, rtol=1e-11, atol=1e-13)


def test_examples_of_a_batch_have_masks_of_their_own() -> None:
    """A batch is predicted as its examples one by one."""
    model, _ = exact_cases()["linear"]
    batch = torch.randn(3, 3, dtype=torch.float64)
    together = propagate(model, batch)
    for i in range(3):
        alone = propagate(model, batch[i : i + 1])
        torch.testing.assert_close(together.mean[i : i + 1], alone.mean)
        torch.testing.assert_close(together.standard_deviation[i : i + 1], alone.standard_deviation)


def test_relu_of_a_normal_variable() -> None:
    """Mean, variance and regression of ReLU, by numerical integration."""
    from dropout_explained.models.activations import activation, relu_moments
    from dropout_explained.models.values import constant

    mean = torch.tensor([[-2.0, -0.3, 0.0, 0.5, 3.0]], dtype=torch.float64)
    deviation = torch.tensor([[0.5, 1.0, 2.0, 0.7, 1.0]], dtype=torch.float64)
    noisy = constant(mean).with_noise(deviation.square())
    value = activation(noisy, torch.relu, relu_moments)
    assert not value.exact
    grid = np.linspace(-12, 12, 480_001)
    weights = norm.pdf(grid) * (grid[1] - grid[0])
    for i, (mu, sigma) in enumerate(zip(mean[0].tolist(), deviation[0].tolist(), strict=True)):
        y = np.maximum(mu + sigma * grid, 0)
        average = weights @ y
        variance = weights @ (y - average) ** 2
        covariance = weights @ (y * sigma * grid)
        assert math.isclose(float(value.mean[0, i]), average, abs_tol=1e-9)
        assert math.isclose(float(value.variance[0, i]), variance, abs_tol=1e-9)
        slope = float(value.own[0].deviation[0, i])  # times the source's own unit variance
        assert math.isclose(slope * sigma, covariance, abs_tol=1e-9)


def deep(width: int) -> nn.Module:
    """Return a network with two noisy activations."""
    layers = [nn.Linear(10, width), nn.ReLU(), nn.Dropout(0.5)]
    layers += [nn.Linear(width, width), nn.ReLU(), nn.Dropout(0.5), nn.Linear(width, 4)]
    return nn.Sequential(*layers).double()


def test_the_normal_approximation_against_enumeration() -> None:
    """Sixteen units are few for a normal sum: the error is a small part of the spread."""
    torch.manual_seed(1)
    head = nn.Sequential(nn.Dropout(0.5), nn.Linear(16, 8), nn.ReLU(), nn.Linear(8, 3)).double()
    x = torch.randn(1, 16, dtype=torch.float64).abs()
    law, ours = output_moments(head, x), propagate(head, x)
    assert law.method == "all_masks"
    assert not ours.exact
    spread = law.standard_deviation
    assert ((ours.mean - law.mean).abs() < 0.03 * spread).all()
    assert ((ours.standard_deviation / spread - 1).abs() < 0.05).all()


def test_auto_propagates_where_there_are_too_many_masks() -> None:
    """Twenty coins are enumerated, twenty-one are not."""
    model = nn.Dropout(0.5)
    by_coins = {n: output_moments(model, torch.ones(1, n)) for n in (20, 21)}
    assert by_coins[20].method == "all_masks"
    assert by_coins[21].method == "propagation"
    torch.testing.assert_close(by_coins[20].variance, torch.ones(1, 20, dtype=torch.float64))
    torch.testing.assert_close(by_coins[21].variance, torch.ones(1, 21, dtype=torch.float64))


def test_the_moments_are_those_of_a_float32_model_in_float64() -> None:
    """Both methods give float64, whatever the model computes in."""
    model = nn.Sequential(nn.Dropout(0.5), nn.Linear(3, 2))
    for method in ("all_masks", "propagation"):
        law = output_moments(model, torch.ones(1, 3), method=method)
        assert law.mean.dtype == law.variance.dtype == torch.float64


def test_the_normal_approximation_improves_with_width() -> None:
    """Against torch's own average: a wide network is predicted more closely than a narrow one."""
    errors = {}
    for width in (8, 256):
        torch.manual_seed(2)
        model, x = deep(width), torch.randn(1, 10, dtype=torch.float64)
        with torch.no_grad():
            runs = model(x.expand(40_000, 10))
        ours = propagate(model, x)
        errors[width] = float((ours.standard_deviation / runs.std(0) - 1).abs().max())
        # At this width the error of the mean is below the resolution of the average.
        if width == 256:
            standard_error = runs.std(0) / math.sqrt(len(runs))
            assert ((ours.mean - runs.mean(0)).abs() < 5 * standard_error).all()
    assert errors[256] < errors[8]


def test_evaluation_mode_has_no_spread() -> None:
    """Nothing drops: the mean is the model's output."""
    torch.manual_seed(3)
    model, x = deep(5).eval(), torch.randn(2, 10, dtype=torch.float64)
    ours = propagate(model, x)
    torch.testing.assert_close(ours.mean, model(x).detach())
    assert not ours.standard_deviation.any()
    assert ours.exact


def test_at_p_one_nothing_is_left() -> None:
    """The output is the bias, without spread."""
    head = nn.Linear(3, 2)
    ours = propagate(nn.Sequential(nn.Dropout(1.0), head), torch.ones(1, 3))
    torch.testing.assert_close(ours.mean, head.bias.detach()[None].double())
    assert not ours.standard_deviation.any()


def test_a_linear_unit_has_the_variance_of_its_terms() -> None:
    """Namely p / q times the sum of w^2 x^2, by the closed form and by all masks."""
    w, x = np.array([1.0, -2.0, 0.5]), np.array([3.0, 1.0, -1.0])
    unit = nn.Linear(3, 1, bias=False).double()
    unit.weight.data = torch.tensor(w)[None]
    ours = propagate(nn.Sequential(nn.Dropout(0.3), unit), torch.tensor(x)[None])
    law = mask_moments(lambda m: (m * x) @ w / 0.7, 0.3, n=3)
    assert math.isclose(float(ours.standard_deviation) ** 2, 0.3 / 0.7 * ((w * x) ** 2).sum())
    assert math.isclose(float(law.variance), 0.3 / 0.7 * ((w * x) ** 2).sum())


class Branching(nn.Module):
    """A model whose path depends on its input."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the input or its negative."""
        return x if x.sum() > 0 else -x


@pytest.mark.parametrize(
    ("action", "error", "message"),
    [
        (
            lambda: propagate(
                nn.Sequential(nn.LayerNorm(2), nn.Dropout(), nn.LayerNorm(2), nn.Softmax(1)),
                torch.ones(1, 2),
            ),
            ValueError,
            r"it also has LayerNorm \(_2\), Softmax \(_3\)",
        ),
        (lambda: propagate(Branching(), torch.ones(1, 2)), ValueError, "traceable by torch.fx"),
        (lambda: propagate(nn.ReLU(), torch.ones(3)), ValueError, r"shape \(N, ...\).*got \(3,\)"),
        (lambda: propagate(nn.ReLU(), torch.ones(1, 3).int()), TypeError, "must return a floating tensor"),
        (lambda: output_moments(sum, [1.0], method="propagation"), TypeError, "must be torch tensors.*got list"),
        (lambda: output_moments(nn.ReLU(), method="propagation", input=torch.ones(1, 1)), ValueError, "by place.*got input by name"),
    ],
)  # fmt: skip
def test_what_cannot_be_predicted_is_named(
    action: Callable[[], Any], error: type[Exception], message: str
) -> None:
    """The layers, or the argument and what it should be."""
    with pytest.raises(error, match=message):
        action()
