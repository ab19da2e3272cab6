"""Spend less on what a build keeps in memory and on disk: a rebuild mostly loads what it knows.

Python looks for cycles each time that some hundred more objects are alive, and pages as they are
kept consist of some ten thousand nodes: to look took five times as long as to load them.
"""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx

# Objects that come before Python looks for cycles.
MANY = 200_000


def keep_one_document(_app: Sphinx, page: nodes.document) -> None:
    """Let all of a page belong to the page.

    What reStructuredText inside MyST leaves belongs to a document of its own, which holds all that
    Sphinx knows of the site, and would be kept with each such page.
    """
    for node in page.findall():
        if node.document is not page:
            node.document = page


def setup(app: Sphinx) -> dict[str, Any]:
    """Look less often from now on, and connect to Sphinx when a page has been read."""
    gc.freeze()
    gc.set_threshold(MANY, *gc.get_threshold()[1:])
    app.connect("doctree-read", keep_one_document)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
