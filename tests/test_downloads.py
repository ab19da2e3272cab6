"""The downloader: one pip line from the served site, in a fresh environment."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING

import pytest
import reader
from conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.site


def test_the_wheel_holds_the_package_and_nothing_else(address: str) -> None:
    """Every module, the type marker and the style, from the address that the line names."""
    wheel = io.BytesIO(reader.read(reader.pip_requirement(address).split(" @ ")[1]))
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    package = ROOT / "dropout_explained"
    files = (path for path in package.rglob("*") if path.is_file() and path.suffix != ".pyc")
    assert names == {path.relative_to(ROOT).as_posix() for path in files}


@pytest.mark.downloader
def test_the_pip_line_brings_the_command(environment: reader.Environment, tmp_path: Path) -> None:
    """Nothing else is needed to run it, in any folder."""
    told = environment.run(
        "dropout-explained",
        *["explain", "1", "2", "3", "4", "--p", "0.5", "--seed", "0", "--json"],
        folder=tmp_path,
    )
    assert told.status == 0, told.stderr
    assert json.loads(told.stdout)["output"] == [0, 0, 6, 0]
