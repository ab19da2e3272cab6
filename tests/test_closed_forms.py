"""moments(): against symbols, against all masks, against torch with its standard error."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
import sympy
import torch
import torch.nn.functional as F
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.stats import binom

from dropout_explained import Moments, moments


def test_moments_are_those_of_a_bernoulli_variable_by_symbols() -> None:
    """Mean, second moment and variance, averaged over the two masks by sympy."""
    x, p, n = sympy.symbols("x p n", positive=True)
    q = 1 - p
    outcomes = ((sympy.Integer(0), p), (x / q, q))
    mean = sum(y * weight for y, weight in outcomes)
    second = sum(y**2 * weight for y, weight in outcomes)
    variance = second - mean**2
    assert sympy.simplify(mean - x) == 0
    assert sympy.simplify(second - x**2 / q) == 0
    assert sympy.simplify(variance - x**2 * p / q) == 0
    # What the derivation found, as functions: the implementation agrees at some points.
    laws = {
        "mean": mean,
        "second_moment": second,
        "variance": variance,
        "standard_error": sympy.sqrt(variance / n),
    }
    for name, law in laws.items():
        function = sympy.lambdify((x, p, n), law, "math")
        for at in ((1.0, 0.5, 1), (7 / 3, 0.3, 10), (1e-9, 0.99, 3), (250.0, 1e-6, 10**6)):
            value, drop, count = at
            exact = getattr(moments(drop, value=value, n=count), name)
            # q = 1 - p rounds, and near p = 1 the rounding of q is a larger part of it.
            assert math.isclose(exact, function(*at), rel_tol=1e-9), (name, at)


@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 0.9])
@pytest.mark.parametrize("n", [1, 4, 9])
def test_the_mean_of_n_by_all_masks(n: int, p: float) -> None:
    """Standard error and interval follow from the 2^n masks with their weights."""
    q, x = 1 - p, -1.5
    weight = dict.fromkeys(range(n + 1), 0.0)
    for mask in product((0, 1), repeat=n):
        weight[sum(mask)] += q ** sum(mask) * p ** (n - sum(mask))
    means = {k: x * k / (n * q) for k in weight}
    variance = sum(w * (means[k] - x) ** 2 for k, w in weight.items())
    exact = moments(p, value=x, n=n)
    assert math.isclose(exact.standard_error, math.sqrt(variance), rel_tol=1e-12)

    below = np.cumsum([weight[k] for k in range(n + 1)])
    fewest, most = (int(np.argmax(below >= level - 1e-12)) for level in (0.025, 0.975))
    low, high = exact.interval_95
    assert low <= high
    assert math.isclose(low, means[most], rel_tol=1e-12)
    assert math.isclose(high, means[fewest], rel_tol=1e-12)


@given(p=st.floats(0, 1), n=st.integers(1, 2**51))
@example(p=0.025, n=1)
@example(p=0.975, n=1)
@example(p=5e-324, n=2**51)
def test_the_interval_is_that_of_the_binomial_distribution(p: float, n: int) -> None:
    """Its ends are the quantiles that SciPy's distribution has."""
    q = 1 - p
    most, fewest = (binom.ppf(level, n, q) for level in (0.975, 0.025))
    jump = 1 / q if p < 1 else 0.0
    assert moments(p, n=n).interval_95 == (jump * (fewest / n), jump * (most / n))


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_the_mean_of_n_by_torch(p: float) -> None:
    """Observed mean and variance of means lie within 5 standard errors of the law."""
    torch.manual_seed(0)
    n, runs = 1000, 4000
    means = F.dropout(torch.ones(runs, n), p).double().mean(1)
    exact = moments(p, n=n)
    assert abs(means.mean().item() - exact.mean) < 5 * exact.standard_error / math.sqrt(runs)
    # Variance of a sample variance: sigma^4 (2 / (N - 1) + excess kurtosis / N).
    excess = (1 - 6 * p * (1 - p)) / (n * p * (1 - p))
    error = exact.standard_error**2 * math.sqrt(2 / (runs - 1) + excess / runs)
    assert abs(means.var().item() - exact.standard_error**2) < 5 * error


@given(p=st.floats(0, 1), x=st.floats(-1e100, 1e100), n=st.integers(1, 10**9))
def test_invariants(p: float, x: float, n: int) -> None:
    """The relations between moments hold over the whole range."""
    exact = moments(p, value=x, n=n)
    assert exact.mean == (x if p < 1 else 0)
    assert exact.variance >= 0
    assert math.isclose(exact.second_moment, exact.variance + exact.mean**2, rel_tol=1e-9)
    deviation = math.sqrt(exact.variance)
    if p == 0 or deviation > 1e-150:  # below, the variance underflows
        assert math.isclose(exact.standard_error, deviation / math.sqrt(n), rel_tol=1e-9)
    low, high = exact.interval_95
    assert low <= high
    if p in (0, 1):
        assert low == high == exact.mean


def test_arrays_are_taken_element_by_element() -> None:
    """An array of values gives arrays of moments of its shape."""
    values = np.array([[1.0, -2.0], [0.0, 4.0]])
    exact = moments(0.3, value=values, n=7)
    for i, j in product(range(2), repeat=2):
        single = moments(0.3, value=values[i, j], n=7)
        for name in ("value", "mean", "variance", "second_moment", "standard_error"):
            assert getattr(exact, name)[i, j] == getattr(single, name)
        assert tuple(end[i, j] for end in exact.interval_95) == single.interval_95
    tensor = torch.tensor([1.0, 2.0], requires_grad=True)
    assert moments(0.5, value=tensor).variance.tolist() == [1, 4]
    assert isinstance(moments(0.5, value=[1, 2]), Moments)


def test_figures_of_the_article() -> None:
    """The article's thousand ones: what "close to 1" means at p = 0.9 and at 0.1."""
    assert math.isclose(moments(0.9, n=1000).standard_error, math.sqrt(0.009))
    low, high = moments(0.9, n=1000).interval_95
    assert (round(low, 2), round(high, 2)) == (0.82, 1.19)


@pytest.mark.parametrize("p", [0.001, 0.1, 0.25, 0.5, 0.9])
@pytest.mark.parametrize("n", [2**51, 2**51 + 1, 2**52, 2**53])
def test_the_interval_of_very_many_is_there(n: int, p: float) -> None:
    """Up to the largest n that is taken it is that of a normal variable, to a millionth of its width."""
    exact = moments(p, n=n)
    low, high = exact.interval_95
    width = 2 * 1.959963984540054 * exact.standard_error
    assert high - low == pytest.approx(width, rel=1e-6)
    assert low < exact.mean < high
