"""Propagated moments: against every mask where it is exact, against enumeration and torch where it is not."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.stats import norm
from torch import nn

from dropout_explained import OutputMoments, mask_moments, output_moments
from dropout_explained.models.activations import by_quadrature, leaky_relu_moments

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


class Shapes(nn.Module):
    """Branches that are cut, turned, joined, shifted and weighed, and meet again."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return one row of all of them."""
        h = F.dropout(x, 0.3)
        n, length, width = h.shape
        turned = h.transpose(1, 2).reshape(n, length * width)
        cut = h[:, 0] - 2 * x[:, 1]
        weighed = torch.cat([turned, cut * torch.arange(1.0, width + 1)], dim=1) / 4
        stacked = torch.stack([weighed, 1 - weighed, -weighed], dim=1).mean(1)
        matrix = torch.linspace(-1, 1, 2 * stacked.size(1), dtype=x.dtype)
        return (stacked + weighed) @ matrix.view(-1, 2) + h.sum((1, 2)).unsqueeze(1)


class Functions(nn.Module):
    """Dropout functions of every kind, with the module's mode and without."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Drop channels, then elements with a shift, then rows."""
        x = F.dropout2d(x, 0.4, self.training)
        x = F.alpha_dropout(x.flatten(2), 0.2, self.training)
        x = F.feature_alpha_dropout(x, 0.3, training=True)
        return F.dropout1d(x, 0.25, inplace=False).sum(2)


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
        "shapes": (Shapes(), torch.randn(1, 2, 3, dtype=torch.float64)),
        "functions": (Functions(), torch.randn(1, 2, 2, 1, dtype=torch.float64)),
        "channels after channels": (
            nn.Sequential(
                nn.Dropout2d(0.3), nn.Conv2d(2, 3, 2), nn.Dropout2d(0.4), nn.Flatten(),
                nn.Dropout(0.2), nn.Linear(12, 2),
            ),
            torch.randn(1, 2, 3, 3, dtype=torch.float64),
        ),
        "wide channels": (
            nn.Sequential(nn.Dropout3d(0.5), nn.Upsample(scale_factor=2), nn.AvgPool3d(2)),
            torch.randn(1, 3, 2, 2, 2, dtype=torch.float64),
        ),
        "more sources than units": (
            nn.Sequential(
                nn.Dropout(0.5), nn.Linear(6, 4), nn.Unflatten(1, (2, 2)), nn.Dropout1d(0.3),
                nn.FeatureAlphaDropout(0.2), nn.Flatten(),
            ),
            torch.randn(1, 6, dtype=torch.float64),
        ),
        "alpha": (
            nn.Sequential(nn.Linear(3, 4), nn.AlphaDropout(0.3), nn.Linear(4, 2)),
            vector,
        ),
        "tokens": (
            nn.Sequential(nn.Embedding(5, 3), nn.LayerNorm(3), nn.Dropout(0.2), nn.Linear(3, 2)),
            torch.tensor([[1, 4, 2]]),
        ),
        "relu before": (
            nn.Sequential(nn.Linear(3, 6), nn.ReLU(), nn.Dropout(0.5), nn.Linear(6, 2)),
            vector,
        ),
    }  # fmt: skip
    return {name: (model.double(), x) for name, (model, x) in cases.items()}


EXACT = (
    "linear", "pooled", "pooled in one dimension", "skip", "twice", "matrix", "batch norm at rest",
    "shapes", "functions", "channels after channels", "wide channels", "more sources than units",
    "alpha", "tokens", "relu before",
)  # fmt: skip


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


SMOOTH: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "gelu": F.gelu,
    "gelu by tanh": lambda x: F.gelu(x, approximate="tanh"),
    "silu": F.silu,
    "softplus": F.softplus,
    "logsigmoid": F.logsigmoid,
    "mish": F.mish,
    "tanhshrink": F.tanhshrink,
    "erf": torch.erf,
    "exp": torch.exp,
    "sin": torch.sin,
    "cos": torch.cos,
    "square": torch.square,
}


@pytest.mark.parametrize("name", [*SMOOTH, "leaky relu"])
def test_activations_of_a_normal_variable(name: str) -> None:
    """Mean, variance and slope of each, by numerical integration on a fine grid."""
    leaky = partial(F.leaky_relu, negative_slope=0.1)
    function = SMOOTH.get(name, leaky)
    mean = torch.tensor([-2.0, -0.3, 0.0, 0.5, 3.0], dtype=torch.float64)
    sigma = torch.tensor([0.5, 1.0, 1.5, 0.7, 1.0], dtype=torch.float64)
    if name == "leaky relu":
        told = leaky_relu_moments(mean, sigma, 0.1)
    else:
        told = by_quadrature(function, mean, sigma)
    grid = torch.linspace(-12, 12, 240_001, dtype=torch.float64)
    weights = torch.from_numpy(norm.pdf(grid.numpy())) * (grid[1] - grid[0])
    for i in range(len(mean)):
        y = function(mean[i] + sigma[i] * grid)
        average = weights @ y
        wanted = (average, weights @ (y - average) ** 2, weights @ (y * grid) / sigma[i])
        for ours, theirs in zip(told, wanted, strict=True):
            torch.testing.assert_close(ours[i], theirs, rtol=1e-6, atol=1e-6)


