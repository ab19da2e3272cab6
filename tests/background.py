"""What runs beside the tests: one build of the site, and then what a reader downloads from it.

The tests that need no site leave a core idle while it is built, and so do those that read it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

import reader

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from concurrent.futures import Future

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
HTML = DOCS / "_build" / "html"
# What a build writes beside the sources, and may be writing now.
WRITTEN = {"_build", "auto_examples", "gen_modules"}
# Set where another builds the site, or just has: a file that appears then, and says what became of it. The site is
# tested as it stands, and by others at the same time.
AS_BUILT = "SITE_AS_BUILT"


class Site(NamedTuple):
    """The built site: its folder, and where it is served."""

    folder: Path
    address: str


def written_by_hand() -> list[Path]:
    """Return the sources of the site's pages."""
    places = [place for place in DOCS.iterdir() if place.name not in WRITTEN]
    return sorted({*DOCS.glob("*.md"), *(path for one in places for path in one.rglob("*.md"))})


def without_network(variables: Mapping[str, str]) -> str:
    """Return a path by which Python reaches this machine alone."""
    kept = variables.get("PYTHONPATH")
    return os.pathsep.join([str(ROOT / "tests" / "offline"), *([kept] if kept else [])])


def sphinx_options() -> list[str]:
    """Return the options with which the docs session builds."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    options: list[str] = settings["tool"]["dropout-explained"]["sphinx-options"]
    return options


class Background:
    """Two programs at a time, in the order in which they were asked for.

    What is here is a future: the first test that needs its result waits for it, and where
    it failed, every test that needs it says why.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pool = ThreadPoolExecutor(max_workers=2)
        self._open = ExitStack()
        self._variables = dict(os.environ)  # as they are before a test changes them
        self.site: Future[Site]
        self.environment: Future[reader.Environment]
        self.scripts: dict[Path, Future[reader.Ran]] = {}

    def __enter__(self) -> Self:
        """Start nothing yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Forget what has not begun, and wait for the rest."""
        self._pool.shutdown(cancel_futures=True)
        self._open.close()

    def build(self) -> None:
        """Build the site, unless that has just been done, and serve it."""
        self.site = self._pool.submit(self._wait if AS_BUILT in self._variables else self._build)

    def _wait(self) -> Site:
        said = Path(self._variables[AS_BUILT])
        while not (said.exists() and said.read_text(encoding="utf-8").strip()):
            time.sleep(1)
        assert said.read_text(encoding="utf-8").strip() == "built", f"{said}: no site"
        return self._serve()

    def _serve(self) -> Site:
        assert (HTML / "index.html").exists(), f"{HTML} holds no site"
        return Site(HTML, self._open.enter_context(reader.served(HTML)))

    def _build(self) -> Site:
        done = subprocess.run(
            [sys.executable, "-m", "sphinx", *sphinx_options(), "docs", str(HTML)],
            cwd=ROOT,
            env={**self._variables, "PYTHONPATH": without_network(self._variables)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return self._serve()

    def download(self, scripts: Iterable[Path]) -> None:
        """Make a fresh environment, install from the site, and run its scripts there."""
        self.environment = self._pool.submit(self._install)
        self.scripts = {script: self._pool.submit(self._run, script) for script in scripts}

    def _install(self) -> reader.Environment:
        environment = reader.Environment(self._folder / "environment")
        folder = self._folder / "empty folder"
        folder.mkdir()
        requirement = reader.pip_requirement(self.site.result().address)
        environment.install(requirement, folder=folder)
        return environment

    def _run(self, script: Path) -> reader.Ran:
        environment = self.environment.result()
        folder = self._folder / "empty folders" / script.stem
        folder.mkdir(parents=True)
        return environment.run_script(reader.download(self.site.result().address, script, folder))
