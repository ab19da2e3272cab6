"""What all tests share: no window, no leftover figures, repeatable examples, one site."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import hypothesis
import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
from background import DOCS, ROOT, Background, Site
from offline import sitecustomize  # noqa: F401  # tests reach this machine alone

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import reader

__all__ = ["DOCS", "ROOT", "SCRIPTS"]

# Tests that spend their time in torch's compiler, or parse the site, and reach nothing that others do not.
UNTRACED = ("site", "compiles")
SCRIPTS = sorted((ROOT / "examples").glob("*/plot_*.py"))

profile = hypothesis.settings.register_profile
profile("repeatable", derandomize=True, deadline=None)
# Looks for what no one has seen: nox -s tests -- -m "not site" --hypothesis-profile explore
profile("explore", max_examples=2000, deadline=None, print_blob=True)
# Says whether, and not which: a smaller example would tell nothing more.
profile("mutation", parent=hypothesis.settings.get_profile("repeatable"), phases=("generate",))
# The command line's choice is read later, and wins.
hypothesis.settings.load_profile("repeatable")
mpl.use("agg")
# What programs say is read here, and machines that run tests ask for colours.
os.environ["NO_COLOR"] = "1"
for asked in ("CLICOLOR_FORCE", "FORCE_COLOR", "FORCE_COLOUR", "PYTHON_COLORS"):
    os.environ.pop(asked, None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put first what needs no site, and last what waits longest for it."""
    items.sort(key=lambda item: [name in item.keywords for name in ("downloader", *UNTRACED)])


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Trace what tests reach of the package while there is something new to reach."""
    coverage = sys.modules.get("coverage")
    untraced = any(name in item.keywords for name in UNTRACED)
    if coverage and untraced and (tracing := coverage.Coverage.current()):
        tracing.stop()


@pytest.fixture(autouse=True)
def _close_figures() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture(scope="session", autouse=True)
def background(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Background]:
    """Start with the first test what later ones need of the site, and no more."""
    needs = [(getattr(item, "fixturenames", ()), item) for item in request.session.items]
    with Background(tmp_path_factory.mktemp("reader")) as background:
        if any("built" in names for names, _ in needs):
            background.build()
        wanted = {
            item.callspec.params["script"]  # type: ignore[attr-defined]
            for names, item in needs
            if "ran" in names
        }
        if wanted or any("environment" in names for names, _ in needs):
            background.download(sorted(wanted))
        yield background


@pytest.fixture(scope="session")
def built(background: Background) -> Site:
    """Return the built site; where it cannot be built, say why once, and stop."""
    try:
        return background.site.result()
    except AssertionError as failed:
        pytest.exit(f"the site does not build:\n{failed}", returncode=1)


@pytest.fixture(scope="session")
def site(built: Site) -> Path:
    """Return the folder of the built site."""
    return built.folder


@pytest.fixture(scope="session")
def address(built: Site) -> str:
    """Return the address at which the built site is served."""
    return built.address


@pytest.fixture(scope="session")
def environment(background: Background, built: Site) -> reader.Environment:  # noqa: ARG001
    """Return a fresh environment with what the site's pip line installs."""
    return background.environment.result()


@pytest.fixture
def ran(background: Background, built: Site, script: Path) -> reader.Ran:  # noqa: ARG001
    """Return what a script did that was downloaded and run in that environment."""
    return background.scripts[script].result()
