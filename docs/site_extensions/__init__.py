"""What this site adds to Sphinx and its extensions: one idea a module.

While sources are read: ``quick`` (what a build spends), ``unfinished`` (what an interrupted build
left), ``freshness`` (what must run again), ``recorded`` (what was measured, and who states it),
``findings`` (the catalogue of what can be wrong), ``gallery`` (how scripts run and draw) and
``thumbnails`` (their cards), ``inventories`` (links to other sites without a network),
``law_directives`` and ``laws`` (each law on its page, all in one table), ``lead`` (the box that
opens a page), ``mathml`` (formulas), ``numbers`` and ``readings`` (numbers that a reader can move),
``progress`` (which page is being run), ``warned`` (an error that is left stays one),
``whole_output`` (what a cell printed), ``wheel`` (the package itself, to install from the site).

When pages are written: ``pages`` walks once over the built site and hands each file to functions
that know nothing of Sphinx: ``accessible``, ``link_previews``, ``labelled_tables``, ``breakable``
(where a line may end), ``downloads`` (the gallery's buttons), ``folded``, ``content_security``,
``adaptive_svg``, ``figure_sizes``, ``needed_scripts``, ``minified``, ``leftovers``,
``search_sections``, ``markdown_twin``. What all pages share depends on all of them: ``style_sheet``
with ``purged``, and ``math_font``; of pages that did not change, ``remembered`` knows what was made. A site that is
told its address (``address``) names it, draws ``cards`` and describes itself
(``structured_data``); ``colophon`` is what stands at the foot. ``told`` says what failed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

# In this order: what is quick is so for the others, and the next two empty their caches.
CONNECTED = (
    "quick", "unfinished", "freshness", "address", "colophon", "findings", "gallery", "inventories",
    "law_directives", "lead", "mathml", "numbers", "pages", "progress", "recorded", "warned",
    "wheel", "whole_output",
)  # fmt: skip


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect each module that Sphinx must know of."""
    for name in CONNECTED:
        app.setup_extension(f"{__name__}.{name}")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
