"""Build the package's wheel with the site, and show the one line that installs it from there."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

import dropout_explained

if TYPE_CHECKING:
    from sphinx.application import Sphinx

FOLDER = "wheel"
ROOT = Path(dropout_explained.__file__).parent.parent
NAME = f"dropout_explained-{dropout_explained.__version__}-py3-none-any.whl"


def build_wheel(app: Sphinx) -> None:
    """Build the wheel from the sources that the pages ran."""
    from hatchling.builders.wheel import WheelBuilder

    target = app.doctreedir / "extra"
    shutil.rmtree(target, ignore_errors=True)
    (built,) = WheelBuilder(str(ROOT)).build(directory=str(target / FOLDER), versions=["standard"])
    if Path(built).name != NAME:
        raise AssertionError(f"expected the wheel {NAME}, built {built}")
    app.config.html_extra_path.append(str(target))


class InstallFromSite(SphinxDirective):
    """The pip line for this site's wheel.

    A site does not know its own address while it is built: the address is a word
    that a small script replaces in the browser, and that says what belongs there.
    """

    def run(self) -> list[nodes.Node]:
        """Return the line, and a link to the wheel for those who download it by hand."""
        depth = self.env.docname.count("/")
        wheel = f"{'../' * depth}{FOLDER}/{NAME}"
        line = (
            '<div class="highlight-console notranslate"><div class="highlight"><pre>'
            "python -m pip install &quot;dropout-explained[gallery] @ "
            f'<span class="site-address" data-wheel="{wheel}">ADDRESS-OF-THIS-SITE/{FOLDER}/{NAME}'
            "</span>&quot;\n</pre></div></div>"
        )
        link = f'<p>The wheel itself: <a class="wheel" href="{wheel}" download>{NAME}</a></p>'
        return [nodes.raw("", line + link, format="html")]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive and the build of the wheel."""
    app.add_directive("install-from-site", InstallFromSite)
    app.connect("builder-inited", build_wheel)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
