"""The gallery: each script proves its claim alone, from an empty folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import nbformat
import pytest
from conftest import SCRIPTS
from nbclient import NotebookClient

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_script_runs_from_an_empty_folder(script: Path, tmp_path: Path) -> None:
    """Without a window, without warnings, without leaving files behind."""
    # The one warning that a machine without a screen is right to give.
    no_screen = "ignore:FigureCanvasAgg is non-interactive:UserWarning"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-W", no_screen, str(script)],
        cwd=tmp_path,
        env={**os.environ, "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_script_has_the_parts_of_a_page(script: Path) -> None:
    """A claim, assertions, a figure, what to take away and what to try."""
    text = script.read_text(encoding="utf-8")
    for part in (
        r"^\s*assert ",
        r"plt\.show\(\)",
        r"# What to take away",
        r"\*\*Try changing\*\*",
    ):
        assert re.search(part, text, re.MULTILINE), part
    assert 60 <= text.count("\n") <= 140


@pytest.mark.site
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_the_notebook_of_the_site_runs(script: Path, site: Path, tmp_path: Path) -> None:
    """The .ipynb that the site offers executes from top to bottom."""
    (notebook,) = (site / "_downloads").glob(f"*/{script.stem}.ipynb")
    contents = nbformat.read(notebook, as_version=4)
    NotebookClient(contents, resources={"metadata": {"path": tmp_path}}).execute()
    cells = [cell for cell in contents.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in cells)
    images = [
        output for cell in cells for output in cell.outputs if "image/png" in output.get("data", {})
    ]
    assert images


def test_there_are_scripts() -> None:
    """The tests above test something: the three of the article at least."""
    assert len([script for script in SCRIPTS if script.parent.name == "article"]) >= 3
