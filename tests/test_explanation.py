"""explain(): against torch bit for bit, and against its own definition."""

from __future__ import annotations

import math
from itertools import product
from typing import Any, Literal

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from dropout_explained import Explanation, explain

PROBABILITIES = st.one_of(
    st.floats(0, 1), st.sampled_from([0.0, 1.0, 0.5, 1e-17, 1 - 2**-53, 5e-324])
)
SEEDS = st.one_of(
    st.integers(-(2**63), 2**64 - 1),
    st.sampled_from([0, -1, -(2**63), 2**64 - 1, 2**32]),
)
DTYPES: dict[str, Literal[16, 32, 64]] = {"float16": 16, "float32": 32, "float64": 64}
SHAPES = hnp.array_shapes(min_dims=0, max_dims=4, max_side=5)


@st.composite
def arrays(draw: st.DrawFn, *, finite: bool = False) -> np.ndarray[Any, Any]:
    """Draw an array of any floating dtype, shape and memory order."""
    dtype = draw(st.sampled_from(list(DTYPES)))
    elements = st.floats(
        width=DTYPES[dtype],
        allow_nan=not finite,
        allow_infinity=not finite,
    )
    x = draw(hnp.arrays(dtype, draw(SHAPES), elements=elements))
    x = x.transpose(draw(st.permutations(range(x.ndim))))
    steps = tuple(slice(None, None, draw(st.sampled_from([1, 2]))) for _ in range(x.ndim))
    return x[steps] if x.ndim else x


def torch_dropout(x: torch.Tensor, p: float, seed: int) -> torch.Tensor:
    """Return what torch gives after seeding; p = 0 returns x itself."""
    torch.manual_seed(seed)
    return F.dropout(x, p)


def same_bits(a: Any, b: Any) -> bool:
    """Compare bit for bit, but for the payload of a NaN, which no one promises."""
    a, b = np.asarray(a), np.asarray(b)
    same = (a == b) & (np.signbit(a) == np.signbit(b)) | (np.isnan(a) & np.isnan(b))
    return a.dtype == b.dtype and a.shape == b.shape and bool(same.all())


@given(x=arrays(), p=PROBABILITIES, seed=SEEDS)
def test_an_array_gets_the_output_of_torch_bit_for_bit(
    x: np.ndarray[Any, Any], p: float, seed: int
) -> None:
    """Whatever dtype, shape, memory order, p and seed, zeros have torch's sign."""
    told = explain(x, p, seed=seed)
    expected = torch_dropout(torch.from_numpy(x), p, seed)
    assert same_bits(told.output, expected.numpy())


@given(x=arrays(), p=PROBABILITIES, seed=SEEDS)
def test_a_tensor_gets_the_output_of_torch_bit_for_bit(
    x: np.ndarray[Any, Any], p: float, seed: int
) -> None:
    """A tensor goes in, a tensor of the same dtype comes out."""
    tensor = torch.from_numpy(x)
    told = explain(tensor, p, seed=seed)
    assert isinstance(told.output, torch.Tensor)
    assert same_bits(told.output.numpy(), torch_dropout(tensor, p, seed).numpy())


@pytest.mark.parametrize("p", [0.1, 0.3, 0.5, 0.9, 0.99999])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_every_dtype_of_torch(dtype: torch.dtype, p: float) -> None:
    """Half types round the scale as torch does, and overflow as torch does."""
    x = torch.randn(1000, generator=torch.Generator().manual_seed(1)).to(dtype)
    told = explain(x, p, seed=3)
    assert isinstance(told.output, torch.Tensor)
    assert told.output.dtype == dtype
    assert torch.equal(told.output, torch_dropout(x, p, 3))


@given(x=arrays(finite=True), p=PROBABILITIES, seed=SEEDS)
def test_output_is_zero_or_scaled(x: np.ndarray[Any, Any], p: float, seed: int) -> None:
    """Each output is 0 where dropped, and x times the scale where kept."""
    told = explain(x, p, seed=seed)
    assert told.output.shape == x.shape == told.mask.shape
    assert told.output.dtype == x.dtype
    assert (told.output[~told.mask] == 0).all()
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = x * x.dtype.type(told.scale)
    assert np.array_equal(told.output[told.mask], scaled[told.mask], equal_nan=True)
    if 0 < p < 1 and x.dtype == np.float64:
        assert told.scale == 1 / (1 - p)


@given(
    x=hnp.arrays("float64", SHAPES, elements=st.floats(-1e6, 1e6)),
    p=PROBABILITIES,
    seed=SEEDS,
)
def test_gradient_is_that_of_autograd(x: np.ndarray[Any, Any], p: float, seed: int) -> None:
    """In float64, for a loss whose gradient differs from element to element."""
    weights = torch.arange(1.0, x.size + 1, dtype=torch.float64).reshape(x.shape)
    leaf = torch.tensor(x, requires_grad=True)
    (torch_dropout(leaf, p, seed) * weights).sum().backward()
    assert leaf.grad is not None
    told = explain(x, p, seed=seed)
    assert same_bits(told.gradient(weights.numpy()), leaf.grad.numpy())


