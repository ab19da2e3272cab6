"""Bad input: one clear error that names the argument, the value and the allowed range."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from dropout_explained import (
    dropout_gradient,
    explain,
    figures,
    mean_square_gradient,
    mean_square_gradient_moments,
    moments,
    replay_mask,
)
from dropout_explained.arguments import BadArgument, BadArgumentType

X = [1.0, 2.0]
NAN = float("nan")

REFUSED = [
    ({"p": 1.5}, ValueError, ["p", "1.5", "[0, 1]"]),
    ({"p": -0.1}, ValueError, ["p", "-0.1", "[0, 1]"]),
    ({"p": NAN}, ValueError, ["p", "nan", "[0, 1]"]),
    ({"p": "half"}, TypeError, ["p", "'half'", "[0, 1]"]),
    ({"p": True}, TypeError, ["p", "True", "[0, 1]"]),
    ({"p": None}, TypeError, ["p", "None", "[0, 1]"]),
    ({"p": [0.1, 0.2]}, TypeError, ["p", "[0.1, 0.2]", "[0, 1]"]),
    ({"x": []}, ValueError, ["x", "at least one value", "(0,)"]),
    ({"x": torch.ones(2, 0)}, ValueError, ["x", "at least one value", "(2, 0)"]),
    (
        {"x": [[1.0, 2.0], [3.0]]},
        ValueError,
        ["x", "rectangular", "[[1.0, 2.0], [3.0]]"],
    ),
    ({"x": np.arange(3)}, TypeError, ["x", "int64", "float32"]),
    ({"x": torch.arange(3)}, TypeError, ["x", "torch.int64", "float32"]),
    ({"x": torch.ones(2, dtype=torch.complex64)}, TypeError, ["x", "complex64"]),
    ({"x": torch.ones(2).to_sparse()}, TypeError, ["x", "dense", "sparse"]),
    ({"x": torch.ones(2, device="meta")}, TypeError, ["x", "meta"]),
    (
        {"x": np.ones(2, dtype=np.longdouble)},
        TypeError,
        ["x", "longdouble|float128|float64"],
    ),
    ({"x": [True, False]}, TypeError, ["x", "bool"]),
    ({"x": ["a", "b"]}, TypeError, ["x", "real numbers", "['a', 'b']"]),
    ({"x": "1 2"}, TypeError, ["x", "real numbers"]),
    ({"x": None}, TypeError, ["x", "real numbers", "None"]),
    ({"x": [1j]}, TypeError, ["x", "real numbers"]),
    ({"x": [1e300]}, ValueError, ["x", "float32", "1e+300", "float64"]),
    ({"mask": [1, 0, 1]}, ValueError, ["mask", "(2,)", "(3,)"]),
    ({"mask": [1, 2]}, ValueError, ["mask", "0 (dropped) and 1 (kept)", "[1, 2]"]),
    ({"mask": [0.5, NAN]}, ValueError, ["mask", "0 (dropped) and 1 (kept)"]),
    ({"mask": ["a", "b"]}, TypeError, ["mask", "real numbers"]),
    ({"mask": [1, 0], "p": 1}, ValueError, ["mask", "p = 1", "keeps 1"]),
    ({"mask": [1, 0], "training": False}, ValueError, ["mask", "training=False"]),
    ({"mask": [1, 0], "seed": 0}, ValueError, ["seed", "mask", "not both"]),
    ({"seed": 2**64}, ValueError, ["seed", str(2**64), "-2**63 to 2**64 - 1"]),
    ({"seed": -(2**63) - 1}, ValueError, ["seed", "-2**63 to 2**64 - 1"]),
    ({"seed": 0.5}, TypeError, ["seed", "0.5", "integer"]),
    ({"seed": True}, TypeError, ["seed", "True", "integer"]),
]


@pytest.mark.parametrize(("arguments", "kind", "words"), REFUSED)
def test_explain_refuses(arguments: dict[str, Any], kind: type, words: list[str]) -> None:
    """The message names the argument, what it got and what it takes."""
    with pytest.raises(kind) as caught:
        explain(**{"x": X, **arguments})
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert any(choice in message for choice in word.split("|")), message


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        ({"p": NAN}, ValueError, ["p", "nan", "[0, 1]"]),
        ({"n": 0}, ValueError, ["n", "1 to 2**53", "0"]),
        ({"n": 2**53 + 1}, ValueError, ["n", "1 to 2**53"]),
        ({"n": 1.0}, TypeError, ["n", "integer", "1.0"]),
        ({"n": True}, TypeError, ["n", "integer", "True"]),
        ({"value": "one"}, TypeError, ["value", "'one'"]),
        ({"value": True}, TypeError, ["value", "True"]),
        ({"value": [[1.0], [1.0, 2.0]]}, ValueError, ["value", "rectangular"]),
        ({"value": torch.ones(2, dtype=torch.complex64)}, TypeError, ["value", "complex64"]),
        ({"value": float("inf")}, ValueError, ["value", "finite", "inf"]),
    ],
)
def test_moments_refuses(arguments: dict[str, Any], kind: type, words: list[str]) -> None:
    """The same contract for the closed forms."""
    with pytest.raises(kind) as caught:
        moments(**{"p": 0.5, **arguments})
    assert all(word in str(caught.value) for word in words), caught.value


def test_gradients_refuse() -> None:
    """An upstream gradient of another shape, and survivors at p = 1."""
    with pytest.raises(ValueError, match=r"mask must have the shape of x, \(2,\); got \(3,\)"):
        mean_square_gradient(X, [1, 0, 1], 0.5)
    with pytest.raises(ValueError, match=r"shape of upstream, \(2,\); got \(3,\)"):
        dropout_gradient([1, 0, 1], 0.5, upstream=X)
    with pytest.raises(ValueError, match=r"shape of upstream, \(1,\); got \(2,\)"):
        explain(X, seed=0).gradient([1.0])
    with pytest.raises(ValueError, match="p = 1"):
        dropout_gradient([1, 0], 1.0)
    with pytest.raises(ValueError, match="p must lie in"):
        mean_square_gradient_moments(X, 2)
    with pytest.raises(TypeError, match="upstream"):
        dropout_gradient([1, 0], 0.5, upstream=np.array([1, 2]))


def test_figures_refuse() -> None:
    """Too many columns, a mean that cannot vary, and unequal lengths."""
    with pytest.raises(ValueError, match=r"at most 12 elements.*got 13"):
        figures.four_rows(explain(np.ones(13), seed=0))
    with pytest.raises(ValueError, match=r"p must lie inside \(0, 1\).*p = 0"):
        figures.mean_distribution(0, 10)
    with pytest.raises(ValueError, match="value = 0"):
        figures.mean_distribution(0.5, 10, value=0)
    with pytest.raises(ValueError, match="expected must have as many elements"):
        figures.gradient_bars(X, [1, 0], expected=[1.0])


def test_every_seed_that_torch_takes_is_taken() -> None:
    """Both ends of torch's range, and integers of NumPy."""
    for seed in (-(2**63), 2**64 - 1, np.int64(3)):
        torch.manual_seed(int(seed))
        explain(X, seed=seed)


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((10**30,), "at most [0-9]+ elements"),
        ((2**40, 2**40), "at most [0-9]+ elements"),
        ((1,) * 70, "at most 64 dimensions; got 70"),
    ],
)
def test_a_shape_that_no_array_has_is_refused(shape: tuple[int, ...], words: str) -> None:
    """Before NumPy says so in words of its own."""
    with pytest.raises(BadArgument, match=f"^shape must have {words}"):
        replay_mask(shape, 0.5, 0)


def test_a_message_is_one_line_whatever_it_quotes() -> None:
    """Also an array, which NumPy shows on several."""
    many = np.zeros((10, 10))
    with pytest.raises(
        BadArgumentType, match=r"^p must be a number in \[0, 1\]; got p = array"
    ) as caught:
        moments(many)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("training", [np.zeros(2), torch.ones(2)])
def test_a_flag_that_is_several_is_refused(training: object) -> None:
    """What is neither true nor false."""
    with pytest.raises(BadArgumentType, match=r"^training must be True or False; got "):
        explain([1.0], training=training)  # type: ignore[arg-type]
