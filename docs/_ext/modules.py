"""Ship the lab's JavaScript modules without the comments, which are half of what a phone would load."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

SOURCES = Path("lab") / "modules"
# Comments that have their lines to themselves, types, indentation, and the line breaks
# inside brackets: no code is taken apart, so that little has to be known of the language.
COMMENT = re.compile(r"^[ \t]*(?:/\*.*?\*/|//[^\n]*)[ \t]*\n", re.DOTALL | re.MULTILINE)
TYPE = re.compile(r"/\*\* @.*?\*/ ?")
MARGIN = re.compile(r"^[ \t\n]+", re.MULTILINE)
BREAK = re.compile(r"(?<=[\[({,])\n|\n(?=[\])])")


def shipped(module: str) -> str:
    """Return a module without what only its readers need."""
    for part in (COMMENT, TYPE, MARGIN, BREAK):
        module = part.sub("", module)
    return module


def ship(app: Sphinx, failure: Exception | None) -> None:
    """Write each module into the static files of the built site."""
    if failure or app.builder.format != "html":
        return
    sources = app.srcdir / SOURCES
    for source in sorted(sources.rglob("*.js")):
        target = app.outdir / "_static" / "lab" / source.relative_to(sources)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(shipped(source.read_text(encoding="utf-8")), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to Sphinx after it has copied the static files."""
    app.connect("build-finished", ship)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
