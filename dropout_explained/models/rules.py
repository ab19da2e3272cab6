"""What each layer and each function does with a value: one row for each that propagation knows.

Imports torch: whoever uses it, does so once a model has come in.
"""

from __future__ import annotations

import operator
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd

from dropout_explained.layers import LAYERS
from dropout_explained.models.activations import (
    activation,
    by_quadrature,
    leaky_relu_moments,
    relu_moments,
)
from dropout_explained.models.noise import dropout
from dropout_explained.models.values import Value, affine, combined, constant, linear

if TYPE_CHECKING:
    from collections.abc import Callable

    Rule = Callable[..., Any]


def _dropout_function(name: str) -> Rule:
    layer = LAYERS[name]

    def rule(
        value: Value, p: float = 0.5, training: bool = layer.on_by_default, *_: Any, **__: Any
    ) -> Value:
        return dropout(value, p, layer) if training else value

    return rule


def _dropout_layer(name: str) -> Rule:
    return lambda layer, value: dropout(value, layer.p, LAYERS[name])


def _linear_layer(layer: nn.Linear, value: Value) -> Value:
    return _linear_function(value, layer.weight, layer.bias)


def _linear_function(value: Value, weight: torch.Tensor, bias: torch.Tensor | None = None) -> Value:
    if value.mean.dim() == 2 and len(value.mean) == 1:
        flat = value._replace(
            mean=value.mean[0],
            sources=value.sources[:, 0],
            own=tuple(one._replace(deviation=one.deviation[0]) for one in value.own),
        )
        mapped = linear(flat, weight, bias)
        return mapped._replace(mean=mapped.mean[None], sources=mapped.sources[:, None])
    return affine(value, lambda one: F.linear(one, weight, bias))


def _mapped(function: Callable[..., Any]) -> Rule:
    """Apply a function that is linear in its first argument, but for a constant."""
    return lambda value, *args, **kwargs: affine(value, lambda one: function(one, *args, **kwargs))


def _method(name: str) -> Rule:
    return _mapped(lambda one, *args, **kwargs: getattr(one, name)(*args, **kwargs))


def _several(function: Callable[..., Any]) -> Rule:
    """Apply a function that is linear in a list of values, as a concatenation is."""

    def rule(values: Any, dim: int = 0) -> Value:
        known = [one if isinstance(one, Value) else constant(one) for one in values]
        return combined(known, lambda rows: function(rows, dim))

    return rule


def _sum(sign: int, a: Any, b: Any, alpha: float = 1.0) -> Value:
    """Add or subtract: what comes from the same source adds before it is squared."""
    times = sign * alpha
    if not isinstance(b, Value):
        return a._replace(mean=a.mean + times * b) if _fits(a, b) else _spread(a, b, times)
    known = a if isinstance(a, Value) else constant(torch.as_tensor(a).to(b.mean))
    return combined([known, b], lambda rows: rows[0] + times * rows[1])


def _fits(value: Value, other: Any) -> bool:
    """Whether adding a number or a tensor leaves the shape as it is."""
    if not isinstance(other, torch.Tensor):
        return True
    return bool(torch.broadcast_shapes(value.mean.shape, other.shape) == value.mean.shape)


def _spread(value: Value, other: torch.Tensor, times: float) -> Value:
    return affine(value, lambda one: one + times * other)


def _product(a: Any, b: Any) -> Value | None:
    if isinstance(a, Value) and isinstance(b, Value):
        return None
    value, factor = (a, b) if isinstance(a, Value) else (b, a)
    return affine(value, lambda one: one * factor)


def _quotient(a: Any, b: Any) -> Value | None:
    return None if isinstance(b, Value) else affine(a, lambda one: one / b)


def _matrix_product(a: Any, b: Any) -> Value | None:
    if isinstance(a, Value):
        return None if isinstance(b, Value) else affine(a, lambda one: one @ b)
    return affine(b, lambda one: a @ one)


def _smooth(function: Callable[..., torch.Tensor]) -> Rule:
    return lambda value, *args, **kwargs: activation(
        value,
        lambda one: function(one, *args, **kwargs),
        partial(by_quadrature, lambda one: function(one, *args, **kwargs)),
    )


def _smooth_layer(layer: nn.Module, value: Value) -> Value:
    return activation(value, layer, partial(by_quadrature, layer))


def _relu(value: Value, *_: Any, **__: Any) -> Value:
    return activation(value, torch.relu, relu_moments)


def _leaky_relu(value: Value, negative_slope: float = 0.01, *_: Any, **__: Any) -> Value:
    moments = partial(leaky_relu_moments, slope=negative_slope)
    return activation(value, lambda one: F.leaky_relu(one, negative_slope), moments)


