"""What stands at the end of each page: the version, the day of its build, the changes, where to report."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinx.util.i18n import format_date

import dropout_explained

if TYPE_CHECKING:
    from sphinx.application import Sphinx

# The page says what a report needs, and forms ask for it wherever the repository is hosted.
HERE = "contributing.html#where-to-report"


def where_to_report() -> str:
    """Return the address for issues that pyproject.toml has; without one, our own section on it."""
    project = Path(dropout_explained.__file__).parent.parent / "pyproject.toml"
    urls = tomllib.loads(project.read_text(encoding="utf-8"))["project"].get("urls", {})
    return str(urls.get("Issues", HERE))


def tell_the_template(
    app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: object
) -> None:
    """Give the values that the template of pages shows."""
    # Of SOURCE_DATE_EPOCH, where that is set.
    context["built"] = format_date("%Y-%m-%d", language=app.config.language)
    context["report"] = where_to_report()


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to Sphinx where it fills in the template."""
    app.connect("html-page-context", tell_the_template)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
