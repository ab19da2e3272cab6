"""Means and covariances through the layers of a model, one example at a time.

Imports torch: whoever uses it, does so once a model has come in.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import fx

from dropout_explained.arguments import BadArgument, BadArgumentType
from dropout_explained.layers import LAYERS
from dropout_explained.models.rules import makes_noise, rule_for
from dropout_explained.models.values import Value, constant

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dropout_explained.models.recorder import Draw


class NoRule(BadArgument):
    """A layer that sees noise has no rule, or the model cannot be traced."""


class Propagated(NamedTuple):
    """What a model returns for one example, and mean and variance of each tensor in it."""

    output: Any
    values: list[Value]


def _checked_batch(inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> int:
    """Return the number of examples of the inputs, tensors whose first dimension it is."""
    if kwargs:
        raise BadArgument(
            f'inputs must be given by place for method="propagation"; got {", ".join(kwargs)} by name'
        )
    for x in inputs:
        if not isinstance(x, torch.Tensor):
            raise BadArgumentType(
                f'inputs must be torch tensors for method="propagation"; got {type(x).__name__}'
            )
        if x.dim() < 2 or not len(x) or len(x) != len(inputs[0]):
            raise BadArgument(
                "inputs must have the shape (N, ...) with the same N > 0 for "
                f'method="propagation"; got {tuple(x.shape)}'
            )
    if not inputs:
        raise BadArgument('inputs must hold a tensor for method="propagation"; there is none')
    return len(inputs[0])


def _refuse_other_draws(draws: Sequence[Draw]) -> None:
    """Tracing would freeze numbers that a model draws by hand."""
    others = sorted({draw.function for draw in draws if draw.function not in LAYERS})
    if others:
        raise NoRule(
            "model must draw random numbers only through the dropout functions of "
            f'torch.nn.functional for method="propagation"; it also draws by {", ".join(others)}: '
            'use method="sampling", or method="all_masks" for at most 20 coins'
        )


class _Tracer(fx.Tracer):
    """Follows also a module that a function closes over, or that no parent knows."""

    def path_of_module(self, mod: torch.nn.Module) -> str:
        """Return the path of a module; what has none gets one while the model is followed."""
        try:
            return super().path_of_module(mod)
        except NameError:
            path = f"unregistered_{len(self.submodule_paths or {})}"
            self.root.add_module(path, mod)
            self.submodule_paths = {**(self.submodule_paths or {}), mod: path}
            return path


def _traced(model: Any) -> fx.GraphModule:
    tracer = _Tracer()
    try:
        graph = tracer.trace(model)
        return fx.GraphModule(tracer.root, graph)
    except Exception as reason:
        raise NoRule(
            f"model must be traceable by torch.fx, without control flow that depends on values, "
            f'for method="propagation"; {type(model).__name__} is not: {reason}'
        ) from reason


def _noisy(traced: fx.GraphModule) -> dict[fx.Node, Any]:
    """Return the rule of each node that sees or makes noise; all must have one."""
    noisy: dict[fx.Node, Any] = {}
    unknown = []
    for node in traced.graph.nodes:
        if not node.op.startswith("call_"):
            continue
        layer = traced.get_submodule(node.target) if node.op == "call_module" else None
        sees = any(one in noisy for one in node.all_input_nodes)
        if not (sees or makes_noise(node.target, layer)):
            continue
        if _reads_shape(node):
            continue
        noisy[node] = rule_for(node.target, layer)
        if noisy[node] is None:
            named = node.target if layer is None else type(layer)
            unknown.append(f"{getattr(named, '__name__', named)} ({node.name})")
    if unknown:
        raise NoRule(
            "model must have no layer behind dropout but those that have a rule for "
            f'method="propagation" (linear and convolutional layers, average pooling, dropout, '
            f"batch normalisation at rest, sums, shapes, ReLU, smooth functions); it also has "
            f'{", ".join(unknown)}: use method="sampling", or method="all_masks" for at most '
            "20 coins"
        )
    return noisy


def _reads_shape(node: fx.Node) -> bool:
    """Whether a node asks for a size, which has no noise."""
    if node.op == "call_method":
        return node.target in ("size", "dim", "numel")
    return node.target is getattr and node.args[1] in ("shape", "ndim", "device", "dtype")


class _Interpreter:
    """Runs a traced model on one example, with values where there is noise."""

    def __init__(self, traced: fx.GraphModule) -> None:
        self._traced, self._rules = traced, _noisy(traced)

    def __call__(self, example: Sequence[torch.Tensor]) -> Propagated:
        values: dict[Any, Any] = {}
        told: list[Value] = []

        def mean_of(node: fx.Node) -> Any:
            value = values[node]
            if isinstance(value, torch.Tensor) and value.is_floating_point():
                value = constant(value)
            if not isinstance(value, Value):
                return value
            told.append(value)
            return value.mean

        given = iter(example)
        for node in self._traced.graph.nodes:
            if node.op == "placeholder":
                values[node] = next(given, node.args[0] if node.args else None)
            elif node.op == "get_attr":
                values[node] = operator.attrgetter(node.target)(self._traced)
            elif node.op == "output":
                return Propagated(fx.node.map_arg(node.args[0], mean_of), told)
            else:
                values[node] = self._called(node, values)
        raise AssertionError("a traced graph ends with its output")  # pragma: no cover

    def _called(self, node: Any, values: dict[Any, Any]) -> Any:
        args, kwargs = fx.node.map_arg((node.args, node.kwargs), values.__getitem__)
        if node in self._rules:
            return self._with_noise(node, args, kwargs)
        if _reads_shape(node):
            args = tuple(one.mean if isinstance(one, Value) else one for one in args)
        if node.op == "call_method":
            return getattr(args[0], node.target)(*args[1:], **kwargs)
        if node.op == "call_module":
            return self._traced.get_submodule(node.target)(*args, **kwargs)
        return node.target(*args, **kwargs)

    def _with_noise(self, node: fx.Node, args: Any, kwargs: Any) -> Any:
        # The first argument of a function that drops, and of a layer, is a value.
        first, *others = args
        if isinstance(first, torch.Tensor) and not any(isinstance(one, Value) for one in others):
            first = constant(first)
        try:
            result = self._rules[node](first, *others, **kwargs)
        except TypeError as reason:
            raise NoRule(
                f"model must call {node.name} with arguments that its rule knows for "
                f'method="propagation": {reason}'
            ) from reason
        if result is None:
            raise NoRule(
                "model must not multiply or divide one noisy value by another for "
                f'method="propagation"; {node.name} does: use method="sampling"'
            )
        return result


def _batched(parts: list[torch.Tensor]) -> torch.Tensor:
    """Join what was found for each example."""
    if len(parts) > 1 and any(part.dim() == 0 or len(part) != 1 for part in parts):
        raise BadArgument(
            'model must return the shape (N, ...) for N inputs and method="propagation"; for one '
            f"input it returns {tuple(parts[0].shape)}"
        )
    return parts[0].double() if len(parts) == 1 else torch.cat(parts).double()


def propagated(
    model: Callable[..., Any],
    inputs: tuple[Any, ...],
    kwargs: dict[str, Any],
    draws: Sequence[Draw],
) -> tuple[Any, list[torch.Tensor], list[torch.Tensor], bool]:
    """Return a model's output for one example, and mean and variance of each tensor for all.

    The last tells whether they are exact.
    """
    examples = _checked_batch(inputs, kwargs)
    _refuse_other_draws(draws)
    run = _Interpreter(_traced(model))
    with torch.no_grad():
        found = [run([x[i : i + 1] for x in inputs]) for i in range(examples)]
    of_each = list(zip(*(one.values for one in found), strict=True))
    means = [_batched([value.mean for value in values]) for values in of_each]
    variances = [_batched([value.variance for value in values]) for values in of_each]
    exact = all(value.exact for values in of_each for value in values)
    return found[0].output, means, variances, exact
