"""Run the pages again that state what was recorded, when that is recorded anew.

What a page computes depends on its cells and on the package. Speeds and weights differ from run to
run, so that a page reads them from ``measured/``: such a page, and no other, runs with another record.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

FOLDER = "measured"
NAMED = re.compile(r'"(?:\.\./)*measured(?:/([\w-]+\.json))?"')
# Shown nowhere, and a part of what myst-nb compares before it runs a page again.
KERNEL = re.compile(r"^( +display_name: .*)$", re.MULTILINE)


def records(source: str, folder: Path) -> list[Path]:
    """Return the records that a page reads: those that it names, or all where it names their folder."""
    names = {found[1] or "*.json" for found in NAMED.finditer(source)}
    return sorted({path for name in names for path in folder.glob(name)})


def with_records(app: Sphinx, _name: str, source: list[str]) -> None:
    """Let a page depend on what it reads: Sphinx reads it again, and its cells run again."""
    read = records(source[0], Path(app.srcdir) / FOLDER)
    if not read:
        return
    for path in read:
        app.env.note_dependency(str(path))
    contents = hashlib.sha256(b"".join(path.read_bytes() for path in read)).hexdigest()[:16]
    source[0] = KERNEL.sub(rf"\1, with records {contents}", source[0], count=1)


def name_all(app: Sphinx, config: Config) -> None:
    """Have every page read again when a record comes or goes, which a page that reads all does not see."""
    config.records = sorted(path.name for path in (Path(app.srcdir) / FOLDER).glob("*.json"))


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to Sphinx before a page is read."""
    app.add_config_value("records", [], "env", list)
    app.connect("config-inited", name_all)
    app.connect("source-read", with_records)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
