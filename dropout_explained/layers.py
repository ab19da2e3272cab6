"""The dropout layers of torch: what each masks, and what it does with the mask."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from dropout_explained.arguments import in_kind_of, is_tensor

if TYPE_CHECKING:
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


def scale_in_dtype(p: float, like: Array) -> float:
    """Return the scale of the survivors as torch rounds it to the dtype of ``like``."""
    exact = scale(p, str(like.dtype).removeprefix("torch."))
    return float(in_kind_of(like, np.array(exact)))


def masked_scale(mask: Array, p: float, like: Array) -> Array:
    """Return m s, the factor between input and output, in the kind and dtype of ``like``.

    Chosen element by element, not multiplied: where a half type overflows the
    scale to infinity, 0 * infinity would turn the dropped elements into NaN.
    """
    dropped, kept = in_kind_of(like, np.array([0.0, scale_in_dtype(p, like)]))
    if is_tensor(like):
        import torch

        return torch.where(torch.as_tensor(mask, device=like.device), kept, dropped)
    factors: Array = np.where(mask, kept, dropped)
    return factors


def apply_mask(layer: str, x: Array, mask: Array, p: float) -> Array:
    """Return the layer's output for a mask, rounded after each step as torch rounds."""
    with np.errstate(invalid="ignore", over="ignore"):
        if p == 0 or 0 in tuple(x.shape):
            output: Array = x.clone() if is_tensor(x) else np.array(x)
        elif is_alpha(layer) and p < 1:
            output = _alpha_output(x, mask, p)
        else:
            output = masked_scale(mask, p, x)
            if output.shape == x.shape:
                output *= x  # in place: a large output is not allocated twice
            else:
                output = x * output
    return output if is_tensor(output) else np.asarray(output)


def _alpha_output(x: Array, mask: Array, p: float) -> Array:
    a, alpha_a = alpha_factors(p)
    if is_tensor(x):
        import torch

        noise = torch.as_tensor(mask, device=x.device).to(x.dtype)
        return x * (noise * a) + ((noise - 1) * alpha_a + alpha_a * p)
    values = np.asarray(x)
    # Torch multiplies halves with a number in float32, and rounds after each step.
    halves = values.dtype == np.float16
    number = np.float32 if halves else values.dtype.type

    def rounded(step: Any) -> Any:
        return np.float32(np.float16(step)) if halves else step

    kept = np.asarray(mask).astype(number)
    shift = rounded(rounded((kept - number(1)) * number(alpha_a)) + rounded(number(alpha_a * p)))
    product = rounded(values.astype(number) * rounded(kept * number(a)))
    return np.asarray(product + shift).astype(values.dtype)
