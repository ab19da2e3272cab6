"""Give pages that do not describe themselves, as gallery scripts, their first paragraph."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from docutils import nodes

if TYPE_CHECKING:
    from sphinx.application import Sphinx

LENGTH = 200


def describe(
    _app: Sphinx,
    _pagename: str,
    _templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Add a description for search engines where the page has none."""
    if doctree is None or 'name="description"' in context["metatags"]:
        return
    for paragraph in doctree.findall(nodes.paragraph):
        if isinstance(paragraph.parent, nodes.section):
            text = " ".join(paragraph.astext().split())
            if len(text) > LENGTH:
                text = text[:LENGTH].rsplit(" ", 1)[0] + " ..."
            context["metatags"] += f'<meta name="description" content="{escape(text)}" />'
            return


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to Sphinx before it writes a page."""
    app.connect("html-page-context", describe)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
