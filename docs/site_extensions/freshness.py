"""Run every page and script again when the code that they use has changed.

Sphinx, myst-nb and sphinx-gallery each skip a source that is as it was, and none
of them knows that a number on a page also depends on the code that it imports:
without this, an error in the package would leave an old, green site.

A docstring or a comment changes no number. Sphinx itself reads the pages again that show
a docstring, because autodoc notes where each comes from.
"""

from __future__ import annotations

import ast
import hashlib
import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dropout_explained

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sphinx.application import Sphinx
    from sphinx.config import Config

EXTENSIONS = Path(__file__).parent


class WithoutDocstrings(ast.NodeTransformer):
    """Remove every string that stands alone: as a statement it does nothing."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        """Keep any other expression."""
        lone = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if lone else node


def meaning(source: Path) -> bytes:
    """Return what a file says to the computer: for Python its code, for others all of it."""
    contents = source.read_bytes()
    if source.suffix != ".py":
        return contents
    return ast.dump(WithoutDocstrings().visit(ast.parse(contents, source))).encode()


def digest(sources: Iterable[Path], root: Path, known: dict[str, str] | None = None) -> str:
    """Return a digest of the names and the meanings of files; ``known`` has those of contents seen before."""
    known = {} if known is None else known
    found = hashlib.sha256()
    for source in sorted(sources):
        name = source.relative_to(root).as_posix()
        # To parse a package takes longer than to read a page of it.
        contents = f"{source.suffix} {sys.version}".encode() + source.read_bytes()
        key = hashlib.sha256(contents).hexdigest()
        if key not in known:
            known[key] = hashlib.sha256(meaning(source)).hexdigest()
        found.update(f"{name}\0{known[key]}".encode())
    return found.hexdigest()


def fingerprint(known: dict[str, str] | None = None) -> str:
    """Return a digest of the package's code, style and catalogue, and of the versions that decide numbers."""
    package = Path(dropout_explained.__file__).parent
    sources = [path for path in package.rglob("*") if path.suffix in {".py", ".mplstyle", ".toml"}]
    pinned = package.parent / "constraints.txt"
    return digest([*sources, *([pinned] if pinned.exists() else [])], package.parent, known)


def forget_results(app: Sphinx, config: Config) -> None:
    """Remove what executed earlier where it executed with another package."""
    memory = app.doctreedir / "meanings.json"
    try:
        known = json.loads(memory.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        known = {}
    before = len(known)
    config.package_fingerprint = fingerprint(known)
    config.extensions_fingerprint = digest(EXTENSIONS.rglob("*.py"), EXTENSIONS, known)
    if len(known) > before:
        memory.parent.mkdir(parents=True, exist_ok=True)
        memory.write_text(json.dumps(known), encoding="utf-8")
    executed = app.doctreedir / "executed" / config.package_fingerprint
    config.nb_execution_cache_path = str(executed)
    record = app.doctreedir / "package_fingerprint"
    if not record.exists() or record.read_text() != config.package_fingerprint:
        shutil.rmtree(app.doctreedir / "executed", ignore_errors=True)
        shutil.rmtree(app.srcdir / "auto_examples", ignore_errors=True)
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(config.package_fingerprint)
    begin_list(executed)


def begin_list(cache: Path) -> None:
    """Make the list of what ran, which two processes that read pages would both try to make."""
    if not cache.exists():
        from jupyter_cache import get_cache

        get_cache(cache).list_cache_records()


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to Sphinx before the extensions that execute code."""
    # "env": Sphinx reads every page again when one of these values changes.
    app.add_config_value("package_fingerprint", "", "env", str)
    app.add_config_value("extensions_fingerprint", "", "env", str)
    app.connect("config-inited", forget_results, priority=1)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
