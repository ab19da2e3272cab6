"""What all tests share: no window, no leftover figures, repeatable examples."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
SCRIPTS = sorted((ROOT / "examples").glob("*/plot_*.py"))

hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None)
hypothesis.settings.load_profile("repeatable")
mpl.use("agg")


@pytest.fixture(autouse=True)
def _close_figures() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture(scope="session")
def site() -> Path:
    """Build the site as the docs session does, and return its folder."""
    html = DOCS / "_build" / "html"
    arguments = ["-W", "-n", "--keep-going", "-j", "2", "-d", str(html.parent / "doctrees")]
    build = subprocess.run(
        [sys.executable, "-m", "sphinx", *arguments, str(DOCS), str(html)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert build.returncode == 0, build.stdout + build.stderr
    return html
