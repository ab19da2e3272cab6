"""The dropout layers of torch as data, one row each; the scale; what a layer does with a mask."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dropout_explained.arguments import BadArgument
from dropout_explained.arrays import in_kind_of, is_tensor

if TYPE_CHECKING:
    from dropout_explained.arrays import Array

# Minus the limit of SELU at minus infinity (Klambauer et al., NIPS 2017,
# https://arxiv.org/abs/1706.02515), as _dropout_impl has it.
ALPHA = 1.7580993408473766


class Layer(NamedTuple):
    """One dropout function of ``torch.nn.functional``.

    Attributes
    ----------
    name : str
        Its name there.
    dimensions : tuple of int
        How many dimensions the input may have; any number where empty.
    fewest : int
        The fewest dimensions, where any number above is allowed.
    unbatched : int or None
        How many dimensions an input without a batch has, where torch adds one.
    channels : bool
        Whether one coin is tossed for a channel, and not one for an element.
    alpha : bool
        Whether dropped values go to SELU's negative limit, and not to zero.
    on_by_default : bool
        Whether the function drops where ``training`` is left out.
    """

    name: str
    dimensions: tuple[int, ...] = ()
    fewest: int = 0
    unbatched: int | None = None
    channels: bool = False
    alpha: bool = False
    on_by_default: bool = True

    def noise_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape in which the layer draws its mask for an input of a shape."""
        if self.dimensions and len(shape) not in self.dimensions:
            allowed = " or ".join(map(str, self.dimensions))
            raise BadArgument(
                f"x must have {allowed} dimensions for {self.name}; got shape {shape}"
            )
        if len(shape) < self.fewest:
            raise BadArgument(
                f"x must have at least {self.fewest} dimensions for {self.name}; got shape {shape}"
            )
        if not self.channels:
            return shape
        leading = 1 if len(shape) == self.unbatched else 2
        return shape[:leading] + (1,) * (len(shape) - leading)


# Source: ``make_feature_noise`` in PyTorch's ``aten/src/ATen/native/Dropout.cpp``, and
# ``torch/nn/functional.py``, which adds a batch of one to what has none, except that
# dropout2d takes three dimensions for a batch of channels of one axis.
_ROWS = (
    Layer("dropout"),
    Layer("dropout1d", dimensions=(2, 3), unbatched=2, channels=True),
    Layer("dropout2d", dimensions=(3, 4), channels=True),
    Layer("dropout3d", dimensions=(4, 5), unbatched=4, channels=True),
    Layer("alpha_dropout", alpha=True, on_by_default=False),
    Layer("feature_alpha_dropout", fewest=2, channels=True, alpha=True, on_by_default=False),
)
LAYERS: dict[str, Layer] = {row.name: row for row in _ROWS}
DROPOUT = LAYERS["dropout"]


def checked_layer(layer: Any) -> Layer:
    """Return the layer of a name that torch has."""
    found = LAYERS.get(layer) if isinstance(layer, str) else None
    if found is None:
        raise BadArgument(f"layer must be one of {', '.join(LAYERS)}; got layer = {layer!r}")
    return found


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


def apply_mask(layer: Layer, x: Array, mask: Array, p: float) -> Array:
    """Return the layer's output for a mask, rounded after each step as torch rounds."""
    with np.errstate(invalid="ignore", over="ignore"):
        if p == 0 or 0 in tuple(x.shape):
            output: Array = x.clone() if is_tensor(x) else np.array(x)
        elif layer.alpha and p < 1:
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
