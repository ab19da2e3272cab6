"""Where the linter is at home: in flake8, in pre-commit, in the wheel and in the sdist."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

import pytest
from conftest import ROOT
from linted_sources import IN_DOUBT, RIGHT, WRONG

import dropout_explained

if TYPE_CHECKING:
    from pathlib import Path


def is_there(*modules: str) -> bool:
    """Return whether modules can be imported."""
    return all(importlib.util.find_spec(module) for module in modules)


needs_flake8 = pytest.mark.skipif(
    not is_there("flake8") or not entry_points(group="flake8.extension", name="DE"),
    reason="the test group installs flake8, and the package with its entry point",
)
needs_pre_commit = pytest.mark.skipif(
    not is_there("pre_commit", "hatchling")
    or shutil.which("git") is None
    or not (ROOT / ".git").exists(),
    reason="needs git, a clone, pre-commit, and what builds the package",
)


def flake8(file: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run flake8 on a file, with this linter alone."""
    command = [sys.executable, "-m", "flake8", "--isolated", "--select=DE", *options, file.name]
    return subprocess.run(command, cwd=file.parent, capture_output=True, text=True, check=False)


@needs_flake8
def test_flake8_reports_errors_and_warnings(tmp_path: Path) -> None:
    """With line, column and code; notes are left out, because flake8 knows failures alone."""
    file = tmp_path / "model.py"
    file.write_text(WRONG["without arguments"])
    done = flake8(file)
    assert done.returncode == 1, done.stderr
    assert done.stdout == (
        "model.py:8:16: DE001 F.dropout drops in evaluation: it is not told the mode.\n"
    )
    file.write_text(WRONG["one layer"])
    assert " DE023 " in flake8(file).stdout
    for text in (RIGHT["told by name"], IN_DOUBT["training=True"]):
        file.write_text(text)
        assert (flake8(file).returncode, flake8(file).stdout) == (0, "")


@needs_flake8
def test_flake8_silences_as_it_is_used_to(tmp_path: Path) -> None:
    """By a comment, by an option; files with other ends of lines are read alike."""
    file = tmp_path / "model.py"
    text = WRONG["p by name"].replace("# <- DE001", "# noqa: DE001")
    file.write_text(text)
    assert flake8(file).stdout == ""
    file.write_bytes(WRONG["over several lines"].replace("\n", "\r\n").encode())
    assert "model.py:8:16: DE001" in flake8(file).stdout
    assert flake8(file, "--extend-ignore=DE001").stdout == ""


@needs_pre_commit
def test_pre_commit_runs_it(tmp_path: Path) -> None:
    """The hook is made from this repository, without a network, and stops what is wrong."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "model.py").write_text(WRONG["without arguments"])
    (project / "other.py").write_text(RIGHT["told by name"])
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
        "PRE_COMMIT_HOME": str(tmp_path / "home"),
        # What the package needs is taken from here.
        "PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path.endswith("-packages")),
    }  # fmt: skip

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=project, env=environment, capture_output=True, text=True, check=False
        )

    assert run("git", "init", "-q").returncode == 0
    assert run("git", "add", ".").returncode == 0
    hook = [sys.executable, "-m", "pre_commit", "try-repo", str(ROOT), "dropout-explained"]
    done = run(*hook, "--all-files")
    assert done.returncode == 1, done.stderr
    assert "2 files of source code: 1 error, 0 warnings, 0 notes" in done.stdout, done.stdout
    assert "DE001 error  model.py:8" in done.stdout
    done = run(*hook, "--files", "other.py")
    assert done.returncode == 0, done.stdout


def test_wheel_and_sdist_hold_the_catalogue(tmp_path: Path) -> None:
    """A file that is no Python is easily left out; without this one nothing is found."""
    builders = pytest.importorskip("hatchling.builders.wheel", reason="the docs group installs it")
    sdists = pytest.importorskip("hatchling.builders.sdist")
    name = "dropout_explained/audit/rules.toml"
    (wheel,) = builders.WheelBuilder(str(ROOT)).build(
        directory=str(tmp_path), versions=["standard"]
    )
    with zipfile.ZipFile(wheel) as archive:
        assert archive.read(name) == (ROOT / name).read_bytes()
    (sdist,) = sdists.SdistBuilder(str(ROOT)).build(directory=str(tmp_path))
    with tarfile.open(sdist) as archive:
        assert f"dropout_explained-{dropout_explained.__version__}/{name}" in archive.getnames()
