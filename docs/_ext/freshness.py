"""Run every page and script again when the package that they use has changed.

Sphinx, myst-nb and sphinx-gallery each skip a source that is as it was, and none
of them knows that a number on a page also depends on the code that it imports:
without this, an error in the package would leave an old, green site.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dropout_explained

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config


def fingerprint() -> str:
    """Return a digest of the package's source files and of the versions that decide numbers."""
    digest = hashlib.sha256()
    package = Path(dropout_explained.__file__).parent
    constraints = package.parent / "constraints.txt"
    sources = (path for path in package.iterdir() if path.suffix in {".py", ".mplstyle"})
    for source in [*sorted(sources), *([constraints] if constraints.exists() else [])]:
        digest.update(source.name.encode() + source.read_bytes())
    return digest.hexdigest()


def forget_results(app: Sphinx, config: Config) -> None:
    """Remove what executed earlier where it executed with another package."""
    config.package_fingerprint = fingerprint()
    config.nb_execution_cache_path = str(app.doctreedir / "executed" / config.package_fingerprint)
    record = app.doctreedir / "package_fingerprint"
    if not record.exists() or record.read_text() != config.package_fingerprint:
        shutil.rmtree(app.doctreedir / "executed", ignore_errors=True)
        shutil.rmtree(app.srcdir / "auto_examples", ignore_errors=True)
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(config.package_fingerprint)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to Sphinx before the extensions that execute code."""
    # "env": Sphinx reads every page again when this value changes.
    app.add_config_value("package_fingerprint", "", "env", str)
    app.connect("config-inited", forget_results, priority=1)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
