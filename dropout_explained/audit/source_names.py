"""What the names of a source file stand for: imports, aliases and stars, scope by scope."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from typing import TYPE_CHECKING

from dropout_explained.audit.source_words import MODE, mentions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Scope = ast.Module | ast.ClassDef | Function
# What a star import may hide. Other names, as Dropout, are also those of other frameworks.
USUAL = {"torch": "torch", "nn": "torch.nn", "F": "torch.nn.functional"}
# Whose stars bring names of their own.
STARS = ("torch.nn.functional", "torch.nn", "torch")
OTHERS = ("jax", "flax", "keras", "mindspore", "mxnet", "oneflow", "paddle", "tensorflow")
FILE_OF_LAYERS = re.compile(r"^torch\.nn\.modules(\.\w+)?(?=\.[A-Z])")


class Names:
    """The names of one file; a scope is read when a name is looked up in it."""

    def __init__(self, module: ast.Module) -> None:
        self._module = module
        self._bound: dict[ast.AST, dict[str, str | ast.expr]] = {}
        self._stars: set[str] = set()
        self._assigned: dict[ast.AST, dict[str, list[tuple[ast.expr, bool]]]] = {}
        self._of(module)

    def path(self, node: ast.AST, scopes: Sequence[ast.AST]) -> str:
        """Return the dotted path that a name or an attribute stands for, "" if unknown."""
        return FILE_OF_LAYERS.sub("torch.nn", self._path(node, scopes, frozenset()))

    def assignments(self, function: Function) -> dict[str, list[tuple[ast.expr, bool]]]:
        """Return what a function assigns to each name, and whether the mode decides that it does.

        An attribute goes by its name behind a dot.
        """
        if function not in self._assigned:
            found: dict[str, list[tuple[ast.expr, bool]]] = defaultdict(list)
            for name, value, by_mode in _assignments(function):
                found[name].append((value, by_mode))
            self._assigned[function] = found
        return self._assigned[function]

    @property
    def has_torch(self) -> bool:
        """Whether the file imports anything of torch's."""
        bound = self._bound.get(self._module, {}).values()
        return any(isinstance(path, str) and path.partition(".")[0] == "torch" for path in bound)

    def _path(self, node: ast.AST, scopes: Sequence[ast.AST], seen: frozenset[str]) -> str:
        if isinstance(node, ast.Attribute):
            owner = self._path(node.value, scopes, seen)
            return f"{owner}.{node.attr}" if owner else ""
        if not isinstance(node, ast.Name) or node.id in seen:
            return ""
        for depth in range(len(scopes), 0, -1):
            scope = scopes[depth - 1]
            # The names of a class are not those of its methods.
            if isinstance(scope, ast.ClassDef) and depth < len(scopes):
                continue
            given = self._of(scope).get(node.id)
            if isinstance(given, str):
                return given
            if given is not None:
                return self._path(given, scopes[:depth], seen | {node.id})
        return self._from_stars(node.id)

    def _from_stars(self, name: str) -> str:
        if self._stars and name in USUAL:
            return USUAL[name]
        for home in STARS:
            # Layers begin with a capital, functions do not.
            is_layer = name[:1].isupper() or name == "functional"
            if home in self._stars and (home == "torch.nn") == is_layer:
                return f"{home}.{name}"
        return ""

    def _of(self, scope: ast.AST) -> dict[str, str | ast.expr]:
        """Return what a scope binds each name to: a path, another name, or "" for all else."""
        if scope not in self._bound:
            self._bound[scope] = self._read(scope)
        return self._bound[scope]

    def _read(self, scope: ast.AST) -> dict[str, str | ast.expr]:
        imported: dict[str, set[str]] = defaultdict(set)
        aliases: dict[str, ast.expr] = {}
        others: list[str] = [*parameters(scope)]
        for node in inside(scope):
            if isinstance(node, ast.Import | ast.ImportFrom):
                for name, path in self._imports(node):
                    imported[name].add(path)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                others.append(node.name)
            names = [target.id for target in targets(node) if isinstance(target, ast.Name)]
            others += names
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name | ast.Attribute):
                aliases |= dict.fromkeys(names, node.value)
        bound: dict[str, str | ast.expr] = dict.fromkeys(others, "")
        bound |= {name: value for name, value in aliases.items() if others.count(name) == 1}
        # "except ImportError: name = None" stands beside many an import.
        return bound | {
            name: min(paths) if len(paths) == 1 else "" for name, paths in imported.items()
        }

    def _imports(self, node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                yield (alias.asname, alias.name) if alias.asname else (first, first)
            return
        home = "." * node.level + (node.module or "")
        for alias in node.names:
            if alias.name != "*":
                yield alias.asname or alias.name, f"{home}.{alias.name}"
            elif home.partition(".")[0] not in OTHERS:
                self._stars.add(home)


def inside(scope: ast.AST) -> Iterator[ast.stmt]:
    """Yield the statements of a scope, and of inner functions and classes only that they stand there.

    Expressions bind names as well, but hardly those that matter here, and are most of a tree.
    """
    for block in blocks(scope):
        for statement in block:
            yield statement
            if not isinstance(statement, Scope):
                yield from inside(statement)


def blocks(node: ast.AST) -> list[list[ast.stmt]]:
    """Return the blocks of statements that a node holds."""
    found = [getattr(node, name, None) for name in ("body", "orelse", "finalbody")]
    within = [*getattr(node, "handlers", ()), *getattr(node, "cases", ())]
    found += [inner.body for inner in within]
    return [block for block in found if isinstance(block, list)]


def targets(statement: ast.stmt) -> list[ast.expr]:
    """Return what a statement binds, names and attributes, one by one."""
    waiting: list[ast.expr | None] = [getattr(statement, "target", None)]
    waiting += getattr(statement, "targets", ())
    waiting += [item.optional_vars for item in getattr(statement, "items", ())]
    found: list[ast.expr] = []
    while waiting:
        target = waiting.pop()
        if isinstance(target, ast.Name | ast.Attribute):
            found.append(target)
        elif isinstance(target, ast.Tuple | ast.List):
            waiting += target.elts
        elif isinstance(target, ast.Starred):
            waiting.append(target.value)
    return found


def parameters(scope: ast.AST) -> dict[str, ast.expr | None]:
    """Return the parameters of a function, each with its default; of all else none."""
    if not isinstance(scope, Function):
        return {}
    given = scope.args
    plain = [*given.posonlyargs, *given.args]
    found: dict[str, ast.expr | None] = {argument.arg: None for argument in plain}
    if given.defaults:
        pairs = zip(plain[-len(given.defaults) :], given.defaults, strict=True)
        found |= {argument.arg: default for argument, default in pairs}
    keywords = zip(given.kwonlyargs, given.kw_defaults, strict=True)
    found |= {argument.arg: default for argument, default in keywords}
    stars = [star.arg for star in (given.vararg, given.kwarg) if star is not None]
    return found | dict.fromkeys(stars)


def _assignments(node: ast.AST, *, by_mode: bool = False) -> Iterator[tuple[str, ast.expr, bool]]:
    for block in blocks(node):
        for statement in block:
            value: object = getattr(statement, "value", None)
            if isinstance(value, ast.expr):
                for target in targets(statement):
                    name = f".{target.attr}" if isinstance(target, ast.Attribute) else ""
                    yield name or getattr(target, "id", ""), value, by_mode
            if not isinstance(statement, Scope):
                chosen = isinstance(statement, ast.If) and mentions(statement.test, MODE)
                yield from _assignments(statement, by_mode=by_mode or chosen)
