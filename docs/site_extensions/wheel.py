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


def address_of_site(target: str, shown: str) -> str:
    """Return what stands for an address of this site.

    A site does not know its own address while it is built: the address is a word
    that a small script replaces in the browser, and that says what belongs there.
    """
    word = f"ADDRESS-OF-THIS-SITE/{shown}"
    return f'<span class="site-address" data-wheel="{target}">{word}</span>'


def console(*lines: str) -> str:
    """Return lines for a terminal, as a page shows them."""
    pre = "".join(f"{line}\n" for line in lines)
    return (
        '<div class="highlight-console notranslate"><div class="highlight">'
        f"<pre>{pre}</pre></div></div>"
    )


class InstallFromSite(SphinxDirective):
    """The pip line for this site's wheel."""

    def run(self) -> list[nodes.Node]:
        """Return the line, and a link to the wheel for those who download it by hand."""
        wheel = f"{'../' * self.env.docname.count('/')}{FOLDER}/{NAME}"
        place = address_of_site(wheel, f"{FOLDER}/{NAME}")
        line = console(f"python -m pip install &quot;dropout-explained[gallery] @ {place}&quot;")
        link = f'<p>The wheel itself: <a class="wheel" href="{wheel}" download>{NAME}</a></p>'
        return [nodes.raw("", line + link, format="html")]


class RunFromSite(SphinxDirective):
    """The lines that run a script without installing anything first.

    Both programs look for the package among the links of the page on which this stands,
    and so the wheel must be linked there.
    """

    def run(self) -> list[nodes.Node]:
        """Return one line for uv and one for pipx."""
        name = f"{self.env.docname}.html"
        place = address_of_site(name.rpartition("/")[2], name)
        lines = console(
            f"uv run --find-links {place} SCRIPT.py",
            f"pipx run --pip-args=&quot;--find-links {place}&quot; SCRIPT.py",
        )
        return [nodes.raw("", lines, format="html")]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive and the build of the wheel."""
    app.add_directive("install-from-site", InstallFromSite)
    app.add_directive("run-from-site", RunFromSite)
    app.connect("builder-inited", build_wheel)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
