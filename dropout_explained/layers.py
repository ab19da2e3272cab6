"""The dropout layers of torch: what each masks, and what it does with the mask."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from dropout_explained.arguments import is_tensor

if TYPE_CHECKING:
    from collections.abc import Callable

    from dropout_explained.arguments import Array

LAYERS = (
    "dropout",
    "dropout1d",
    "dropout2d",
    "dropout3d",
    "alpha_dropout",
    "feature_alpha_dropout",
)
# Numbers of dimensions that a layer takes: without a batch and with one.
DIMENSIONS = {"dropout1d": (2, 3), "dropout2d": (3, 4), "dropout3d": (4, 5)}
# Minus the limit of SELU at minus infinity (Klambauer et al., NIPS 2017,
# https://arxiv.org/abs/1706.02515), as _dropout_impl has it.
ALPHA = 1.7580993408473766


def checked_layer(layer: Any) -> str:
    """Return the name of a layer that torch has."""
    if layer not in LAYERS:
        raise ValueError(f"layer must be one of {', '.join(LAYERS)}; got layer = {layer!r}")
    return str(layer)


def is_alpha(layer: str) -> bool:
    """Whether dropped values go to SELU's negative limit and not to zero."""
    return layer.endswith("alpha_dropout")


def drops_channels(layer: str) -> bool:
    """Whether the layer tosses one coin a channel and not one an element."""
    return layer in DIMENSIONS or layer == "feature_alpha_dropout"


def noise_shape(layer: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape in which the layer draws its mask.

    Source: ``make_feature_noise`` in ``aten/src/ATen/native/Dropout.cpp``, and
    ``torch/nn/functional.py``, which adds a batch of one to what has none, except
    that dropout2d takes three dimensions for a batch of channels of one axis.
    """
    if not drops_channels(layer):
        return shape
    allowed = DIMENSIONS.get(layer)
    if allowed and len(shape) not in allowed:
        raise ValueError(
            f"x must have {allowed[0]} or {allowed[1]} dimensions for {layer}; got shape {shape}"
        )
    if len(shape) < 2:
        raise ValueError(f"x must have at least 2 dimensions for {layer}; got shape {shape}")
    without_batch = layer in {"dropout1d", "dropout3d"} and len(shape) == DIMENSIONS[layer][0]
    channels = 1 if without_batch else 2
    return shape[:channels] + (1,) * (len(shape) - channels)


def scale(p: float, dtype: str = "float64") -> float:
    """Return the factor 1 / (1 - p) of the survivors, as torch computes it in a dtype.

    Float64 divides in double precision; float32 and the half types divide in
    float32 (the caller rounds the result to a half type). At p = 1 nothing
    survives, the quotient does not exist, and torch multiplies by 0:
    ``_dropout_impl`` in ``aten/src/ATen/native/Dropout.cpp``.
    """
    if p == 1:
        return 0.0
    q = 1.0 - p
    return 1.0 / q if dtype == "float64" else float(np.float32(1) / np.float32(q))


def alpha_factors(p: float) -> tuple[float, float]:
    """Return a and alpha * a of alpha dropout, in double precision, for p < 1.

    Source: ``_dropout_impl``; a = (q + alpha^2 p q)^(-1/2) keeps the variance of
    inputs of mean 0 and variance 1 (Klambauer et al., NIPS 2017).
    """
    a = 1.0 / sqrt((ALPHA * ALPHA * p + 1.0) * (1.0 - p))
    return a, ALPHA * a


def apply_mask(layer: str, x: Array, mask: np.ndarray[Any, Any], p: float) -> Array:
    """Return the layer's output for a mask, rounded after each step as torch rounds."""
    if p == 0 or 0 in tuple(x.shape):
        return x.clone() if is_tensor(x) else np.asarray(x).copy()
    dtype = str(x.dtype).removeprefix("torch.")
    values = _as_array(x)
    with np.errstate(invalid="ignore", over="ignore"):
        if p == 1:
            output = np.asarray(values * values.dtype.type(0))
        else:
            output = _output(layer, values, mask, p, _rounding(dtype))
    if not is_tensor(x):
        return output.astype(dtype, copy=False)
    import torch

    return torch.from_numpy(output).to(x.dtype)


def _as_array(x: Array) -> np.ndarray[Any, Any]:
    """Return x as float32 or float64, the precisions in which torch multiplies."""
    if is_tensor(x):
        x = x.detach()
        return (x if str(x.dtype) in {"torch.float32", "torch.float64"} else x.float()).numpy()
    array = np.asarray(x)
    return array.astype(np.float32) if array.dtype == np.float16 else array


def _output(
    layer: str,
    x: np.ndarray[Any, Any],
    mask: np.ndarray[Any, Any],
    p: float,
    rounded: Callable[[Any], Any],
) -> np.ndarray[Any, Any]:
    number = x.dtype.type
    if not is_alpha(layer):
        kept = rounded(np.full((), scale(p, x.dtype.name), x.dtype))
        factor = np.where(mask, kept, number(0))
        same = factor.shape == x.shape and factor.ndim > 0
        output = np.multiply(x, factor, out=factor) if same else x * factor
        return np.asarray(rounded(np.asarray(output)))
    a, alpha_a = alpha_factors(p)
    noise = mask.astype(x.dtype)
    # A number is added in the tensor's dtype, but multiplied with in full precision.
    added = rounded(np.full((), alpha_a * p, x.dtype))
    shift = rounded(rounded((noise - number(1)) * number(alpha_a)) + added)
    product = rounded(x * rounded(noise * number(a)))
    return np.asarray(rounded(product + shift))


def _rounding(dtype: str) -> Callable[[Any], Any]:
    """Return what rounds a float32 array to a half type and back; nothing for the others."""
    if dtype == "float16":
        return lambda x: x.astype(np.float16).astype(np.float32)
    if dtype == "bfloat16":
        return _to_bfloat16
    return lambda x: x


def _to_bfloat16(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Round float32 to bfloat16, which NumPy does not have: ties to even, NaN stays NaN."""
    bits = np.asarray(x).view(np.uint32)
    ties_to_even = ((bits >> np.uint32(16)) & np.uint32(1)) + np.uint32(0x7FFF)
    rounded = ((bits + ties_to_even) & np.uint32(0xFFFF0000)).view(np.float32)
    return np.where(np.isnan(x), x, rounded)
