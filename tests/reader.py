"""What a reader does with the site: serve it, install from it, and run what it offers."""

from __future__ import annotations

import functools
import http.server
import os
import re
import subprocess
import threading
import venv
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urljoin
from urllib.request import urlopen

from bs4 import BeautifulSoup

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
# The one warning that a machine without a screen is right to give.
NO_SCREEN = "ignore:FigureCanvasAgg is non-interactive:UserWarning"
# Torch's compiler imports what torch has deprecated; a reader is not shown that.
OF_TORCH_ITSELF = "ignore:`torch.jit.script_method` is deprecated:DeprecationWarning"


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def served(site: Path) -> Iterator[str]:
    """Serve the built site on the loopback interface, and give its address."""
    handler = functools.partial(_Quiet, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
            thread.join()


def read(url: str) -> bytes:
    """Fetch one address of the served site."""
    with urlopen(url) as response:
        contents: bytes = response.read()
    return contents


def pip_requirement(address: str) -> str:
    """Return what the page's pip line installs, as the reader's browser completes it."""
    url = urljoin(address, "auto_examples/index.html")
    soup = BeautifulSoup(read(url), "html.parser")
    place = soup.select_one(".site-address")
    assert place is not None
    # The site's script is written with short names.
    script = read(urljoin(address, "_static/site.js")).decode()
    assert re.search(r"new URL\(\w+\.dataset\.wheel, ?document\.baseURI\)\.href", script)
    place.string = urljoin(url, str(place["data-wheel"]))
    assert place.parent is not None
    line = re.fullmatch(r'python -m pip install "(.*)"\s*', place.parent.text)
    assert line is not None
    return line[1]


def downloaded(page: str, kind: str) -> bytes:
    """Follow the one link of a page of the gallery that gives a file of some kind."""
    soup = BeautifulSoup(read(page), "html.parser")
    (link,) = soup.select(f".sphx-glr-footer a[href$='.{kind}']")
    return read(urljoin(page, str(link["href"])))


def download(address: str, script: Path, folder: Path) -> Path:
    """Return what the link on a script's page gives, as a file."""
    page = f"{address}auto_examples/{script.parent.name}/{script.stem}.html"
    file = folder / script.name
    file.write_bytes(downloaded(page, "py"))
    return file


class Ran(NamedTuple):
    """What a program left: its status, what it printed, and the files in its folder."""

    status: int
    stdout: str
    stderr: str
    files: list[str]


class Environment:
    """A virtual environment of its own, that knows nothing of this one."""

    def __init__(self, home: Path) -> None:
        venv.create(home, with_pip=True)
        self.programs = home / ("Scripts" if os.name == "nt" else "bin")
        self.variables = {
            **{name: value for name, value in os.environ.items() if not name.startswith("PYTHON")},
            "MPLBACKEND": "agg",
            # The versions that the site's numbers belong to; also, no second download.
            "PIP_CONSTRAINT": str(ROOT / "constraints.txt"),
            # Of torch's modules the scripts import a part, and each compiles itself when imported.
            "PIP_COMPILE": "no",
        }

    def run(self, program: str, *arguments: str, folder: Path) -> Ran:
        """Run one of its programs in a folder."""
        done = subprocess.run(
            [str(self.programs / program), *arguments],
            cwd=folder,
            env=self.variables,
            capture_output=True,
            text=True,
            check=False,
        )
        files = sorted(path.name for path in folder.iterdir())
        return Ran(done.returncode, done.stdout, done.stderr, files)

    def install(self, requirement: str, *, folder: Path) -> None:
        """Install with pip, as the page says."""
        done = self.run("python", "-m", "pip", "install", "--quiet", requirement, folder=folder)
        assert done.status == 0, done.stdout + done.stderr

    def run_script(self, script: Path) -> Ran:
        """Run a script where it lies; a warning is an error."""
        flags = ("-W", "error", "-W", NO_SCREEN, "-W", OF_TORCH_ITSELF)
        return self.run("python", *flags, script.name, folder=script.parent)
