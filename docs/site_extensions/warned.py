"""Read a page again that was warned of, until nothing is wrong with it.

Sphinx warns of a page when it reads it, and reads it when it has changed: of an error that is left as
it is, the next build would say nothing, and end well.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util.logging import NAMESPACE, get_node_location, is_suppressed_warning

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

RECORD = "warned"


class Warned(logging.Handler):
    """Keep in mind what was warned of."""

    def __init__(self, app: Sphinx) -> None:
        super().__init__(logging.WARNING)
        self.app = app
        self.places: list[Any] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Note where a warning is from."""
        kind, subtype = getattr(record, "type", ""), getattr(record, "subtype", "")
        if not is_suppressed_warning(kind, subtype, self.app.config.suppress_warnings):
            self.places.append(getattr(record, "location", None))


def page_of(place: Any, env: BuildEnvironment) -> str | None:
    """Return the page of a place in any of the forms in which Sphinx names one."""
    if isinstance(place, nodes.Node):
        place = get_node_location(place)
    elif isinstance(place, tuple):
        place = place[0]
    for name in (str(place), str(place).rpartition(":")[0]):
        for page in (name, env.path2doc(name)):
            if page in env.found_docs:
                return page
    return None


def pages_of(places: Iterable[Any], env: BuildEnvironment) -> set[str]:
    """Return the pages that places are on; all pages, if one is on none."""
    found = {page_of(place, env) for place in places}
    return set(env.found_docs) if None in found else {name for name in found if name}


def record(app: Sphinx) -> Path:
    """Return where the pages are noted, from one build to the next."""
    return app.doctreedir / RECORD


def read_again(
    app: Sphinx,
    env: BuildEnvironment,
    _added: set[str],
    _changed: set[str],
    _removed: set[str],
) -> list[str]:
    """Return the pages that the last build warned of."""
    noted = record(app)
    names = noted.read_text(encoding="utf-8").splitlines() if noted.exists() else []
    return sorted(env.found_docs & set(names))


def setup(app: Sphinx) -> dict[str, Any]:
    """Listen to warnings, and note the pages when the build is done."""
    warned = Warned(app)
    logging.getLogger(NAMESPACE).addHandler(warned)

    def note(app: Sphinx, _failure: Exception | None) -> None:
        logging.getLogger(NAMESPACE).removeHandler(warned)
        names = sorted(pages_of(warned.places, app.env))
        record(app).write_text("\n".join(names), encoding="utf-8")

    app.connect("env-get-outdated", read_again)
    app.connect("build-finished", note, priority=998)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
