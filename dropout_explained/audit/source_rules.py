"""The rules that source code alone can break: what one call does wrong with dropout."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from dropout_explained.audit.source_calls import (
    ATTENTION,
    CHECKPOINTS,
    DROPOUTS,
    FUNCTIONS,
    LAYERS,
    NORMS,
    PASSING,
    RECURRENT,
    UNKNOWN,
    argument,
    number,
)
from dropout_explained.audit.source_names import Function, inside, parameters
from dropout_explained.audit.source_rates import assigned, rate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dropout_explained.audit.source_calls import Given, Signature
    from dropout_explained.audit.source_place import Place

# A code, and where it differs from the rule's: the severity and the message.
Broken = tuple[str, str, str]


def of_call(call: ast.Call, place: Place) -> Iterator[Broken]:
    """Yield what is wrong with a call."""
    path = place.path(call.func)
    if path in FUNCTIONS:
        yield from ignored_mode(call, path, FUNCTIONS[path], place)
        yield from odd_probability(argument(call, FUNCTIONS[path].p, FUNCTIONS[path].at), place)
    elif path in LAYERS:
        yield from odd_probability(argument(call, LAYERS[path].p, LAYERS[path].at), place)
        if path in DROPOUTS:
            yield from built_where_it_runs(call, place)
        elif path in RECURRENT:
            yield from never_acts(call, RECURRENT[path], place)
    elif path == "torch.nn.Sequential":
        yield from before_norm(members(call, place), place)
    elif preserves_no_state(call, path, place):
        yield "DE024", "" if drops_somewhere(place) else "note", ""


def of_list(built: ast.List, place: Place) -> Iterator[Broken]:
    """Yield what is wrong with a list of layers that is no argument, which of_call has seen."""
    outer = place.around[-1]
    if isinstance(outer, ast.Assign | ast.AugAssign | ast.AnnAssign):
        yield from before_norm(built.elts, place)
    elif isinstance(outer, ast.Call) and ast.unparse(outer.func).endswith(".extend"):
        yield from before_norm(built.elts, place)


def of_statement(statement: ast.Expr, place: Place) -> Iterator[Broken]:
    """Yield what is wrong with an expression that stands alone."""
    yield from thrown_away(statement, place)
    yield from mode_not_called(statement, place)


def ignored_mode(call: ast.Call, path: str, signature: Signature, place: Place) -> Iterator[Broken]:
    """Yield DE001, DE002 or DE040 for a function that is not told the mode."""
    name = path.rpartition(".")[2]
    mode = None if signature.mode is None else argument(call, signature.mode_name, signature.mode)
    p = argument(call, signature.p, signature.at)
    came_from = rate(p, place)
    absent = p is None and signature.default == 0
    if mode is UNKNOWN or absent or came_from in ("zero", "mode") or not in_code_that_runs(place):
        return
    if mode is not None:
        if number(mode) == 1 and place.condition() != "mode":
            yield "DE001", "note", f"{name} is told training=True: it drops in evaluation as well."
        return
    if not signature.active:
        yield "DE040", "", f"{name} without training= never drops: its default is False."
        return
    code = "DE002" if signature.mode is None else "DE001"
    doubt = doubts(came_from, place)
    if not doubt:
        yield code, "", "" if name in ("dropout", "scaled_dot_product_attention") else (
            f"{name} drops in evaluation, because it is not told the mode."
        )
    elif doubt != "no" and (code == "DE001" or came_from != "parameter"):
        yield code, "note", f"{name} is not told the mode, {doubt}."


def doubts(came_from: str, place: Place) -> str:
    """Return why a call that is not told the mode may be right; "no" if it surely is."""
    condition = place.condition()
    if condition == "mode":
        return "no"
    if not place.in_module:
        return "and stands in no method of a module that could tell it"
    if came_from == "parameter":
        return "and takes its p from whoever calls this: do they look at the mode?"[:-1]
    if came_from == "unknown":
        return "and its p is computed elsewhere"
    if condition == "switch":
        return "and another switch decides whether it runs"
    if place.is_meant():
        return "which a comment or a name around says is meant"
    return ""


def in_code_that_runs(place: Place) -> bool:
    """Return whether a call stands in a function that is no test: what is left are demonstrations."""
    return bool(place.functions) and not place.in_test


def odd_probability(p: Given, place: Place) -> Iterator[Broken]:
    """Yield DE028, DE029 or DE041 for a probability that is spelt out."""
    if place.in_test:
        return
    spelt = number(p)
    if isinstance(p, ast.expr) and ast.unparse(p) in ("self.training", "training"):
        yield "DE029", "", "p is the mode: True counts as 1, and drops everything in training."
    elif spelt is None:
        return
    elif not 0 <= spelt <= 1:
        yield "DE041", "", f"p is {spelt:g}: torch takes a probability from 0 to 1, and raises."
    elif spelt == 1:
        told = "True, which counts as 1" if spelt is True else "1"
        yield "DE029", "", f"p is {told}: everything is dropped, and nothing is learnt."
    elif spelt >= 0.8:
        yield "DE028", "", f"p is {spelt:g}: dropping leaves {1 - spelt:.0%}; was it meant to keep?"


def built_where_it_runs(call: ast.Call, place: Place) -> Iterator[Broken]:
    """Yield DE003 for a layer that a method builds and calls at once: it is new, and in training."""
    if not in_code_that_runs(place) or rate(argument(call, "p", 0), place) in ("zero", "mode"):
        return
    method = place.functions[0]
    if isinstance(method, ast.Lambda) or method.name in ("__init__", "__new__", "setup"):
        return
    if place.condition() == "mode" or not is_called_at_once(call, place):
        return
    if not place.in_module:
        yield "DE003", "note", "A dropout layer is built and called in a function: it always drops."
    else:
        yield "DE003", "note" if place.is_meant() or place.condition() else "", ""


def is_called_at_once(call: ast.Call, place: Place) -> bool:
    """Return whether what is built is called in the same function, unless its mode is set there."""
    chain: list[ast.AST] = [call]
    for outer in reversed(place.around):
        inner = chain[-1]
        if isinstance(outer, ast.Attribute) and outer.attr not in ("to", "cuda", "cpu", "half", "float"):
            return False
        if isinstance(outer, ast.Call) and inner is outer.func and not isinstance(inner, ast.Attribute):
            return True
        if isinstance(outer, ast.Assign) and isinstance(outer.targets[0], ast.Name):
            return uses_only_by_call(outer.targets[0].id, place.functions[-1])
        if isinstance(outer, ast.stmt):
            return False
        chain.append(outer)
    return False


def uses_only_by_call(name: str, function: Function) -> bool:
    """Return whether a local variable is called, and nothing else happens to it."""
    uses = [node for node in ast.walk(function) if isinstance(node, ast.Name) and node.id == name]
    called = [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
    ]
    return bool(called) and len(uses) == len(called) + 1


def never_acts(call: ast.Call, at: int, place: Place) -> Iterator[Broken]:
    """Yield DE023 for a recurrent layer with dropout between layers, of which it has one."""
    layers, p = argument(call, "num_layers", 2), argument(call, "dropout", at)
    if p is None or UNKNOWN in (layers, p) or number(p) == 0 or place.in_test:
        return
    one = layers is None or number(layers) == 1
    defaults = {k: v for function in place.functions for k, v in parameters(function).items()}
    if not one:
        of_layers = defaults.get(getattr(layers, "id", ""))
        of_p = defaults.get(getattr(p, "id", ""), p)
        one = number(of_layers) == 1 and (number(of_p) or 0) > 0
    if one and not is_chosen(p, place):
        yield "DE023", "", ""


def is_chosen(p: Given, place: Place) -> bool:
    """Return whether code chooses a value, as ``p if num_layers > 1 else 0`` does."""
    if not isinstance(p, ast.expr):
        return False
    choosing = ast.IfExp | ast.Compare | ast.BoolOp
    values: list[ast.AST] = [p]
    if isinstance(p, ast.Name):
        values += [value for function in place.functions for value, _ in assigned(function, p.id)]
        values += [
            node
            for function in place.functions
            for outer in inside(function)
            if isinstance(outer, ast.If)
            for node in [outer.test]
            if any(value in ast.walk(outer) for value in values[1:])
        ]
    return any(isinstance(node, choosing) for value in values for node in ast.walk(value))


def members(call: ast.Call, place: Place) -> list[ast.expr]:
    """Return what a Sequential is made of, whether one by one, as a list or with names."""
    found: list[ast.expr] = []
    for given in call.args:
        inner = given.value if isinstance(given, ast.Starred) else given
        if isinstance(inner, ast.Call) and place.path(inner.func).endswith("OrderedDict"):
            pairs = inner.args[0].elts if inner.args and isinstance(inner.args[0], ast.List) else []
            found += [pair.elts[-1] for pair in pairs if isinstance(pair, ast.Tuple) and pair.elts]
        elif isinstance(inner, ast.List | ast.Tuple):
            found += inner.elts
        else:
            found.append(inner)
    return found


def before_norm(layers: list[ast.expr], place: Place) -> Iterator[Broken]:
    """Yield DE021 for a dropout whose mask reaches a batch norm unmixed."""
    dropped = ""
    for layer in layers:
        path = place.path(layer.func) if isinstance(layer, ast.Call) else ""
        if path in DROPOUTS:
            zero = number(argument(layer, "p", 0)) == 0  # type: ignore[arg-type]
            dropped = "" if zero else path.rpartition(".")[2]
        elif path in NORMS and dropped:
            norm = path.rpartition(".")[2]
            yield "DE021", "", f"{dropped} stands before {norm}, whose variance then holds its noise."
            dropped = ""
        elif path not in PASSING:
            dropped = ""


def preserves_no_state(call: ast.Call, path: str, place: Place) -> bool:
    """Return whether a call is a checkpoint, or prepares one, that leaves the generator alone."""
    if path.endswith("functools.partial") and call.args:
        path = place.path(call.args[0])
    given = argument(call, "preserve_rng_state", None)
    return path in CHECKPOINTS and isinstance(given, ast.expr) and number(given) == 0


def drops_somewhere(place: Place) -> bool:
    """Return whether the file has dropout at all."""
    return any(re.search(r"[dD]ropout\w*\s*[(=]", line) for line in place.lines)


def thrown_away(statement: ast.Expr, place: Place) -> Iterator[Broken]:
    """Yield DE042 for a call of dropout whose result nobody takes."""
    call = statement.value
    if not isinstance(call, ast.Call) or not in_code_that_runs(place) or is_expected_to_raise(place):
        return
    path = place.path(call.func)
    if path.startswith("torch.nn.functional.") and path in FUNCTIONS and path != ATTENTION:
        if argument(call, "inplace", 3) is None:
            yield "DE042", "", ""
    elif place.owner is not None and re.fullmatch(r"self\.\w+", ast.unparse(call.func)):
        values = [
            value
            for method in place.owner.body
            if isinstance(method, ast.FunctionDef)
            for value, _ in assigned(method, getattr(call.func, "attr", ""), of_self=True)
        ]
        if values and all(is_dropout_that_copies(value, place) for value in values):
            yield "DE042", "", ""


def is_dropout_that_copies(value: ast.expr, place: Place) -> bool:
    """Return whether an expression builds a dropout layer that is not in-place."""
    return (
        isinstance(value, ast.Call)
        and place.path(value.func) in DROPOUTS
        and argument(value, "inplace", 1) is None
    )


def is_expected_to_raise(place: Place) -> bool:
    """Return whether a block around waits for an error or a warning."""
    waits = [ast.unparse(item) for node in place.around for item in getattr(node, "items", [])]
    return any(re.search(r"raises|warns|assert", text, re.IGNORECASE) for text in waits)


def mode_not_called(statement: ast.Expr, place: Place) -> Iterator[Broken]:
    """Yield DE043 for ``model.eval`` without its brackets."""
    named = statement.value
    if isinstance(named, ast.Attribute) and named.attr in ("eval", "train") and place.names.has_torch:
        shown = ast.unparse(named)
        yield "DE043", "", f"{shown} is named and not called: the mode stays as it was."
