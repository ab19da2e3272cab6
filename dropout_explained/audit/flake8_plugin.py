"""Let flake8 report what is wrong with dropout, errors and warnings: every report is a failure there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dropout_explained.audit.source_hits import hits

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator, Sequence


class Flake8Plugin:
    """What flake8 makes for each file, from its tree and its lines; flake8 itself knows ``noqa``."""

    def __init__(self, tree: ast.Module, lines: Sequence[str]) -> None:
        self.tree = tree
        self.text = "".join(lines).replace("\r\n", "\n")

    def run(self) -> Iterator[tuple[int, int, str, type]]:
        """Yield line, column, code with message, and whose finding it is."""
        for hit in hits(self.tree, self.text):
            if hit.severity != "note":
                yield hit.line, hit.column, f"{hit.code} {hit.message}", type(self)
