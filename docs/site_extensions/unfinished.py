"""Take nothing half-done from a build that was interrupted.

A build that ends by a signal leaves files that end in the middle, and records of what it was
about to write. None of the tools looks back: a page is written again if its source is newer, a
script runs again if its text has changed, a figure is kept if a file of its name is there. So a note
lies beside the doctrees from a build's first step to its last. Who finds one forgets all
that was read and written, and of what ran whatever may not be whole.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinx.errors import ConfigError
from sphinx.util import logging

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sphinx.application import Sphinx
    from sphinx.config import Config

NOTE = "unfinished"
ENVIRONMENT = "environment.pickle"
LOGGER = logging.getLogger(__name__)


def begin(app: Sphinx, _config: Config) -> None:
    """Clear away what an unfinished build left, and note that this one has begun."""
    note = app.doctreedir / NOTE
    if note.exists():
        LOGGER.info("The build before this one did not end: pages are read and written again.")
        # Its place is told from here, because folders are moved and copied.
        site = app.doctreedir / (note.read_text(encoding="utf-8") or os.devnull)
        clear(app.doctreedir, [Path(app.outdir), site], app.srcdir / "auto_examples")
    try:
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(os.path.relpath(app.outdir, app.doctreedir), encoding="utf-8")
    except OSError as refused:
        raise ConfigError(f"{note.parent}: {refused.strerror}") from refused


def clear(doctrees: Path, sites: Iterable[Path], gallery: Path) -> None:
    """Remove what can be made again at little cost, and results that may not be whole."""
    (doctrees / ENVIRONMENT).unlink(missing_ok=True)
    for site in sites:
        # Figures of cells, which are named by their content, stand beside the site.
        shutil.rmtree(site.parent / "jupyter_execute", ignore_errors=True)
        shutil.rmtree(site, ignore_errors=True)
        site.mkdir(parents=True, exist_ok=True)
    forget_broken_notebooks(doctrees / "executed")
    forget_last_script(gallery)


def forget_broken_notebooks(cache: Path) -> None:
    """Remove what ran but was not kept whole: its record comes first, its file second."""
    if not cache.exists():
        return
    from jupyter_cache import get_cache
    from jupyter_cache.cache.db import NbCacheRecord
    from sqlalchemy.exc import SQLAlchemyError

    for folder in cache.iterdir():
        notebooks = get_cache(folder)
        try:
            records = notebooks.list_cache_records()
        except SQLAlchemyError:  # a list that was never finished
            shutil.rmtree(folder)
            continue
        for record in records:
            try:
                notebooks.get_cache_bundle(record.pk)
            except (KeyError, ValueError):  # no file, or one that is no JSON
                NbCacheRecord.remove_records([record.pk], notebooks.db)
                shutil.rmtree(folder / "executed" / record.hashkey, ignore_errors=True)


def forget_last_script(gallery: Path) -> None:
    """Let the script run again that ran last: its success is noted before its page is written."""
    noted = sorted(gallery.rglob("plot_*.py.md5"), key=lambda path: path.stat().st_mtime_ns)
    for path in noted[-1:]:
        path.unlink()


def end(app: Sphinx, failure: Exception | None) -> None:
    """Take the note away, if all is done."""
    if failure is None:
        (app.doctreedir / NOTE).unlink(missing_ok=True)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to Sphinx before anything is read, and after everything is written."""
    app.connect("config-inited", begin, priority=0)
    app.connect("build-finished", end, priority=999)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
