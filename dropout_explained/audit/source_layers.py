"""The rules for layers in source code: where they are built, in which order, and whether they act."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, NamedTuple

from dropout_explained.audit.source_calls import (
    DROPOUTS,
    FUNCTIONAL,
    FUNCTIONS,
    NORMS,
    PASSING,
    UNKNOWN,
    argument,
    number,
)
from dropout_explained.audit.source_conditions import condition
from dropout_explained.audit.source_intent import is_meant
from dropout_explained.audit.source_names import Function, blocks, inside, parameters
from dropout_explained.audit.source_rates import constant, rate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dropout_explained.audit.source_calls import Given
    from dropout_explained.audit.source_place import Place


class Broken(NamedTuple):
    """A rule that is broken; severity, message and node are where they differ from the usual."""

    code: str
    message: str = ""
    severity: str = ""
    node: ast.expr | None = None


def of_list(built: ast.List, place: Place) -> Iterator[Broken]:
    """Yield what is wrong with a list of layers that is kept, or added to another."""
    outer = place.around[-1]
    added = isinstance(outer, ast.Call) and ast.unparse(outer.func).endswith(".extend")
    if added or isinstance(outer, ast.Assign | ast.AugAssign | ast.AnnAssign):
        yield from before_norm(built.elts, place)


def built_where_it_runs(call: ast.Call, place: Place) -> Iterator[Broken]:
    """Yield DE003 for a layer that is built and called at once: it is new, and so in training."""
    if not place.in_code_that_runs or rate(argument(call, "p", 0), place) in ("zero", "mode"):
        return
    if place.method in ("__init__", "__new__") or condition(place) == "mode":
        return
    if not is_called_at_once(call, place):
        return
    if not place.in_module:
        told = "A dropout layer is built where it is called: it is new, and new layers train."
        yield Broken("DE003", told, "note")
    else:
        yield Broken("DE003", "", "note" if condition(place) or is_meant(place) else "")


def is_called_at_once(call: ast.Call, place: Place) -> bool:
    """Return whether what is built is called in the same function, and its mode is not set there."""
    inner: ast.AST = call
    for outer in reversed(place.around):
        if isinstance(outer, ast.Attribute) and outer.attr not in ("to", "cuda", "cpu"):
            return False
        if isinstance(outer, ast.Call) and inner is outer.func:
            if not isinstance(inner, ast.Attribute):
                return True
        elif isinstance(outer, ast.Assign) and isinstance(outer.targets[0], ast.Name):
            return is_only_called(outer.targets[0].id, place.functions[-1])
        elif isinstance(outer, ast.stmt):
            return False
        inner = outer
    return False


def is_only_called(name: str, function: Function) -> bool:
    """Return whether a local variable is set once and called, and nothing else happens to it."""
    nodes = list(ast.walk(function))
    uses = [node for node in nodes if isinstance(node, ast.Name) and node.id == name]
    called = [node.func for node in nodes if isinstance(node, ast.Call) and node.func in uses]
    return len(called) > 0 and len(uses) == len(called) + 1


def never_acts(call: ast.Call, at: int, place: Place) -> Iterator[Broken]:
    """Yield DE023 for a recurrent layer with dropout between its layers, of which it has one."""
    layers, p = argument(call, "num_layers", 2), argument(call, "dropout", at)
    if p is None or UNKNOWN in (layers, p) or constant(p, place) == 0 or place.in_test:
        return
    one = layers is None or constant(layers, place) == 1
    if not one:
        defaults = {k: v for function in place.functions for k, v in parameters(function).items()}
        rate_by_default = number(defaults.get(getattr(p, "id", ""), p))
        layers_by_default = number(defaults.get(getattr(layers, "id", "")))
        one = layers_by_default == 1 and bool(rate_by_default)
    if one and not is_chosen(p, place):
        yield Broken("DE023")


def is_chosen(p: Given, place: Place) -> bool:
    """Return whether code chooses a value, as ``p if num_layers > 1 else 0`` does."""
    values = place.assigned(getattr(p, "id", ""))
    branches = [
        node
        for function in place.functions
        for outer in inside(function)
        if isinstance(outer, ast.If)
        for node in ast.walk(outer)
    ]
    if any(value in branches for value in values):
        return True
    values += [p] if isinstance(p, ast.expr) else []
    chosen = ast.IfExp | ast.Compare | ast.BoolOp
    return any(isinstance(node, chosen) for value in values for node in ast.walk(value))


def members(call: ast.Call, place: Place) -> list[ast.expr]:
    """Return what a Sequential is made of: one by one, as a list, or with names."""
    found: list[ast.expr] = []
    for given in call.args:
        inner = given.value if isinstance(given, ast.Starred) else given
        if isinstance(inner, ast.Call) and place.path(inner.func).endswith("OrderedDict"):
            inner = inner.args[0] if inner.args else inner
        if isinstance(inner, ast.List | ast.Tuple):
            pairs = [getattr(one, "elts", [one]) for one in inner.elts]
            found += [pair[-1] for pair in pairs if pair]
        else:
            found.append(inner)
    return found


def before_norm(layers: Iterable[ast.expr], place: Place) -> Iterator[Broken]:
    """Yield DE021 for a dropout whose mask reaches a batch norm unmixed."""
    dropped: ast.Call | None = None
    for layer in layers:
        path = place.path(layer.func) if isinstance(layer, ast.Call) else ""
        if isinstance(layer, ast.Call) and path in DROPOUTS:
            p = argument(layer, "p", 0)
            dropped = None if rate(p, place) == "zero" else layer
        elif path in NORMS and dropped is not None:
            first, norm = place.path(dropped.func).rpartition(".")[2], path.rpartition(".")[2]
            told = f"{first} stands before {norm}, whose stored variance then holds its noise."
            yield Broken("DE021", told, node=dropped)
            dropped = None
        elif path not in PASSING:
            dropped = None


def appended_before_norm(statement: ast.Expr, place: Place) -> Iterator[Broken]:
    """Yield DE021 for layers that are added one after the other by statements in a row."""
    to, layer = appended(statement)
    path = place.path(layer.func) if isinstance(layer, ast.Call) else ""
    if path not in DROPOUTS:
        return
    block = next((block for block in blocks(place.around[-1]) if statement in block), [])
    row = [layer] if layer is not None else []
    for later in block[block.index(statement) + 1 :]:
        also, next_layer = appended(later)
        if next_layer is None or also != to:
            break
        row.append(next_layer)
        if place.path(getattr(next_layer, "func", next_layer)) not in PASSING:
            break
    yield from before_norm(row, place)


def appended(statement: ast.stmt) -> tuple[str, ast.expr | None]:
    """Return to what a statement adds a layer, and the layer."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        return "", None
    if call.func.attr not in ("append", "add_module") or not call.args:
        return "", None
    return ast.unparse(call.func.value), call.args[-1]


