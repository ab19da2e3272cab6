"""What sphinx-gallery asks for by name: how to save figures, what to reset between scripts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from site_extensions import thumbnails

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment


def scrape(block: Any, block_vars: dict[str, Any], gallery_conf: dict[str, Any]) -> str:
    """Save the figures of a gallery script, as sphinx-gallery does, but as SVG, and its card."""
    import matplotlib.pyplot as plt
    from sphinx_gallery.scrapers import matplotlib_scraper

    saved, opened = block_vars["image_path_iterator"], plt.get_fignums()
    # The scraper closes what it saves.
    copy = thumbnails.copied(plt.figure(opened[0])) if opened and not len(saved) else None
    rst: str = matplotlib_scraper(block, block_vars, gallery_conf, format="svg")
    if copy:
        figure = Path(saved.image_path.format(1))
        name = figure.stem.removesuffix("_001") + thumbnails.OF_THIS_SITE
        thumbnails.draw(copy, figure.parent / "thumb" / name)
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
        its_own = re.compile(rf"(sphx_glr_)?{re.escape(name)}(_\d+|_thumb|_card)?\.")
        for path in list(written.rglob(f"*{name}*")):
            if its_own.match(path.name):
                path.unlink()


def place_cards(app: Sphinx) -> None:
    """Show each script by its own card."""
    thumbnails.place(Path(app.srcdir) / app.config.sphinx_gallery_conf["gallery_dirs"])


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
    """Connect to Sphinx before and after scripts run, and where it asks what is out of date."""
    app.connect("builder-inited", forget_removed_scripts, priority=400)  # before sphinx-gallery
    app.connect("builder-inited", place_cards, priority=600)  # after it
    app.connect("env-get-outdated", read_galleries_again)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
