"""Say which page is being run, of how many: Sphinx says it of ten pages at a time, when they are done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

RUNS = "file_format: mystnb"
_places: dict[str, str] = {}


def count(_app: Sphinx, _env: BuildEnvironment, names: list[str]) -> None:
    """Give each page its number before processes share them."""
    _places.update({name: f"{i} of {len(names)}" for i, name in enumerate(names, 1)})


def tell(app: Sphinx, name: str, source: list[str]) -> None:
    """Write a line at once; what another process logs is shown when it is done."""
    status = getattr(app, "_status", None)
    if status is not None and RUNS in source[0][:200]:
        status.write(f"page {_places.get(name, '')}, {name}: its cells run, unless they have\n")
        status.flush()


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to Sphinx before and while pages are read."""
    app.connect("env-before-read-docs", count, priority=999)
    app.connect("source-read", tell)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
