"""Under which conditions a call runs: those around it, exits before it, and those of its callers."""

from __future__ import annotations

import ast
from itertools import pairwise
from typing import TYPE_CHECKING

from dropout_explained.audit.source_names import blocks, parameters
from dropout_explained.audit.source_place import Place
from dropout_explained.audit.source_words import MODE, SWITCH, TRAINING, mentions, speaks_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def condition(place: Place) -> str:
    """Return what decides whether this runs: "mode", "switch" or "" for neither."""
    methods = [scope.name for scope in place.functions if not isinstance(scope, ast.Lambda)]
    if any(speaks_of(name, TRAINING) for name in methods):
        return "mode"
    kinds = {kind_of(test, place) for test in tests(place)}
    if "mode" not in kinds and is_called_in_training(place):
        return "mode"
    return next((kind for kind in ("mode", "switch") if kind in kinds), "")


def is_called_in_training(place: Place) -> bool:
    """Return whether the class calls the method around only where the mode allows."""
    if place.owner is None or place.method == "forward":
        return False
    start = place.around.index(place.owner)
    calls = [
        Place(node, around, place.names, place.lines)
        for node, around in with_ancestors(place.owner, place.around[:start])
        if isinstance(node, ast.Call) and ast.unparse(node.func) == f"self.{place.method}"
    ]
    others = [call for call in calls if call.method != place.method]
    return bool(others) and all(
        any(kind_of(test, call) == "mode" for test in tests(call)) for call in others
    )


def tests(place: Place) -> Iterator[ast.expr]:
    """Yield the conditions under which this runs, early exits and assertions included."""
    start = place.around.index(place.functions[0]) if place.functions else 0
    chain = [*place.around[start:], place.node]
    for outer, inner in pairwise(chain):
        if isinstance(outer, ast.If | ast.While | ast.IfExp) and inner is not outer.test:
            yield outer.test
        elif isinstance(outer, ast.BoolOp):
            yield from (value for value in outer.values if value is not inner)
        for block in blocks(outer):
            if inner in block:
                yield from exits(block[: block.index(inner)])


def kind_of(test: ast.expr, place: Place) -> str:
    """Return whether a condition asks for the mode, for another switch, or ("") for neither."""
    if mentions(test, MODE):
        return "mode"
    switched = mentions(test, SWITCH) or any(is_switch(node, place) for node in ast.walk(test))
    return "switch" if switched else ""


def is_switch(node: ast.AST, place: Place) -> bool:
    """Return whether a name is a parameter by which the caller switches something on or off."""
    if not isinstance(node, ast.Name):
        return False
    defaults = [parameters(function).get(node.id) for function in place.functions]
    return any(
        isinstance(default, ast.Constant) and isinstance(default.value, bool)
        for default in defaults
    )


def with_ancestors(
    node: ast.AST, around: Sequence[ast.AST]
) -> Iterator[tuple[ast.AST, Sequence[ast.AST]]]:
    """Yield all that a node holds, with what is around each, outermost first."""
    for child in ast.iter_child_nodes(node):
        yield child, [*around, node]
        yield from with_ancestors(child, [*around, node])


def exits(block: list[ast.stmt]) -> Iterator[ast.expr]:
    """Yield the conditions on which these statements leave what they stand in."""
    for statement in block:
        if isinstance(statement, ast.Assert | ast.If) and leaves(statement):
            yield statement.test


def leaves(statement: ast.Assert | ast.If) -> bool:
    """Return whether a statement may leave the block that it stands in."""
    away = ast.Return | ast.Raise | ast.Continue | ast.Break
    return isinstance(statement, ast.Assert) or any(
        isinstance(inner[-1], away) for inner in blocks(statement) if inner
    )
