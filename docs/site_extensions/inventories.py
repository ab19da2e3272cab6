"""Compile the inventories in docs/_inventories, so that links to other sites need no network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sphobjinv

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

SITES = {
    "matplotlib": "https://matplotlib.org/stable/",
    "numpy": "https://numpy.org/doc/stable/",
    "python": "https://docs.python.org/3/",
    "torch": "https://docs.pytorch.org/docs/stable/",
}


def compile_inventories(app: Sphinx, config: Config) -> None:
    """Write one binary inventory a site, and map intersphinx to it."""
    folder = app.doctreedir / "inventories"
    folder.mkdir(parents=True, exist_ok=True)
    for name, site in SITES.items():
        inventory = sphobjinv.Inventory(app.srcdir / "_inventories" / f"{name}.txt")
        # Sphinx puts the name in the place of a last $ only; here it stands wherever one is.
        inventory.objects[:] = [
            entry.evolve(uri=entry.uri.replace("$", entry.name)) for entry in inventory.objects
        ]
        compiled = folder / f"{name}.inv"
        sphobjinv.writebytes(compiled, sphobjinv.compress(inventory.data_file()))
        config.intersphinx_mapping[name] = (site, str(compiled))


def setup(app: Sphinx) -> dict[str, Any]:
    """Run before intersphinx reads its mapping."""
    app.setup_extension("sphinx.ext.intersphinx")
    app.connect("config-inited", compile_inventories, priority=2)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
