"""Show what a cell printed as it printed it, however many pieces it came in, in every build alike.

A kernel sends what is printed in pieces, several times a second, and on a busy machine a piece ends
within a line. Myst-nb strips each piece and ends it with a line break: a line then falls apart, or an
empty one comes between two, in one build and not in the next. And it brings its style sheet when all
pages are written: their links to it then name its version from the second build on only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from myst_nb.core import render
from myst_nb.core.utils import coalesce_streams
from myst_nb.sphinx_ext import add_global_html_resources

if TYPE_CHECKING:
    from nbformat import NotebookNode
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment


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


def bring_style_sheet(app: Sphinx, _env: BuildEnvironment) -> None:
    """Let myst-nb write its style sheet before pages name it."""
    (app.outdir / "_static").mkdir(parents=True, exist_ok=True)
    add_global_html_resources(app, None)


def setup(app: Sphinx) -> dict[str, Any]:
    """Take the place of myst-nb's own function, where its renderer looks for it."""
    render.coalesce_streams = merged
    app.connect("env-updated", bring_style_sheet)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
