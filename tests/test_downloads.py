"""The downloader: one pip line from the served site, then any script in an empty folder."""

from __future__ import annotations

import functools
import http.server
import os
import re
import subprocess
import threading
import venv
import zipfile
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.parse import urljoin
from urllib.request import urlopen

import pytest
from bs4 import BeautifulSoup
from conftest import ROOT, SCRIPTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.site


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    """Serve the built site on the loopback interface."""
    handler = functools.partial(_Quiet, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
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
    assert (
        "new URL(line.dataset.wheel, document.baseURI).href"
        in read(urljoin(address, "_static/site.js")).decode()
    )
    place.string = urljoin(url, str(place["data-wheel"]))
    assert place.parent is not None
    line = re.fullmatch(r'python -m pip install "(.*)"\s*', place.parent.text)
    assert line is not None
    return line[1]


def test_the_wheel_holds_the_package_and_nothing_else(address: str, tmp_path: Path) -> None:
    """Every module, the type marker and the style, from the address that the line names."""
    wheel = tmp_path / "package.whl"
    wheel.write_bytes(read(pip_requirement(address).split(" @ ")[1]))
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    package = ROOT / "dropout_explained"
    expected = {f"dropout_explained/{path.name}" for path in package.iterdir() if path.is_file()}
    assert names == expected


@pytest.mark.downloader
def test_scripts_run_in_a_fresh_environment(address: str, tmp_path: Path) -> None:
    """The pip line, a download of each script, and python: nothing else is needed."""
    home, folder = tmp_path / "environment", tmp_path / "empty folder"
    venv.create(home, with_pip=True)
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PYTHON")},
        "MPLBACKEND": "agg",
        # The versions that the site's numbers belong to; also, no second download.
        "PIP_CONSTRAINT": str(ROOT / "constraints.txt"),
    }

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [str(python), *arguments],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    folder.mkdir()
    run("-m", "pip", "install", "--quiet", pip_requirement(address))
    for script in SCRIPTS:
        page = f"{address}auto_examples/{script.parent.name}/{script.stem}.html"
        soup = BeautifulSoup(read(page), "html.parser")
        (link,) = soup.select(".sphx-glr-footer a[href$='.py']")
        (folder / script.name).write_bytes(read(urljoin(page, str(link["href"]))))
    with ThreadPoolExecutor(max_workers=2) as pool:
        for printed in pool.map(run, [script.name for script in SCRIPTS]):
            assert printed.strip()
    command = home / ("Scripts" if os.name == "nt" else "bin") / "dropout-explained"
    arguments = [
        str(command),
        *["explain", "1", "2", "3", "4", "--p", "0.5", "--seed", "0", "--json"],
    ]
    told = subprocess.run(arguments, cwd=folder, capture_output=True, text=True, check=True)
    assert '"output": [0.0, 0.0, 6.0, 0.0]' in told.stdout
