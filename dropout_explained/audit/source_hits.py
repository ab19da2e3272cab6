"""Find in the tree of a source file what its rules are about, and leave the rest unread."""

from __future__ import annotations

import ast
import re
from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

from dropout_explained.audit import source_rules
from dropout_explained.audit.findings import rule_of
from dropout_explained.audit.source_names import Names
from dropout_explained.audit.source_place import Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dropout_explained.audit.source_layers import Broken


class Hit(NamedTuple):
    """A rule that a file breaks, and from which line to which."""

    line: int
    column: int
    code: str
    severity: str
    message: str
    last_line: int


# What every line has that a rule may be about; most files have none of it.
WORDS = (
    *("ropout", "scaled_dot_product_attention", "preserve_rng_state", "LSTM", "GRU", "RNN"),
    *("Transformer", "MultiheadAttention", ".eval", ".train"),
)
# What else stands for one of these from here on: an imported name, a variable, an attribute.
ALIAS = re.compile(
    r"(?:ropout\w*|attention|LSTM|GRU|RNN|Attention|Layer|Transformer)\s+as\s+(\w+)|"
    r"(\w+)\s*=\s*[\w.]*(?:ropout\w*|scaled_dot_product_attention)\s*(?:#|$)|"
    r"self\.(\w+)\s*=\s*[\w.]*Dropout\w*\("
)


def hits(tree: ast.Module, text: str) -> list[Hit]:
    """Return what is wrong in a file, in the order of its lines."""
    wanted = lines_of_interest(text)
    if not wanted:
        return []
    names, lines = Names(tree), text.split("\n")
    return sorted(
        _hit(node, broken)
        for node, around in _nodes(tree, (), wanted)
        for broken in source_rules.broken(node, Place(node, around, names, lines))
    )


def lines_of_interest(text: str) -> list[int]:
    """Return the numbers of the lines that a rule may be about, in order."""
    found = numbers(text, (at for word in WORDS for at in places(word, text)))
    if not found:
        return []
    lines = text.split("\n")
    named = {name for line in found for names in ALIAS.findall(lines[line - 1]) for name in names}
    if named := named - {""}:
        called = re.compile(rf"\b(?:{'|'.join(sorted(named))})\s*\(")
        found += numbers(text, (match.start() for match in called.finditer(text)))
    return sorted(set(found))


def places(word: str, text: str) -> Iterator[int]:
    """Yield where a word stands in a text."""
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + len(word))


def numbers(text: str, positions: Iterable[int]) -> list[int]:
    """Return the numbers of the lines that hold these positions."""
    found, line, last = [], 1, 0
    for position in sorted(positions):
        line += text.count("\n", last, position)
        last = position
        found.append(line)
    return found


def _nodes(
    node: ast.AST, around: tuple[ast.AST, ...], wanted: list[int]
) -> Iterator[tuple[ast.Call | ast.List | ast.Expr, tuple[ast.AST, ...]]]:
    """Yield the calls, lists and lone expressions that touch a wanted line, with what is around."""
    inner = (*around, node)
    for child in ast.iter_child_nodes(node):
        first = getattr(child, "lineno", None)
        if first is not None:
            nearest = bisect_left(wanted, first)
            if nearest == len(wanted) or wanted[nearest] > child.end_lineno:  # type: ignore[attr-defined]
                continue
        if isinstance(child, ast.Call | ast.List | ast.Expr):
            yield child, inner
        yield from _nodes(child, inner, wanted)


def _hit(node: ast.expr | ast.Expr, broken: Broken) -> Hit:
    rule = rule_of(broken.code)
    at = broken.node or node
    return Hit(
        at.lineno,
        at.col_offset,
        rule.code,
        broken.severity or rule.severity,
        broken.message or rule.says,
        at.end_lineno or at.lineno,
    )
