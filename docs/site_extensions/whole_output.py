"""Show what a cell printed as it printed it, however many pieces it came in.

A kernel sends what is printed in pieces, several times a second, and on a busy machine a piece ends
within a line. Myst-nb strips each piece and ends it with a line break: a line then falls apart, or an
empty one comes between two, in one build and not in the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from myst_nb.core import render
from myst_nb.core.utils import coalesce_streams

if TYPE_CHECKING:
    from nbformat import NotebookNode
    from sphinx.application import Sphinx


def merged(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Return the outputs of a cell with each stream in one piece, and then as myst-nb wants it."""
    whole: list[NotebookNode] = []
    streams: dict[str, NotebookNode] = {}
    for output in outputs:
        if output["output_type"] != "stream":
            whole.append(output)
        elif output["name"] in streams:
            streams[output["name"]]["text"] += output["text"]
        else:
            streams[output["name"]] = output.copy()
            whole.append(streams[output["name"]])
    merged_by_myst: list[NotebookNode] = coalesce_streams(whole)
    return merged_by_myst


def setup(_app: Sphinx) -> dict[str, Any]:
    """Take the place of myst-nb's own function, where its renderer looks for it."""
    render.coalesce_streams = merged
    return {"parallel_read_safe": True, "parallel_write_safe": True}