def thrown_away(statement: ast.Expr, place: Place) -> Iterator[Broken]:
    """Yield DE042 for a call of dropout whose result nobody takes."""
    call = statement.value
    if not isinstance(call, ast.Call) or not place.in_code_that_runs or expects_an_error(place):
        return
    path = place.path(call.func)
    if path in FUNCTIONS and FUNCTIONS[path].p == "p" and path.startswith(FUNCTIONAL):
        if not in_place(call, 3):
            yield Broken("DE042")
    elif isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == "self":
        given = place.assigned_to_self(call.func.attr)
        copying = [
            value
            for value, method in given
            if isinstance(value, ast.Call)
            and place.path_in(method, value.func) in DROPOUTS
            and not in_place(value, 1)
        ]
        if given and len(copying) == len(given):
            yield Broken("DE042")


def in_place(call: ast.Call, at: int) -> bool:
    """Return whether a call may write into its input."""
    given = argument(call, "inplace", at)
    return given is not None and not (isinstance(given, ast.expr) and number(given) == 0)


def expects_an_error(place: Place) -> bool:
    """Return whether a block around waits for an error or a warning."""
    waits = [ast.unparse(item) for node in place.around for item in getattr(node, "items", [])]
    return any(re.search(r"raises|warns|assert", text, re.IGNORECASE) for text in waits)