# Smooth at 0 too, as quadrature wants: (layer, functions and methods).
_SMOOTH: list[tuple[Any, tuple[Any, ...], Callable[..., torch.Tensor]]] = [
    (nn.Tanh, (torch.tanh, F.tanh, "tanh"), torch.tanh),
    (nn.Sigmoid, (torch.sigmoid, F.sigmoid, "sigmoid"), torch.sigmoid),
    (nn.GELU, (F.gelu,), F.gelu),
    (nn.SiLU, (F.silu,), F.silu),
    (nn.Softplus, (F.softplus,), F.softplus),
    (nn.LogSigmoid, (F.logsigmoid,), F.logsigmoid),
    (nn.Mish, (F.mish,), F.mish),
    (nn.Tanhshrink, (F.tanhshrink,), F.tanhshrink),
    (None, (torch.erf, "erf"), torch.erf),
    (None, (torch.exp, "exp"), torch.exp),
    (None, (torch.sin, "sin"), torch.sin),
    (None, (torch.cos, "cos"), torch.cos),
    (None, (torch.square, "square"), torch.square),
]
_LINEAR_LAYERS = (
    nn.Identity, nn.Flatten, nn.Unflatten, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d,
    nn.ConvTranspose2d, nn.ConvTranspose3d, nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d,
    nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d, nn.ZeroPad1d, nn.ZeroPad2d,
    nn.ZeroPad3d, nn.PixelShuffle, nn.PixelUnshuffle, nn.Upsample, nn.UpsamplingNearest2d,
    nn.UpsamplingBilinear2d,
)  # fmt: skip
_LINEAR_FUNCTIONS = (
    F.conv1d, F.conv2d, F.conv3d, F.avg_pool1d, F.avg_pool2d, F.avg_pool3d, F.adaptive_avg_pool1d,
    F.adaptive_avg_pool2d, F.adaptive_avg_pool3d, F.pad, F.interpolate, torch.flatten,
    torch.reshape, torch.permute, torch.transpose, torch.squeeze, torch.unsqueeze, torch.mean,
    torch.sum, torch.neg, operator.neg, operator.getitem,
)  # fmt: skip
_LINEAR_METHODS = (
    "flatten", "reshape", "view", "permute", "transpose", "squeeze", "unsqueeze", "mean", "sum",
    "neg", "contiguous", "expand", "repeat", "float", "double",
)  # fmt: skip
_ADDS = (operator.add, operator.iadd, torch.add, "add", "add_")
_SUBTRACTS = (operator.sub, operator.isub, torch.sub, "sub", "sub_")
_MULTIPLIES = (operator.mul, operator.imul, torch.mul, "mul", "mul_")
_DIVIDES = (operator.truediv, operator.itruediv, torch.div, "div", "div_")

_FUNCTIONS: dict[Any, Rule] = {
    **{one: _mapped(one) for one in _LINEAR_FUNCTIONS},
    **{name: _method(name) for name in _LINEAR_METHODS},
    **{one: _smooth(apply) for _, names, apply in _SMOOTH for one in names},
    **{getattr(F, name): _dropout_function(name) for name in LAYERS},
    **dict.fromkeys((F.relu, torch.relu, "relu", "relu_"), _relu),
    F.leaky_relu: _leaky_relu,
    F.linear: _linear_function,
    **dict.fromkeys((torch.cat, torch.concat), _several(torch.cat)),
    torch.stack: _several(torch.stack),
    **dict.fromkeys(_ADDS, partial(_sum, 1)),
    **dict.fromkeys(_SUBTRACTS, partial(_sum, -1)),
    **dict.fromkeys(_MULTIPLIES, _product),
    **dict.fromkeys(_DIVIDES, _quotient),
    **dict.fromkeys((torch.matmul, operator.matmul, "matmul"), _matrix_product),
}
_OF_LAYERS: dict[type, Rule] = {
    **dict.fromkeys(_LINEAR_LAYERS, lambda layer, value: affine(value, layer)),
    **{kind: _smooth_layer for kind, _, _ in _SMOOTH if kind is not None},
    nn.Linear: _linear_layer,
    nn.ReLU: lambda _, value: _relu(value),
    nn.LeakyReLU: lambda layer, value: _leaky_relu(value, layer.negative_slope),
    nn.Dropout: _dropout_layer("dropout"),
    nn.Dropout1d: _dropout_layer("dropout1d"),
    nn.Dropout2d: _dropout_layer("dropout2d"),
    nn.Dropout3d: _dropout_layer("dropout3d"),
    nn.AlphaDropout: _dropout_layer("alpha_dropout"),
    nn.FeatureAlphaDropout: _dropout_layer("feature_alpha_dropout"),
}
_AT_REST: dict[type, Rule] = {
    _DropoutNd: lambda _, value: value,
    _BatchNorm: lambda layer, value: affine(value, layer),
}


def rule_for(target: Any, layer: Any) -> Rule | None:
    """Return what a layer or a function does with values; None where that is not known."""
    if layer is None:
        return _FUNCTIONS.get(target)
    for kind in type(layer).__mro__:
        if kind in _AT_REST and _rests(layer):
            return partial(_AT_REST[kind], layer)
        if kind in _OF_LAYERS:
            # Of a dropout layer at rest a base says what it does: nothing.
            if isinstance(layer, _DropoutNd) and not layer.training:
                continue
            return partial(_OF_LAYERS[kind], layer)
    return None


def _rests(layer: Any) -> bool:
    """Whether a layer does what it does in evaluation; without averages, a norm never does."""
    averages = getattr(layer, "running_mean", None) is not None
    return not layer.training and (averages or not isinstance(layer, _BatchNorm))


def makes_noise(target: Any, layer: Any) -> bool:
    """Whether a layer or a function drops, whatever its input."""
    if layer is not None:
        return isinstance(layer, _DropoutNd) and layer.training
    return any(target is getattr(F, name) for name in LAYERS)
