"""Where a call stands: in which module, under which conditions, and whether it is said to be meant.

This tells a call that drops in evaluation by mistake from one that does so on purpose, and from
one that evaluation never reaches.
"""

from __future__ import annotations

import ast
import re
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from dropout_explained.audit.source_names import Function, Scope, blocks, parameters
from dropout_explained.audit.source_words import (
    MODE,
    PARTS,
    SWITCH,
    TRAINING,
    mentions,
    speaks_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dropout_explained.audit.source_names import Names

MEANT = re.compile(
    r"\balways\b.{0,30}\b(?:drop|on\b|activ|appl|enabled|random)|drop.{0,30}\balways\b|"
    r"\beven (?:in|at|during|when|if)\b|\bforc(?:e|es|ed|ing)\b|on purpose|intention|deliberate|"
    r"\b(?:also|still|active|kept?|enabled?|on) (?:in|at|during)\b|"
    r"(?:at|during|in) (?:eval\w*|inference|test)",
    re.IGNORECASE,
)
MONTE_CARLO = re.compile(r"monte[ -]?carlo|\bmc[ -_]?drop|bayes|uncertaint", re.IGNORECASE)
DROPS = re.compile(r"drop|mask|random|stochastic|noise", re.IGNORECASE)
NAMES_THAT_MEAN_IT = re.compile(
    r"mc|monte|carlo|bayes\w*|always|prenet|uncertain\w*", re.IGNORECASE
)


class Place:
    """One node, with what stands around it, outermost first."""

    def __init__(
        self, node: ast.AST, around: Sequence[ast.AST], names: Names, lines: Sequence[str]
    ) -> None:
        self.node = node
        self.around = around
        self.names = names
        self.lines = lines
        self.scopes = [outer for outer in around if isinstance(outer, Scope)]

    def path(self, node: ast.AST) -> str:
        """Return the dotted path that a name here stands for."""
        return self.names.path(node, self.scopes)

    @cached_property
    def owner(self) -> ast.ClassDef | None:
        """The innermost class of which a method is around."""
        for outer, inner in zip(self.scopes[-2::-1], self.scopes[:0:-1], strict=True):
            if isinstance(outer, ast.ClassDef) and isinstance(inner, Function):
                return outer
        return None

    @cached_property
    def functions(self) -> list[Function]:
        """The functions around, from the method on, or from the outermost."""
        start = 0 if self.owner is None else self.scopes.index(self.owner) + 1
        return [scope for scope in self.scopes[start:] if isinstance(scope, Function)]

    def assigned(self, name: str) -> list[ast.expr]:
        """Return what the functions around assign to a name."""
        return [
            value
            for function in self.functions
            for value, _ in self.names.assignments(function).get(name, [])
        ]

    def assigned_to_self(self, name: str) -> list[tuple[ast.expr, Function]]:
        """Return what the methods of the class assign to an attribute, and which method does."""
        methods = self.owner.body if self.owner else []
        return [
            (value, method)
            for method in methods
            if isinstance(method, Function)
            for value, _ in self.names.assignments(method).get(f".{name}", [])
        ]

    @cached_property
    def names_around(self) -> list[str]:
        """The names of the functions around, and of their class."""
        around = [*self.functions, *([self.owner] if self.owner else [])]
        return [scope.name for scope in around if not isinstance(scope, ast.Lambda)]

    @cached_property
    def in_module(self) -> bool:
        """Whether it is in a method that can ask for the mode."""
        if self.owner is None or isinstance(self.functions[0], ast.Lambda):
            return False
        marks = {self.path(mark) or ast.unparse(mark) for mark in self.functions[0].decorator_list}
        bases = [self.path(base) or ast.unparse(base) for base in self.owner.bases]
        if marks & {"staticmethod", "classmethod"}:
            return False
        if any(base.endswith("autograd.Function") for base in bases):
            return False
        return any(
            base.startswith("torch.nn.") or base.endswith("Module") for base in bases
        ) or any(
            (isinstance(node, ast.FunctionDef) and node.name == "forward")
            or (isinstance(node, ast.Attribute) and node.attr == "training")
            for node in ast.walk(self.owner)
        )

    @property
    def method(self) -> str:
        """The name of the outermost function around, "" for a lambda or none."""
        return getattr(self.functions[0], "name", "") if self.functions else ""

    @property
    def in_code_that_runs(self) -> bool:
        """Whether a function is around that is no test: what stands outside are demonstrations."""
        return bool(self.functions) and not self.in_test

    @property
    def in_test(self) -> bool:
        """Whether a test is around, which may want what is wrong elsewhere."""
        return any(re.match(r"_?test", name, re.IGNORECASE) for name in self.names_around)

    def condition(self) -> str:
        """Return what decides whether this runs: "mode", "switch" or "" for neither."""
        methods = [scope.name for scope in self.functions if not isinstance(scope, ast.Lambda)]
        if any(speaks_of(name, TRAINING) for name in methods):
            return "mode"
        kinds = {self._kind(test) for test in self._tests()}
        return next((kind for kind in ("mode", "switch") if kind in kinds), "")

    def _tests(self) -> Iterator[ast.expr]:
        """Yield the conditions under which this runs, early exits and assertions included."""
        start = self.around.index(self.functions[0]) if self.functions else 0
        chain = [*self.around[start:], self.node]
        for outer, inner in pairwise(chain):
            if isinstance(outer, ast.If | ast.While | ast.IfExp) and inner is not outer.test:
                yield outer.test
            elif isinstance(outer, ast.BoolOp):
                yield from (value for value in outer.values if value is not inner)
            for block in blocks(outer):
                if inner in block:
                    yield from exits(block[: block.index(inner)])

    def _kind(self, test: ast.expr) -> str:
        if mentions(test, MODE):
            return "mode"
        switched = mentions(test, SWITCH) or any(map(self._is_switch, ast.walk(test)))
        return "switch" if switched else ""

    def _is_switch(self, node: ast.AST) -> bool:
        """Whether a name is a parameter by which the caller switches something on or off."""
        if not isinstance(node, ast.Name):
            return False
        defaults = [parameters(function).get(node.id) for function in self.functions]
        return any(
            isinstance(default, ast.Constant) and isinstance(default.value, bool)
            for default in defaults
        )

    def is_meant(self) -> bool:
        """Whether a comment, a docstring or a name around says that it drops on purpose."""
        parts = [part for name in self.names_around for part in PARTS.findall(name)]
        if any(NAMES_THAT_MEAN_IT.fullmatch(part) for part in parts):
            return True
        if any(MEANT.search(text) or MONTE_CARLO.search(text) for text in self._comments()):
            return True
        documented = [*self.functions, *([self.owner] if self.owner else [])]
        return any(
            says_that_it_drops_always(ast.get_docstring(scope) or "")
            for scope in documented
            if not isinstance(scope, ast.Lambda)
        )

    def _comments(self) -> Iterator[str]:
        """Yield the comments on the lines of this node, and those right above its statement."""
        statement = next(
            node for node in reversed([*self.around, self.node]) if isinstance(node, ast.stmt)
        )
        first = getattr(self.node, "lineno", 1)
        for line in self.lines[first - 1 : getattr(self.node, "end_lineno", first)]:
            yield line.partition("#")[2]
        above: list[str] = []
        for line in reversed(self.lines[: statement.lineno - 1]):
            if not line.lstrip().startswith("#"):
                break
            above.insert(0, line.strip("# \t\r\n"))
        yield " ".join(above)


def says_that_it_drops_always(docstring: str) -> bool:
    """Return whether a docstring has a sentence about dropping, and about doing it on purpose."""
    text = " ".join(docstring.split())
    sentences = re.split(r"(?<=[.;:])\s", text)
    return MONTE_CARLO.search(text) is not None or any(
        MEANT.search(sentence) and DROPS.search(sentence) for sentence in sentences
    )


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
