"""Where a call stands: in which method of which class, and what its names stand for there."""

from __future__ import annotations

import ast
import re
from functools import cached_property
from typing import TYPE_CHECKING

from dropout_explained.audit.source_names import Function, Scope

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dropout_explained.audit.source_names import Names


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

    def path_in(self, method: Function, node: ast.AST) -> str:
        """Return the dotted path that a name stands for in another method of the class."""
        outside = self.scopes[: self.scopes.index(self.functions[0])]
        return self.names.path(node, [*outside, method])

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
