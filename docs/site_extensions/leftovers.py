"""Take out of the built site what its sources no longer have.

Sphinx writes over what it builds and removes nothing: a page that was deleted, its figures and its
downloads would be served, found and linked for as long as the folder lasts.
"""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

# Sphinx makes these from no source.
GENERATED = {"genindex", "search"}
# Folders that hold only what pages and style sheets name.
NAMED = ("_images", "_downloads", "_static/inline")
ADDRESS = re.compile(rf"(?:{'|'.join(NAMED)})/[^\"'\s?#,)]+")


def files_named(text: str) -> set[str]:
    """Return the site's files, of those folders, that a page or a style sheet names."""
    return {unquote(unescape(address)) for address in ADDRESS.findall(text)}


def pages_gone(site: Path, sources: set[str]) -> Iterable[Path]:
    """Return the pages of a site that come from none of the sources."""
    for page in site.rglob("*.html"):
        name = page.relative_to(site).with_suffix("").as_posix()
        if name not in sources | GENERATED and not name.startswith("_"):
            yield page


def files_gone(site: Path, named: Collection[str]) -> Iterable[Path]:
    """Return the files in those folders that nothing names."""
    for folder in NAMED:
        for path in (site / folder).rglob("*"):
            if path.is_file() and path.relative_to(site).as_posix() not in named:
                yield path


def remove(paths: Iterable[Path], site: Path) -> None:
    """Remove files, and the folders that this leaves empty."""
    for path in list(paths):
        path.unlink()
        for folder in path.parents:
            if folder == site or any(folder.iterdir()):
                break
            folder.rmdir()
