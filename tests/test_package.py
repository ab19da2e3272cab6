"""The package as a whole: light to import, small, and documented by what it runs."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from background import written_by_hand
from conftest import ROOT, SCRIPTS

import dropout_explained
from dropout_explained import figures

if TYPE_CHECKING:
    from collections.abc import Callable

FUNCTIONS = [
    *(getattr(dropout_explained, name) for name in dropout_explained.__all__),
    figures.four_rows,
    figures.mean_distribution,
    figures.gradient_bars,
]
FUNCTIONS = [function for function in FUNCTIONS if inspect.isfunction(function)]


@pytest.mark.parametrize(
    "statement",
    [
        "import dropout_explained",
        "import dropout_explained.cli",
        "from dropout_explained import *; explain([1, 2], seed=0)",
    ],
)
def test_neither_torch_nor_matplotlib_is_imported(statement: str) -> None:
    """Numbers and lists are explained without either."""
    code = (
        f"{statement}\nimport sys\n"
        "heavy = {'torch', 'matplotlib', 'scipy'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("module", "action"),
    [
        ("torch", lambda: dropout_explained.verify(cases=1)),
        ("matplotlib.pyplot", lambda: figures.mean_distribution(0.5, 4)),
    ],
)
def test_what_is_missing_is_named_with_its_remedy(
    module: str, action: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has neither torch nor matplotlib learns what to install."""
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(
        ModuleNotFoundError, match=f"pip install {module.split('.', maxsplit=1)[0]}"
    ):
        action()


def test_public_names_exist() -> None:
    """__all__ holds what it says, once, and no more than one can keep in mind."""
    for name in dropout_explained.__all__:
        assert hasattr(dropout_explained, name)
    assert len(set(dropout_explained.__all__)) == len(dropout_explained.__all__) <= 28


def test_the_names_of_the_article_come_first() -> None:
    """Six names are all that the three scripts of the article import."""
    used: set[str] = set()
    for script in SCRIPTS:
        if script.parent.name == "article":
            used |= imported(script.read_text(encoding="utf-8"))
    assert used == set(dropout_explained.__all__[:6])


def test_every_public_name_is_used() -> None:
    """By a page, a script or the command: what nobody needs does not exist."""
    pages = written_by_hand()
    texts = [path.read_text(encoding="utf-8") for path in [*pages, *SCRIPTS]]
    commands = (ROOT / "dropout_explained").glob("cli*.py")
    texts += [path.read_text(encoding="utf-8") for path in commands]
    used = set().union(*map(imported, texts))
    results = {"Explanation", "Moments", "MaskMoments", "OutputMoments", "Verification"}
    results |= {"DropoutCall", "DropoutCalls", "Report"}
    # A result is used where the function that returns it is.
    assert set(dropout_explained.__all__) - used <= results


def imported(text: str) -> set[str]:
    """Return the names that a text imports from the package or its wings."""
    found = re.findall(r"from dropout_explained(?:\.\w+)* import (\([^)]*\)|.*)", text)
    return {name for names in found for name in re.findall(r"\w+", names)}


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_public_docstrings_are_complete(function: object) -> None:
    """Each has parameters, returns, errors and an example (which the doctests run)."""
    documentation = inspect.getdoc(function) or ""
    for section in ("Parameters", "Returns", "Raises", "Examples"):
        assert f"\n{section}\n---" in documentation, section
    assert ">>>" in documentation
