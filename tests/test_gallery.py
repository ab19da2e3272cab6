"""The gallery: each script proves its claim alone, as a reader downloads and runs it."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import nbformat
import pytest
from conftest import SCRIPTS
from nbclient import NotebookClient

if TYPE_CHECKING:
    from pathlib import Path

    import reader

each_script = pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)


@pytest.mark.site
@pytest.mark.downloader
@each_script
def test_a_script_runs_from_an_empty_folder(script: Path, ran: reader.Ran) -> None:
    """Downloaded, in a fresh environment, without a window, a warning, or a file left behind."""
    assert ran.status == 0, ran.stderr
    assert ran.stdout.strip()
    assert ran.files == [script.name]


@each_script
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


def notebook_of(script: Path, site: Path) -> nbformat.NotebookNode:
    """Read the notebook that the site offers beside a script; its first cell installs."""
    (notebook,) = (site / "_downloads").glob(f"*/{script.stem}.ipynb")
    contents: nbformat.NotebookNode = nbformat.read(notebook, as_version=4)
    return contents


def parsed(code: str) -> list[str]:
    """Return what a piece of code does, statement by statement; a string alone does nothing."""
    return [
        ast.dump(statement)
        for statement in ast.parse(code).body
        if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
    ]


def words(text: str) -> set[str]:
    """Return every word of a text, in code and prose."""
    return set(re.findall(r"[A-Za-z]+", text))


@pytest.mark.site
@each_script
def test_a_notebook_says_what_its_script_says(script: Path, site: Path) -> None:
    """Cell by cell the same code, and all of its words."""
    text = script.read_text(encoding="utf-8")
    install, *cells = notebook_of(script, site).cells
    assert re.search(r"^%pip install .*dropout-explained\[gallery\]", install.source, re.MULTILINE)
    codes = [parsed(cell.source) for cell in cells if cell.cell_type == "code"]
    sections = map(parsed, text.split("\n# %%"))
    assert codes == [section for section in sections if section]
    # The notations of mathematics, and the r before a docstring, are what differs.
    notation = {"math", "begin", "align", "end", "r"}
    assert words("\n".join(cell.source for cell in cells)) ^ words(text) <= notation


@pytest.mark.site
def test_a_notebook_runs(site: Path, tmp_path: Path) -> None:
    """From top to bottom, with figures; the others differ from it in their cells alone."""
    contents = notebook_of(SCRIPTS[0], site)
    NotebookClient(contents, resources={"metadata": {"path": tmp_path}}).execute()
    cells = [cell for cell in contents.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in cells)
    outputs = [output for cell in cells for output in cell.outputs]
    assert any("image/png" in output.get("data", {}) for output in outputs)


def test_there_are_scripts() -> None:
    """The tests above test something: the three of the article at least."""
    assert len([script for script in SCRIPTS if script.parent.name == "article"]) >= 3
