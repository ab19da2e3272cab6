"""Spend less on what a build keeps in memory and on disk: a rebuild mostly loads what it knows.

Python looks for cycles each time that some hundred more objects are alive, and pages as they are
kept consist of some ten thousand nodes: to look took five times as long as to load them. And a process
of its own for one page has to be told all of the site, and to tell it back.
"""

from __future__ import annotations

import functools
import gc
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

# Objects that come before Python looks for cycles.
MANY = 200_000
# Pages that are read sooner in turn than beside each other.
FEW = 2


def keep_one_document(_app: Sphinx, page: nodes.document) -> None:
    """Let all of a page belong to the page.

    What reStructuredText inside MyST leaves belongs to a document of its own, which holds all that
    Sphinx knows of the site, and would be kept with each such page.
    """
    for node in page.findall():
        if node.document is not page:
            node.document = page


def read_few_in_turn(app: Sphinx, _env: BuildEnvironment, names: list[str]) -> None:
    """Start no processes for a page or two; as many as were asked for write them and those that name them."""
    wanted = app.parallel
    if len(names) <= FEW:
        app.parallel = 1

    def write_as_wanted(_app: Sphinx, _env: BuildEnvironment) -> None:
        app.parallel = wanted

    app.connect("env-updated", write_as_wanted)


def import_matplotlib_where_it_draws() -> None:
    """Let the gallery import it before a script runs, where it does so anyway, and not for each build."""
    from sphinx_gallery import gen_gallery

    gen_gallery._import_matplotlib = lambda: None  # noqa: SLF001


def find_each_plugin_once() -> None:
    """Let pybtex look through all that is installed once for each of its plugins, and not each time that it uses one."""
    from pybtex import plugin

    plugin.entry_points = functools.cache(plugin.entry_points)


def setup(app: Sphinx) -> dict[str, Any]:
    """Look less often from now on, and connect to Sphinx before pages are read, and when one has been."""
    import_matplotlib_where_it_draws()
    find_each_plugin_once()
    gc.freeze()
    gc.set_threshold(MANY, *gc.get_threshold()[1:])
    app.connect("env-before-read-docs", read_few_in_turn)
    app.connect("doctree-read", keep_one_document)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
