"""What the gallery gives to take along: files that say what they need, and one zip of all of them.

The scripts themselves stay free of it. What a file needs is the package with its extra, in the version
of this site: by name, or from the site's own wheel if the site knows its address.
"""

from __future__ import annotations

import io
import json
import os
import re
import tomllib
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selectolax.lexbor import LexborHTMLParser

import dropout_explained
from site_extensions import address, wheel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sphinx.application import Sphinx

LABELS = {
    ".sphx-glr-footer-example .sphx-glr-download-python a": "Download .py",
    ".sphx-glr-footer-example .sphx-glr-download-jupyter a": "Download .ipynb",
    ".sphx-glr-footer-example .sphx-glr-download-zip a": "Download both, .zip",
    ".sphx-glr-footer-gallery .sphx-glr-download-zip a": "Download everything, zipped",
}
FOLDER = "_downloads"
ALL = "dropout_explained_examples.zip"
# Where the notebooks of that zip stand on GitHub, as OWNER/REPOSITORY/blob/BRANCH/FOLDER.
COLAB = "COLAB_NOTEBOOKS"
METADATA = "# /// script\n"
README = """\
The examples of the site, of version {version}
{line}
scripts/    each makes one claim, asserts it when it runs, and draws it
notebooks/  the same as notebooks
{wheel}
            the package that both import

With Python {python}, in this folder:

    python -m pip install "./{wheel}[gallery]"
    python scripts/{script}

or with nothing installed by hand:

    uv run --find-links . scripts/{script}
    pipx run --pip-args="--find-links ." scripts/{script}
"""


def project() -> dict[str, Any]:
    """Return what pyproject.toml says of the package."""
    text = (wheel.ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found: dict[str, Any] = tomllib.loads(text)["project"]
    return found


def requirement() -> str:
    """Return what a script needs, as pip reads it."""
    extra, site = f"{project()['name']}[gallery]", address.from_environment()
    version = dropout_explained.__version__
    return f"{extra} @ {site}{wheel.FOLDER}/{wheel.NAME}" if site else f"{extra}=={version}"


def labelled(page: str, colab: str = "") -> str:
    """Return a page whose buttons are short and say the kind of file: its name is no label."""
    page = page.replace(*_one_zip(page))
    tree = LexborHTMLParser(page)
    for selector, label in LABELS.items():
        for link in tree.css(selector):
            link.inner_html = label
    for notebook in tree.css(".sphx-glr-footer-example .sphx-glr-download-jupyter a"):
        if colab and not tree.css_first(".sphx-glr-download-colab"):
            name = (notebook.attrs["href"] or "").rsplit("/", 1)[-1]
            there = f"https://colab.research.google.com/github/{colab.strip('/')}/{name}"
            button = _button(
                "colab", f'<a class="reference external" href="{there}">Open in Colab</a>'
            )
            found = notebook.parent and notebook.parent.parent
            if found:
                found.insert_after(LexborHTMLParser(button).css("div")[0], move=True)
    return tree.html or page


def _button(kind: str, link: str) -> str:
    """Return a button of the gallery."""
    return f'<div class="sphx-glr-download sphx-glr-download-{kind} docutils container"><p>{link}</p></div>'


def _one_zip(page: str) -> tuple[str, str]:
    """Return the buttons of the gallery's own two zips, and the one that takes their place."""
    found = re.search(
        r'(<div class="sphx-glr-footer sphx-glr-footer-gallery[^>]*>).*?href="((?:\.\./)*)_downloads/'
        r".*?</div>\s*<div.*?</div>\s*</div>",
        page,
        re.DOTALL,
    )
    if not found or ALL in found[0]:
        return "", ""
    link = (
        f'<a class="reference download internal" download="" href="{found[2]}{FOLDER}/{ALL}"></a>'
    )
    return found[0], f"{found[1]}\n{_button('zip', link)}\n</div>"


def runnable(script: str, needed: str) -> str:
    """Return a script that says what it needs, as ``uv run`` and ``pipx run`` read it (PEP 723).

    At its end: what it prints of its own lines stays true, and a reader sees the claim first.
    """
    if METADATA in script:
        return script
    python = project()["requires-python"]
    return (
        f"{script.rstrip()}\n\n# What `uv run` and `pipx run` install to run this file.\n{METADATA}"
        f'# requires-python = "{python}"\n# dependencies = [{json.dumps(needed)}]\n# ///\n'
    )


def installing(notebook: str, needed: str) -> str:
    """Return a notebook whose first cell installs what it needs."""
    contents = json.loads(notebook)
    line = f'%pip install --quiet "{needed}"'
    source = f"# Installs what this notebook needs, where that is missing.\n{line}"
    if source not in ("".join(cell["source"]) for cell in contents["cells"]):
        cell: dict[str, Any] = {
            "cell_type": "code",
            "execution_count": None,
            "metadata": {},
            "outputs": [],
        }
        contents["cells"].insert(0, {**cell, "source": source.splitlines(keepends=True)})
    return json.dumps(contents, indent=1, ensure_ascii=False) + "\n"


def packed(files: Mapping[str, bytes]) -> bytes:
    """Return a zip of some files: the same bytes whenever and wherever it is made."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, contents in sorted(files.items()):
            entry = zipfile.ZipInfo(name)  # of 1980
            entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, contents)
    return buffer.getvalue()


def read_me(script: str) -> str:
    """Return what stands in the zip of everything, with one of its scripts as example."""
    version = dropout_explained.__version__
    line = "=" * len(README.partition("\n")[0].format(version=version))
    python = project()["requires-python"].replace(">=", "") + " or newer"
    return README.format(version=version, line=line, wheel=wheel.NAME, python=python, script=script)


def finish(site: Path) -> None:
    """Let each file say what it needs, pack the zips again, and pack all of it into one."""
    needed = requirement()
    offered: dict[str, dict[str, bytes]] = {}
    for path in sorted((site / FOLDER).glob("*/plot_*")):
        finisher = {".py": runnable, ".ipynb": installing}.get(path.suffix)
        if finisher:
            text = finisher(path.read_text(encoding="utf-8"), needed)
            path.write_text(text, encoding="utf-8")
            offered.setdefault(path.stem, {})[path.name] = text.encode()
    for path in (site / FOLDER).glob("*/plot_*.zip"):
        path.write_bytes(packed(offered[path.stem]))
    if not offered:
        return
    folders = {".py": "scripts", ".ipynb": "notebooks"}
    everything = {
        f"{folders[Path(name).suffix]}/{name}": contents
        for files in offered.values()
        for name, contents in files.items()
    }
    everything[wheel.NAME] = (site / wheel.FOLDER / wheel.NAME).read_bytes()
    everything["README.txt"] = read_me(f"{min(offered)}.py").encode()
    (site / FOLDER / ALL).write_bytes(packed(everything))


def setup(app: Sphinx) -> dict[str, Any]:
    """Let pages be written again when the place of the notebooks changes."""
    app.add_config_value("colab_notebooks", os.environ.get(COLAB, ""), "html", str)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
