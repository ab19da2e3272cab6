"""The downloader: one pip line from the served site, in a fresh environment."""

from __future__ import annotations

import io
import json
import re
import tomllib
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
import reader
from conftest import ROOT, SCRIPTS

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.site

# As PEP 723 says how to read it.
BLOCK = re.compile(r"(?m)^# /// (?P<type>[a-zA-Z0-9-]+)$\s(?P<content>(^#(| .*)$\s)+)^# ///$")


def metadata(script: str) -> dict[str, Any]:
    """Return what a script says that it needs."""
    (block,) = (found for found in BLOCK.finditer(script) if found["type"] == "script")
    lines = (line.removeprefix("# ").removeprefix("#") for line in block["content"].splitlines())
    return tomllib.loads("\n".join(lines))


def pages_of_scripts(address: str) -> dict[str, str]:
    """Return the page of each script of the gallery, by the script's name."""
    return {
        script.stem: f"{address}auto_examples/{script.parent.name}/{script.stem}.html"
        for script in SCRIPTS
    }


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


def test_a_script_is_the_source_and_says_what_it_needs(address: str) -> None:
    """Its own lines first, as in the repository; then what uv and pipx install, as pyproject.toml has it."""
    import dropout_explained

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for script in SCRIPTS:
        text = reader.downloaded(pages_of_scripts(address)[script.stem], "py").decode()
        assert text.startswith(script.read_text(encoding="utf-8")), script.stem
        assert metadata(text) == {
            "requires-python": project["requires-python"],
            "dependencies": [f"{project['name']}[gallery]=={dropout_explained.__version__}"],
        }


@pytest.mark.downloader
def test_what_a_script_needs_is_found_on_the_site(
    environment: reader.Environment, address: str, tmp_path: Path
) -> None:
    """By the links of the page that the line for uv and pipx names; with its extra nothing is missing."""
    page = f"{address}auto_examples/index.html"
    (needed,) = metadata(
        reader.downloaded(pages_of_scripts(address)[SCRIPTS[0].stem], "py").decode()
    )["dependencies"]
    only_there = ("--no-index", "--find-links", page)
    plain = needed.replace("[gallery]", "")
    got = environment.run(
        "python", "-m", "pip", "download", "--no-deps", *only_there, plain, folder=tmp_path
    )
    assert got.status == 0, got.stderr
    assert [name for name in got.files if name.endswith(".whl")]
    had = environment.run("python", "-m", "pip", "install", *only_there, needed, folder=tmp_path)
    assert had.status == 0, had.stderr
    assert "Collecting" not in had.stdout


def test_one_zip_has_everything(address: str) -> None:
    """Each script and notebook as its own page gives it, the package, and how to run them; as on any day."""
    index = f"{address}auto_examples/index.html"
    archive = zipfile.ZipFile(io.BytesIO(reader.downloaded(index, "zip")))
    assert archive.testzip() is None
    files = {name: archive.read(name) for name in archive.namelist()}
    assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    for name, page in pages_of_scripts(address).items():
        pair = zipfile.ZipFile(io.BytesIO(reader.downloaded(page, "zip")))
        for folder, kind in (("scripts", "py"), ("notebooks", "ipynb")):
            contents = files.pop(f"{folder}/{name}.{kind}")
            assert contents == reader.downloaded(page, kind) == pair.read(f"{name}.{kind}")
    (wheel,) = (name for name in files if name.endswith(".whl"))
    assert files.pop(wheel) == reader.read(f"{address}wheel/{wheel}")
    text = files.pop("README.txt").decode()
    assert f'python -m pip install "./{wheel}[gallery]"' in text
    named = re.findall(r"scripts/\S+\.py", text)
    assert named
    assert set(named) <= set(archive.namelist())
    assert not files
