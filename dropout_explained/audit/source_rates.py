"""Where a drop probability in a source file comes from: what decides whether a call may drop."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from dropout_explained.audit.source_calls import UNKNOWN, Given, number
from dropout_explained.audit.source_names import Function, Scope, parameters
from dropout_explained.audit.source_place import MODE, mentions, speaks_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dropout_explained.audit.source_place import Place

# What is known of a probability; of several parts, the first that is found counts.
KINDS = (
    "mode",  # it follows the mode
    "parameter",  # whoever calls the function passes it
    "unknown",
    "own",  # a number, or a value that the module holds
    "zero",
)


def rate(p: Given, place: Place) -> str:
    """Return where a drop probability comes from: one of ``KINDS``."""
    if p is UNKNOWN:
        return "unknown"
    return _of(p, place, frozenset()) if isinstance(p, ast.expr) else "own"


def _of(p: ast.expr, place: Place, seen: frozenset[str]) -> str:
    spelt = number(p)
    if spelt is not None:
        return "zero" if spelt == 0 else "own"
    if mentions(p, MODE):
        return "mode"
    return first_of(_parts(p, place, seen))


def _parts(p: ast.expr, place: Place, seen: frozenset[str]) -> Iterator[str]:
    for node in ast.walk(p):
        if isinstance(node, ast.Name) and node.id not in {"self", *seen}:
            yield _of_name(node.id, place, seen | {node.id})
        elif isinstance(node, ast.Attribute):
            if place.owner is not None and ast.unparse(node.value) == "self":
                yield _of_attribute(node.attr, place.owner)
        elif isinstance(node, ast.Call) and not isinstance(node.func, ast.Name):
            yield "unknown"


def _of_name(name: str, place: Place, seen: frozenset[str]) -> str:
    for function in reversed(place.functions):
        values = list(assigned(function, name))
        if any(by_mode for _, by_mode in values):
            return "mode"
        if values:
            return first_of(_of(value, place, seen) for value, _ in values)
        if name in parameters(function):
            return "parameter"
    return "own"


def _of_attribute(name: str, owner: ast.ClassDef) -> str:
    """Return what the methods of a class make of an attribute."""
    values: list[ast.expr] = []
    for method in owner.body:
        if not isinstance(method, ast.FunctionDef):
            continue
        here = [value for value, _ in assigned(method, name, of_self=True)]
        values += here
        follows = speaks_of(method.name, MODE) if here else method.name == name
        if follows and (here or mentions(method, MODE)):
            return "mode"
    return "zero" if values and all(number(value) == 0 for value in values) else "own"


def first_of(kinds: Iterable[str]) -> str:
    """Return the first of the kinds that is among these, and "own" of none."""
    found = set(kinds)
    return next((kind for kind in KINDS if kind in found), "own")


def assigned(
    function: Function, name: str, *, of_self: bool = False
) -> Iterator[tuple[ast.expr, bool]]:
    """Yield what a function assigns to a name or an attribute, and whether the mode decides."""
    waiting: list[tuple[ast.AST, bool]] = [(node, False) for node in ast.iter_child_nodes(function)]
    while waiting:
        node, by_mode = waiting.pop()
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.NamedExpr):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if node.value is not None and any(
                getattr(target, "attr" if of_self else "id", None) == name for target in targets
            ):
                yield node.value, by_mode
        if isinstance(node, ast.If):
            by_mode = by_mode or mentions(node.test, MODE)
        if not isinstance(node, Scope):
            waiting += [(child, by_mode) for child in ast.iter_child_nodes(node)]
