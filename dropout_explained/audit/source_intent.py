"""Whether comments, docstrings and names say that a call drops on purpose."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from dropout_explained.audit.source_words import PARTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dropout_explained.audit.source_place import Place

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


def is_meant(place: Place) -> bool:
    """Return whether a comment, a docstring or a name around says that it drops on purpose."""
    parts = [part for name in place.names_around for part in PARTS.findall(name)]
    if any(NAMES_THAT_MEAN_IT.fullmatch(part) for part in parts):
        return True
    if any(MEANT.search(text) or MONTE_CARLO.search(text) for text in comments(place)):
        return True
    documented = [*place.functions, *([place.owner] if place.owner else [])]
    return any(
        says_that_it_drops_always(ast.get_docstring(scope) or "")
        for scope in documented
        if not isinstance(scope, ast.Lambda)
    )


def comments(place: Place) -> Iterator[str]:
    """Yield the comments on the lines of this node, and those right above its statement."""
    statement = next(
        node for node in reversed([*place.around, place.node]) if isinstance(node, ast.stmt)
    )
    first = getattr(place.node, "lineno", 1)
    for line in place.lines[first - 1 : getattr(place.node, "end_lineno", first)]:
        yield line.partition("#")[2]
    above: list[str] = []
    for line in reversed(place.lines[: statement.lineno - 1]):
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
