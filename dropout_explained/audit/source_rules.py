"""The rules for calls in source code: a mode that is not asked for, and a probability that is odd."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from dropout_explained.audit import source_layers
from dropout_explained.audit.source_calls import (
    CHECKPOINTS,
    DROPOUTS,
    FUNCTIONAL,
    FUNCTIONS,
    LAYERS,
    RECURRENT,
    UNKNOWN,
    argument,
    number,
)
from dropout_explained.audit.source_conditions import condition
from dropout_explained.audit.source_intent import is_meant
from dropout_explained.audit.source_layers import Broken
from dropout_explained.audit.source_rates import constant, rate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dropout_explained.audit.source_calls import Given, Signature
    from dropout_explained.audit.source_place import Place

NAMES_OF_THE_MODE = re.compile(r"(?:self\.)?(?:is_)?train(?:ing)?")


def broken(node: ast.Call | ast.List | ast.Expr, place: Place) -> Iterator[Broken]:
    """Yield what is wrong with a call, a list, or an expression that stands alone."""
    if isinstance(node, ast.Call):
        yield from of_call(node, place)
    elif isinstance(node, ast.List):
        yield from source_layers.of_list(node, place)
    else:
        yield from source_layers.appended_before_norm(node, place)
        yield from source_layers.thrown_away(node, place)
        yield from mode_not_called(node, place)


def of_call(call: ast.Call, place: Place) -> Iterator[Broken]:
    """Yield what is wrong with a call."""
    path = function_path(call, place)
    if path in FUNCTIONS:
        yield from ignored_mode(call, path, FUNCTIONS[path], place)
        yield from odd_probability(argument(call, FUNCTIONS[path].p, FUNCTIONS[path].at), place)
    elif path in LAYERS:
        yield from odd_probability(argument(call, LAYERS[path].p, LAYERS[path].at), place)
        if path in DROPOUTS:
            yield from source_layers.built_where_it_runs(call, place)
        elif path in RECURRENT:
            yield from source_layers.never_acts(call, RECURRENT[path], place)
    elif path == "torch.nn.Sequential":
        yield from source_layers.before_norm(source_layers.members(call, place), place)
    elif path in CHECKPOINTS or path == "functools.partial":
        yield from forgets_the_generator(call, path, place)


def function_path(call: ast.Call, place: Place) -> str:
    """Return what a call calls, also by an attribute that is a function of torch's."""
    path = place.path(call.func)
    if path or not isinstance(call.func, ast.Attribute) or ast.unparse(call.func.value) != "self":
        return path
    given = place.assigned_to_self(call.func.attr)
    paths = {place.path_in(method, value) for value, method in given}
    return paths.pop() if len(paths) == 1 else ""


def ignored_mode(call: ast.Call, path: str, signature: Signature, place: Place) -> Iterator[Broken]:
    """Yield DE001, DE002 or DE040 for a function that is not told the mode."""
    name = path.replace(FUNCTIONAL, "F.")
    mode = None if signature.mode is None else argument(call, signature.mode_name, signature.mode)
    p = argument(call, signature.p, signature.at)
    came_from = rate(p, place)
    never = UNKNOWN in (mode, p) or (p is None and signature.default == 0)
    if never or came_from in ("zero", "mode") or not place.in_code_that_runs:
        return
    if mode is not None:
        yield from told_a_constant(mode, name, place)
    elif not signature.active:
        yield Broken("DE040", f"{name} without training= never drops: its default is False.")
    else:
        code = "DE002" if signature.mode is None else "DE001"
        doubt = doubts(came_from, place)
        if not doubt:
            said = (
                "" if code == "DE002" else f"{name} drops in evaluation: it is not told the mode."
            )
            yield Broken(code, said)
        elif doubt != "no" and (code == "DE001" or came_from != "parameter"):
            yield Broken(code, f"{name} is not told the mode, {doubt}.", "note")


def told_a_constant(mode: Given, name: str, place: Place) -> Iterator[Broken]:
    """Yield DE001 for a mode that is always True, which may be meant, or the wrong way round."""
    if not isinstance(mode, ast.expr) or not place.in_module:
        return
    if isinstance(mode, ast.UnaryOp) and isinstance(mode.op, ast.Not):
        if ast.unparse(mode.operand) == "self.training":
            yield Broken("DE001", f"{name} is told the opposite of the mode.")
    elif number(mode) == 1 and condition(place) != "mode":
        yield Broken(
            "DE001", f"{name} is told training=True: it drops in evaluation as well.", "note"
        )


def doubts(came_from: str, place: Place) -> str:
    """Return why a call that is not told the mode may be right; "no" if it surely is."""
    runs_by = condition(place)
    if runs_by == "mode" or (came_from == "parameter" and not place.in_module):
        return "no"
    if not place.in_module:
        return "and no module is around that has one"
    if came_from == "parameter":
        return "and its p comes from whoever calls this"
    if came_from == "unknown":
        return "and its p is computed elsewhere"
    if runs_by == "switch":
        return "and another switch decides whether it runs"
    return "which a comment or a name around says is meant" if is_meant(place) else ""


def odd_probability(p: Given, place: Place) -> Iterator[Broken]:
    """Yield DE028, DE029 or DE041 for a probability that is spelt out."""
    spelt = constant(p, place)
    if place.in_test:
        return
    if isinstance(p, ast.expr) and NAMES_OF_THE_MODE.fullmatch(ast.unparse(p)):
        yield Broken(
            "DE029", "p is the mode: in training it is True, counts as 1, and drops everything."
        )
    elif spelt is None:
        return
    elif not 0 <= spelt <= 1:
        yield Broken(
            "DE041", f"p is {spelt:g}: torch takes a probability, from 0 to 1, and raises."
        )
    elif spelt == 1:
        told = "True, which counts as 1" if isinstance(spelt, bool) else "1"
        yield Broken("DE029", f"p is {told}: everything is dropped, and nothing is learnt.")
    elif spelt >= 0.8:
        kept = f"{1 - spelt:.2g}"
        yield Broken("DE028", f"p is {spelt:g}: {kept} is kept. Was {spelt:g} meant to be kept?")


def forgets_the_generator(call: ast.Call, path: str, place: Place) -> Iterator[Broken]:
    """Yield DE024 for a checkpoint that does not preserve the state; a note where nothing drops."""
    if path == "functools.partial":
        path = place.path(call.args[0]) if call.args else ""
    given = argument(call, "preserve_rng_state", None)
    if path in CHECKPOINTS and isinstance(given, ast.expr) and number(given) == 0:
        drops = any(re.search(r"[dD]ropout\w*\s*[(=]", line) for line in place.lines)
        yield Broken("DE024", "", "" if drops else "note")


def mode_not_called(statement: ast.Expr, place: Place) -> Iterator[Broken]:
    """Yield DE043 for ``model.eval`` without its brackets."""
    named = statement.value
    if not isinstance(named, ast.Attribute) or named.attr not in ("eval", "train"):
        return
    if place.names.has_torch:
        shown = ast.unparse(named)
        yield Broken("DE043", f"{shown} is named and not called: the mode stays as it was.")