def test_reference_value() -> None:
    """Seed 0, [1, 2, 3, 4], p = 0.5 is the example that every page uses."""
    told = explain([1, 2, 3, 4], p=0.5, seed=0)
    assert told.output.tolist() == [0, 0, 6, 0]
    assert told.mask.tolist() == [False, False, True, False]
    assert told.scale == 2
    assert told.gradient().tolist() == [0, 0, 2, 0]


def test_statistics_against_all_masks() -> None:
    """Expectation, deviation and standard error equal the sums over all 16 masks."""
    x, p = np.array([1.0, -2.0, 3.0, 0.5]), 0.3
    weights, outputs = [], []
    for mask in product((0, 1), repeat=4):
        told = explain(x, p, mask=mask)
        weights.append((1 - p) ** sum(mask) * p ** (4 - sum(mask)))
        outputs.append(told.output)
    w, y = np.array(weights), np.array(outputs)
    mean = w @ y
    np.testing.assert_allclose(told.expected_output, mean, rtol=1e-14)
    np.testing.assert_allclose(told.standard_deviation**2, w @ (y - mean) ** 2, rtol=1e-13)
    error = math.sqrt(w @ (y.mean(1) - mean.mean()) ** 2)
    assert math.isclose(told.standard_error, error, rel_tol=1e-13)
    assert math.isclose(told.mean_input, x.mean())


def test_evaluation_is_the_identity() -> None:
    """Nothing is drawn, nothing is scaled, every gradient passes."""
    told = explain([1.0, math.inf, math.nan], p=0.9, training=False)
    assert np.array_equal(told.output, told.input, equal_nan=True)
    assert told.scale == 1
    assert told.seed is None
    assert told.mask.all()
    assert told.gradient().tolist() == [1, 1, 1]
    assert explain([2.0], training=False, seed=4).standard_error == 0


def test_p_one_gives_zeros_and_zero_gradient() -> None:
    """The quotient 1/(1 - p) does not exist; torch multiplies by 0."""
    told = explain([1.0, -2.0], p=1, seed=0)
    assert told.output.tolist() == [0, 0]
    assert told.gradient().tolist() == [0, 0]
    assert told.expected_output.tolist() == [0, 0]
    assert told.standard_error == 0
    assert told.scale == 0


def test_dropped_infinity_is_nan() -> None:
    """0 times infinity is NaN in torch and here, and so is the expectation."""
    told = explain([math.inf, 1.0], p=0.5, mask=[0, 1])
    assert math.isnan(told.output[0])
    assert math.isnan(told.expected_output[0])
    assert told.expected_output[1] == 1
    y = F.dropout(torch.tensor([math.inf]), p=1.0)
    assert math.isnan(y.item())
    assert math.isnan(explain([math.inf], p=1.0).output[0])


def test_without_a_seed_one_is_drawn_and_told() -> None:
    """Repeating the call with the told seed repeats the mask."""
    x = np.ones(100)
    told = explain(x)
    assert told.seed is not None
    assert np.array_equal(explain(x, seed=told.seed).mask, told.mask)
    assert not np.array_equal(explain(x).mask, told.mask)
    assert explain([1.0], p=0).seed is None


def test_torch_keeps_its_own_random_state() -> None:
    """Explaining a tensor must not change what the caller's program draws next."""
    torch.manual_seed(5)
    before = torch.get_rng_state()
    explain(torch.ones(10), seed=1)
    assert torch.equal(torch.get_rng_state(), before)


def test_arguments_are_copied() -> None:
    """Changing x afterwards does not change the explanation."""
    for x in (np.ones(3), torch.ones(3)):
        told = explain(x, mask=[1, 1, 1])
        x[0] = 7
        assert told.input[0] == 1


def test_a_tensor_that_requires_grad_is_explained_without_its_graph() -> None:
    """The graph of the caller is neither needed nor extended."""
    told = explain(torch.ones(3, requires_grad=True), seed=0)
    assert isinstance(told.input, torch.Tensor)
    assert not told.input.requires_grad


def test_kind_of_array_follows_the_input() -> None:
    """Tensors give tensors, everything else arrays; a list counts as float32."""
    for name in ("input", "mask", "output", "expected_output", "standard_deviation"):
        assert isinstance(getattr(explain(torch.ones(2), seed=0), name), torch.Tensor)
        assert isinstance(getattr(explain([1, 2], seed=0), name), np.ndarray)
    assert explain([1, 2], seed=0).output.dtype == np.float32
    assert explain(torch.ones(2), mask=np.array([1, 0])).mask.tolist() == [True, False]
    assert explain(np.ones(2), mask=torch.tensor([1, 0])).mask.tolist() == [True, False]
    assert explain(3.0, p=0, seed=0).output.shape == ()
    assert explain(np.ones(2, dtype=">f4"), seed=0).output.dtype == np.float32


def test_repr_is_one_line() -> None:
    """The table is for print(); a repr stays short in a debugger."""
    told = explain([1, 2, 3, 4], seed=0)
    assert repr(told) == "Explanation(shape=(4,), p=0.5, seed=0, kept=1 of 4)"
    assert isinstance(told, Explanation)
