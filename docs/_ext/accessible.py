"""Give assistive technology what the theme and the extensions leave out of their HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

REPAIRS = {
    # A heading role needs a level.
    'role="heading">': 'role="heading" aria-level="2">',
    # Two landmarks of a kind need names that tell them apart.
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="Pages">',
    '<aside class="toc-drawer">': '<aside class="toc-drawer" aria-label="On this page">',
    '<aside class="toc-drawer no-toc">': '<aside class="toc-drawer no-toc" aria-label="On this page">',
    '<aside class="footnote-list brackets">': '<aside class="footnote-list brackets" aria-label="Works cited">',
    # The visible text is the better name.
    '<summary aria-label="Toggle hidden content">': "<summary>",
}


def repair(app: Sphinx, failure: Exception | None) -> None:
    """Rewrite the pages that need it; what is repaired no longer matches."""
    if failure or app.builder.format != "html":
        return
    for page in app.outdir.rglob("*.html"):
        found = page.read_text(encoding="utf-8")
        repaired = found
        for fault, remedy in REPAIRS.items():
            repaired = repaired.replace(fault, remedy)
        if repaired != found:
            page.write_text(repaired, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to Sphinx after it has written the pages."""
    app.connect("build-finished", repair)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
