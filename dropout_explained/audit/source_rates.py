"""Where a drop probability in a source file comes from: what decides whether a call may drop."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from dropout_explained.audit.source_calls import UNKNOWN, Given, number
from dropout_explained.audit.source_names import inside, parameters, targets
from dropout_explained.audit.source_words import MODE, mentions, speaks_of

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


def constant(given: Given, place: Place) -> float | None:
    """Return the number that is spelt out, here or where a constant is defined."""
    if not isinstance(given, ast.Name):
        return number(given)
    for scope in reversed(place.scopes):
        if given.id in parameters(scope):
            return None
        values = [
            getattr(node, "value", None)
            for node in inside(scope)
            if any(getattr(target, "id", "") == given.id for target in targets(node))
        ]
        if values:
            return number(values[0]) if len(values) == 1 else None
    return None


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
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == "self":
            yield _of_attribute(node.attr, place)
        elif isinstance(node, ast.Call) and not isinstance(node.func, ast.Name):
            yield "unknown"


def _of_name(name: str, place: Place, seen: frozenset[str]) -> str:
    for function in reversed(place.functions):
        values = place.names.assignments(function).get(name, [])
        if any(by_mode for _, by_mode in values):
            return "mode"
        if values:
            return first_of(_of(value, place, seen) for value, _ in values)
        if name in parameters(function):
            return "parameter"
    return "own"


def _of_attribute(name: str, place: Place) -> str:
    """Return what the methods of a class make of an attribute, or of a property."""
    given = place.assigned_to_self(name)
    if any(speaks_of(getattr(method, "name", ""), MODE) for _, method in given):
        return "mode"
    properties = [
        node
        for node in (place.owner.body if place.owner else [])
        if isinstance(node, ast.FunctionDef) and node.name == name
    ]
    if any(mentions(method, MODE) for method in properties):
        return "mode"
    return "zero" if given and all(number(value) == 0 for value, _ in given) else "own"


def first_of(kinds: Iterable[str]) -> str:
    """Return the first of the kinds that is among these, and "own" of none."""
    found = set(kinds)
    return next((kind for kind in KINDS if kind in found), "own")
