"""What sphinx-gallery asks for by name: how to save figures, what to reset between scripts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment


def scrape(block: Any, block_vars: dict[str, Any], gallery_conf: dict[str, Any]) -> str:
    """Save the figures of a gallery script, as sphinx-gallery does, but as SVG."""
    from sphinx_gallery.scrapers import matplotlib_scraper

    rst: str = matplotlib_scraper(block, block_vars, gallery_conf, format="svg")
    return rst


def seed_torch(_gallery_conf: dict[str, Any], _fname: str) -> None:
    """Start every gallery script from torch's state in a fresh process that seeds 0."""
    import torch

    torch.manual_seed(0)


def forget_removed_scripts(app: Sphinx) -> None:
    """Remove the pages of scripts that are gone, which sphinx-gallery would leave to be built."""
    examples = Path(app.srcdir) / app.config.sphinx_gallery_conf["examples_dirs"]
    written = Path(app.srcdir) / app.config.sphinx_gallery_conf["gallery_dirs"]
    scripts = {path.stem for path in examples.rglob("plot_*.py")}
    for name in {path.stem for path in written.rglob("plot_*.rst")} - scripts:
        its_own = re.compile(rf"(sphx_glr_)?{re.escape(name)}(_\d+|_thumb)?\.")
        for path in list(written.rglob(f"*{name}*")):
            if its_own.match(path.name):
                path.unlink()


def read_galleries_again(
    _app: Sphinx,
    env: BuildEnvironment,
    added: set[str],
    changed: set[str],
    removed: set[str],
) -> list[str]:
    """Read the pages with small galleries again when a script came, changed or went."""
    if not any(name.startswith("auto_examples/") for name in added | changed | removed):
        return []
    sources = ((name, env.doc2path(name)) for name in env.found_docs)
    return [name for name, path in sources if "minigallery::" in path.read_text(encoding="utf-8")]


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to Sphinx before scripts run, and where it asks what else is out of date."""
    app.connect("builder-inited", forget_removed_scripts, priority=400)  # before sphinx-gallery
    app.connect("env-get-outdated", read_galleries_again)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
