"""The family of layers: each output bit for torch's, each moment against all masks."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from dropout_explained import LAYERS, TorchStream, Verification, moments, replay, verify
from dropout_explained.layers import apply_mask
from dropout_explained.streams.memory_layout import element_strides, memory_order

SHAPES = {
    "dropout": [(), (7,), (2, 3, 4)],
    "dropout1d": [(6, 5), (3, 6, 5)],
    "dropout2d": [(4, 6, 5), (3, 6, 5, 4)],
    "dropout3d": [(6, 5, 4, 3), (2, 6, 5, 4, 3)],
    "alpha_dropout": [(), (7,), (2, 3, 4)],
    "feature_alpha_dropout": [(4, 6), (3, 6, 5, 4)],
}


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.filterwarnings("ignore:dropout2d. Received a 3D input:UserWarning")
def test_every_layer_bit_for_bit(layer: str, dtype: torch.dtype) -> None:
    """Batched and not, at the ends of p and between, with the sign of every zero."""
    for shape, p, seed in product(SHAPES[layer], (0.0, 0.3, 0.9, 1.0), range(3)):
        x = torch.randn(shape, generator=torch.Generator().manual_seed(seed)).to(dtype)
        torch.manual_seed(seed)
        expected = getattr(F, layer)(x, p, training=True)
        given_back = replay(x, p, seed, layer=layer)
        assert isinstance(given_back, torch.Tensor)
        assert torch.equal(given_back, expected)
        assert torch.equal(torch.signbit(given_back), torch.signbit(expected))
        if dtype != torch.bfloat16:  # which NumPy does not have
            array = replay(x.numpy(), p, seed, layer=layer)
            assert isinstance(array, np.ndarray)
            assert array.dtype == expected.numpy().dtype
            assert np.array_equal(array, expected.numpy())
            assert np.array_equal(np.signbit(array), np.signbit(expected.numpy()))


def test_thousands_of_random_calls() -> None:
    """Layers, dtypes, layouts, shapes, seeds, p and successive calls together: no mismatch."""
    found = verify(cases=6000, seed=1)
    assert found.first_mismatch is None
    assert found.matches == found.cases == 6000
    assert found.elements > 500_000
    assert f"torch {torch.__version__}" in str(found)


def test_verify_refuses_to_compare_nothing() -> None:
    """No cases would always match."""
    with pytest.raises(ValueError, match="cases must be an integer from 1"):
        verify(cases=0)


def test_a_mismatch_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream that is wrong is caught, counted, and shown by its first call."""
    monkeypatch.setattr(TorchStream, "dropout", lambda _, x, __, **___: x + 1)
    found = verify(cases=50)
    assert found.matches < found.cases
    assert found.first_mismatch is not None
    for word in ("shape", "strides", "p = ", "after seed"):
        assert word in found.first_mismatch
    assert "first mismatch" in str(found)
    assert isinstance(found, Verification)


@given(data=st.data(), ndim=st.integers(0, 5))
def test_memory_order_is_that_of_empty_like(data: st.DataObject, ndim: int) -> None:
    """For any strides, overlapping ones and those of expanded axes among them."""
    shape = data.draw(st.lists(st.integers(1, 4), min_size=ndim, max_size=ndim))
    strides = data.draw(st.lists(st.integers(0, 6), min_size=ndim, max_size=ndim))
    x = torch.zeros(100).as_strided(shape, strides)
    order = memory_order(shape, strides)
    dense = torch.empty_like(x)
    ours = torch.empty([shape[axis] for axis in order]).permute(
        [order.index(axis) for axis in range(ndim)]
    )
    # Where an axis has one element its stride says nothing.
    for axis in range(ndim):
        assert shape[axis] == 1 or dense.stride(axis) == ours.stride(axis)


def test_strides_of_an_array_are_those_of_its_tensor() -> None:
    """Also of a reversed one, which torch can only copy."""
    x = np.ones((3, 4, 5), dtype=np.float32).transpose(2, 0, 1)[::2]
    assert element_strides(x) == torch.from_numpy(x).stride()
    assert element_strides(np.ones(6)[::-1]) == (1,)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("layer", LAYERS)
def test_moments_of_every_layer_by_all_masks(layer: str, p: float) -> None:
    """Mean, variance, second moment and standard error equal the weighted sums."""
    x, q = -1.5, 1 - p
    # One sample and one channel of four values, in as many dimensions as the layer takes.
    shape = {"dropout": (4,), "alpha_dropout": (4,), "dropout3d": (1, 1, 1, 1, 4)}.get(
        layer, (1, 1, 4)
    )
    values = np.full(shape, x)
    drawn = LAYERS[layer].noise_shape(shape)
    weights, outputs = [], []
    for coins in product((0, 1), repeat=math.prod(drawn)):
        mask = np.array(coins, bool).reshape(drawn)
        weights.append(q ** sum(coins) * p ** (len(coins) - sum(coins)))
        outputs.append(np.asarray(apply_mask(LAYERS[layer], values, mask, p)).reshape(-1))
    w, y = np.array(weights), np.array(outputs)
    exact = moments(p, value=x, n=4, layer=layer)
    first = y[:, 0]
    mean = w @ first
    assert math.isclose(exact.mean, mean, rel_tol=1e-12)
    assert math.isclose(exact.variance, w @ (first - mean) ** 2, rel_tol=1e-12)
    assert math.isclose(exact.second_moment, w @ first**2, rel_tol=1e-12)
    error = math.sqrt(w @ (y.mean(1) - mean) ** 2)
    assert math.isclose(exact.standard_error, error, rel_tol=1e-12)
    # The ends are attained means that leave at most 2.5 % on either side.
    means = y.mean(1)
    for end in exact.interval_95:
        assert np.isclose(means, end, rtol=1e-12).any()
    low, high = exact.interval_95
    slack = 1e-9 * abs(high - low)
    assert w[means < low - slack].sum() <= 0.025 + 1e-12
    assert w[means > high + slack].sum() <= 0.025 + 1e-12


@pytest.mark.parametrize("layer", ["dropout2d", "alpha_dropout", "feature_alpha_dropout"])
def test_moments_by_torch(layer: str) -> None:
    """Means of many channels lie within 5 standard errors of the closed form."""
    torch.manual_seed(0)
    calls, p = 20_000, 0.3
    x = torch.full((calls, 1, 2, 2), 0.7, dtype=torch.float64)
    means = getattr(F, layer)(x, p, training=True).mean((1, 2, 3))
    exact = moments(p, value=0.7, n=4, layer=layer)
    assert abs(means.mean().item() - exact.mean) < 5 * exact.standard_error / math.sqrt(calls)


def test_alpha_dropout_keeps_zero_mean_and_unit_variance() -> None:
    """Averaged over inputs of mean 0 and variance 1: the law it was made for."""
    for p in (0.1, 0.5, 0.9):
        values: Any = np.array([-1.0, 1.0])
        exact = moments(p, value=values, layer="alpha_dropout")
        assert math.isclose(exact.mean.mean(), 0, abs_tol=1e-15)
        assert math.isclose(exact.second_moment.mean(), 1, rel_tol=1e-12)