def behind_noise(function: Any, width: int = 10) -> nn.Module:
    """Return a model in which a function sees dropout."""

    class Behind(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.mix, self.head = nn.Linear(width, 6), nn.Linear(6, 3)
            self.act = function

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            hidden = self.mix(F.dropout(x, 0.5))
            return cast("torch.Tensor", self.head(self.act(hidden)))

    return Behind().double()


@pytest.mark.parametrize("name", SMOOTH)
def test_smooth_functions_behind_noise_against_all_masks(name: str) -> None:
    """Ten coins make no normal sum, and still the error is a small part of the spread.

    Of eleven networks of each kind the largest errors were 0.09 of the deviation in the mean
    (erf), and a third of it in the deviation (exp); wide layers come closer.
    """
    torch.manual_seed(3)
    model = behind_noise(SMOOTH[name])
    x = torch.randn(1, 10, dtype=torch.float64)
    law, ours = output_moments(model, x), propagate(model, x)
    assert law.method == "all_masks"
    assert not ours.exact
    assert ((ours.mean - law.mean).abs() < 0.15 * law.standard_deviation).all()
    assert ((ours.standard_deviation / law.standard_deviation - 1).abs() < 0.4).all()


def test_layers_and_functions_of_one_name_are_one_rule() -> None:
    """Every smooth layer, and its function and method, give the same moments."""
    torch.manual_seed(0)
    x = torch.randn(1, 10, dtype=torch.float64)
    named = {
        "tanh": (nn.Tanh(), torch.tanh, F.tanh, lambda h: h.tanh()),
        "sigmoid": (nn.Sigmoid(), torch.sigmoid, F.sigmoid, lambda h: h.sigmoid()),
        "gelu": (nn.GELU("tanh"), lambda h: F.gelu(h, approximate="tanh")),
        "silu": (nn.SiLU(), F.silu),
        "softplus": (nn.Softplus(2.0), lambda h: F.softplus(h, 2.0)),
        "leaky relu": (nn.LeakyReLU(0.2), lambda h: F.leaky_relu(h, 0.2)),
        "relu": (nn.ReLU(), F.relu, torch.relu, lambda h: h.relu()),
    }
    for forms in named.values():
        laws = []
        for form in forms:
            torch.manual_seed(1)
            laws.append(propagate(behind_noise(form), x))
        for law in laws[1:]:
            assert torch.equal(law.variance, laws[0].variance)


def test_a_value_that_is_too_large_is_refused_and_sampled() -> None:
    """Sources for every unit in every unit do not fit: auto samples instead."""
    model = nn.Sequential(nn.Dropout(0.5), nn.Conv2d(1, 1, 3, padding=1), nn.ReLU(), nn.Flatten())
    x = torch.randn(1, 1, 160, 160)
    with pytest.raises(ValueError, match="25600 sources of noise in 25600 units"):
        propagate(model, x)
    assert output_moments(model, x).method == "sampling"


def test_modules_that_have_no_parent_are_followed() -> None:
    """Those that a function closes over, and those in a plain list; the model keeps its parts."""
    head, drop = nn.Linear(3, 2).double(), nn.Dropout(0.5)
    x = torch.randn(1, 3, dtype=torch.float64)

    class Unregistered(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.parts = [drop, head]

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return cast("torch.Tensor", self.parts[1](self.parts[0](x)) + 1)

    listed = Unregistered()
    for model in (lambda one: head(drop(one)) + 1, listed):
        law, ours = (output_moments(model, x, method=m) for m in ("all_masks", "propagation"))
        torch.testing.assert_close(law.variance, ours.variance)
    assert not list(listed.children())


class Reached(nn.Module):
    """Parameters that are used by hand, sums that grow, products from both sides."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.arange(1.0, 4.0))
        self.left = nn.Parameter(torch.randn(2, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Drop, and use them."""
        h = F.dropout(x, 0.5) * self.weight
        return self.left @ h + torch.ones(3, 2, 3, dtype=x.dtype)


def test_parameters_and_shapes_that_grow() -> None:
    """As over all masks."""
    model, x = Reached().double(), torch.randn(1, 3, dtype=torch.float64)
    law, ours = output_moments(model, x), propagate(model, x)
    assert ours.mean.shape == (3, 2, 3)
    torch.testing.assert_close(ours.variance, law.variance)


def test_a_layer_without_noise_changes_no_variance() -> None:
    """A p of 0 in training, and a layer at rest behind noise."""
    quiet = nn.Sequential(nn.Dropout(0.0), nn.ReLU(), nn.Linear(3, 2))
    law = propagate(quiet, torch.ones(1, 3))
    assert law.exact
    assert not law.variance.any()
    both = propagate(cast("nn.Module", lambda one: quiet[0](one) + quiet[0](one)), torch.ones(1, 3))
    assert not both.variance.any()
    resting = nn.Sequential(nn.Dropout(0.5), nn.Dropout(0.5).eval())
    torch.testing.assert_close(
        propagate(resting, torch.ones(1, 3)).variance, torch.ones(1, 3).double()
    )


def test_two_inputs_are_split_together() -> None:
    """Each example of one goes with that of the other."""

    class Two(nn.Module):
        def forward(self, a: torch.Tensor, b: torch.Tensor) -> dict[str, torch.Tensor]:
            return {"sum": F.dropout(a, 0.5) + 2 * F.dropout(b, 0.25)}

    a, b = torch.randn(3, 2), torch.randn(3, 2)
    law = output_moments(Two(), a, b, method="propagation")
    torch.testing.assert_close(law.mean["sum"], (a + 2 * b).double())
    torch.testing.assert_close(law.variance["sum"], (a.square() + 4 * b.square() / 3).double())
    with pytest.raises(ValueError, match="the same N > 0"):
        output_moments(Two(), a, b[:1], method="propagation")


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


def test_functions_follow_the_mode_that_they_are_given() -> None:
    """Behind noise, one that is told not to train adds none."""
    x = torch.ones(1, 3)
    quiet = propagate(cast("nn.Module", lambda one: F.dropout(one, 0.5, training=False)), x)
    assert not quiet.standard_deviation.any()

    def behind(one: torch.Tensor) -> torch.Tensor:
        return F.dropout(F.dropout(one, 0.5), 0.5, False) + F.alpha_dropout(one, 0.5)

    loud = propagate(cast("nn.Module", behind), x)
    torch.testing.assert_close(loud.variance, torch.ones(1, 3).double())


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


class Squared(nn.Module):
    """A product of two noisy values."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the square of what dropout leaves."""
        h = F.dropout(x, 0.5)
        return h * h


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
        (lambda: propagate(nn.Sequential(nn.Dropout(), nn.MaxPool1d(2)), torch.ones(1, 1, 4)), ValueError, r"it also has MaxPool1d \(_1\)"),
        (lambda: propagate(Squared(), torch.ones(1, 2)), ValueError, "must not multiply or divide one noisy value by another.*mul does"),
        (lambda: propagate(nn.LSTM(2, 2, 2, dropout=0.5), torch.ones(1, 3, 2)), ValueError, "it also draws by lstm"),
        (lambda: propagate(nn.Sequential(nn.Dropout(), nn.BatchNorm1d(2, track_running_stats=False).eval()), torch.ones(3, 2)), ValueError, r"it also has BatchNorm1d \(_1\)"),
        (lambda: propagate(nn.Sequential(nn.Dropout(), nn.BatchNorm1d(2, track_running_stats=False)), torch.ones(3, 2)), ValueError, r"it also has BatchNorm1d \(_1\)"),
        (lambda: propagate(cast("Any", lambda x: cast("Any", torch.cat)([F.dropout(x)], axis=1)), torch.ones(1, 2)), ValueError, "must call cat with arguments that its rule knows"),
        (lambda: propagate(cast("Any", lambda x: F.dropout(x).sum()), torch.ones(2, 2)), ValueError, r"must return the shape \(N, ...\)"),
        (lambda: output_moments(lambda: F.dropout(torch.ones(2)), method="propagation"), ValueError, "inputs must hold a tensor"),
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


@pytest.mark.parametrize("drawn", ["randint", "randint_like", "with its least"])
def test_whole_numbers_of_two_are_coins(drawn: str) -> None:
    """Numbers that are 0 or 1 toss coins; of a sum of x m they give x / 2, and x squared / 4."""
    x = torch.tensor([[1.0, 2.0, 3.0, 4.0]])
    draws = {
        "randint": lambda: torch.randint(2, x.shape),
        "randint_like": lambda: torch.randint_like(x, 2),
        "with its least": lambda: torch.randint(0, 2, x.shape),
    }
    moments = output_moments(lambda x: (x * draws[drawn]()).sum(1), x, method="all_masks")
    assert moments.mean.item() == x.sum().item() / 2
    assert moments.variance.item() == pytest.approx(x.square().sum().item() / 4, rel=1e-12)
