"""A build that fails says where and what to do; one that was interrupted, or warned of, is not believed."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
import small_site
from background import ROOT, without_network
from reproducible import differences

if TYPE_CHECKING:
    from collections.abc import Iterator

for needed in ("sphinx", "myst_nb", "sphinx_gallery"):
    pytest.importorskip(needed)

from site_extensions import told

pytestmark = pytest.mark.site

STRICT = ("-W", "-n", "-T", "--keep-going", "-j", "2")
SCRIPT = f"../examples/{small_site.SCRIPTS[0]}"


class Small(NamedTuple):
    """The small site, as it was first built."""

    docs: Path
    clean: Path
    asked: Path
    said: str


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Small:
    """Build the small site once, without a network, and keep a copy of all of it."""
    folder = tmp_path_factory.mktemp("small")
    docs, asked = small_site.write(folder / "site"), folder / "asked"
    path = without_network({"PYTHONPATH": str(ROOT)})
    built = small_site.build(docs, *STRICT, PYTHONPATH=path, ASKED=str(asked))
    assert built.returncode == 0, built.stdout + built.stderr
    shutil.copytree(folder / "site", folder / "kept")
    return Small(docs, folder / "kept" / "docs" / "_build" / "html", asked, built.stdout)


@pytest.fixture
def small(first: Small) -> Iterator[Small]:
    """Return the small site as it was when it had been built, whatever a test makes of it."""
    yield first
    site = first.docs.parent
    shutil.rmtree(site)
    shutil.copytree(site.parent / "kept", site)


@contextlib.contextmanager
def edited(path: Path, old: str, new: str) -> Iterator[int]:
    """Break a file, give the line of what is new, and mend it again."""
    before = path.read_text(encoding="utf-8")
    assert old in before
    after = before.replace(old, new, 1)
    path.write_text(after, encoding="utf-8")
    start = next(i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b)
    try:
        yield after.count("\n", 0, start) + 1
    finally:
        path.write_text(before, encoding="utf-8")


def last_words(build: subprocess.CompletedProcess[str]) -> str:
    """Return what a build that failed wrote at its end."""
    assert build.returncode != 0
    return build.stderr[build.stderr.rindex("The site was not built") :]


@pytest.mark.parametrize(
    ("place", "old", "new", "what", "remedy"),
    [
        ("one.md", "axes.plot([1, 1])", "1 / 0", "a cell raised ZeroDivisionError: division by zero", "Mend the cell"),
        (SCRIPT, "import torch\n", "1 / 0\n", "the script raised ZeroDivisionError: division by zero", "runs alone"),
        ("one.md", "Each is", "{reading}`nothing` is", "stands before any {numbers}", "Mend it there"),
        ("one.md", "x_1 = 1", r"\frac{1", "Expected closing token", "Mend the formula"),
        ("lab/modules/model/history.js", "History {", "History {{", "instead of {", "Mend it there"),
        ("_static/lab.css", "{", "{{", "{ is not closed", "Mend it there"),
    ],
)  # fmt: skip
def test_what_stops_a_build_has_its_place_and_remedy_in_the_last_words(
    *, place: str, old: str, new: str, what: str, remedy: str, small: Small
) -> None:
    """A page's cell, a script, a role and a formula of this site, a module of the lab, a style sheet."""
    path = (small.docs / place).resolve()
    with edited(path, old, new) as line:
        words = last_words(small_site.build(small.docs, *STRICT))
    assert "1 problem." in words
    # A formula begins on the line before.
    assert re.search(
        rf"^  {re.escape(str(path))}, line ({line}|{line - 3}): .*{re.escape(what)}",
        words,
        re.MULTILINE,
    )
    assert remedy in words


def test_warnings_are_the_last_words_too_until_they_are_mended(small: Small) -> None:
    """A missing image, number and label and an unknown directive; also of a second build of the same pages."""
    wrong = "Each ![is](no.svg) {ref}`law-three` {glue:text}`none`.\n:::\n\n```{no-such-directive}\n```\n\n:::{note}\nA"
    page = small.docs / "one.md"
    with edited(page, "Each is", wrong) as line:
        first, again = (last_words(small_site.build(small.docs, *STRICT)) for _ in range(2))
    for words in (first, again):
        assert "4 problems." in words
        for what in (
            "image file not readable: no.svg",
            "undefined label: 'law-three'",
            "No key 'none'",
        ):
            assert f"{page}, line {line}: {what}" in words
        assert f"{page}, line {line + 3}: Unknown directive type: 'no-such-directive'" in words
        assert all(words.count(then) == 1 for _, then in told.REMEDIES if then in words)
    mended = small_site.build(small.docs, *STRICT)
    assert mended.returncode == 0, mended.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_named(small: Small) -> None:
    """What the build keeps for the next one finds no room."""
    kept = small.docs / "_build" / "doctrees" / "environment.pickle"
    kept.unlink()
    kept.symlink_to("/dev/full")
    words = last_words(small_site.build(small.docs, *STRICT))
    assert "No space left on device. Make room on that disk." in words


def test_a_folder_that_cannot_be_written_is_named(small: Small, tmp_path: Path) -> None:
    """Here because a file stands where the folder would be."""
    (tmp_path / "file").write_text("")
    build = small_site.build(small.docs, doctrees=tmp_path / "file" / "doctrees")
    assert f"{tmp_path / 'file' / 'doctrees'}: Not a directory" in last_words(build)


def test_what_an_interrupted_build_left_is_not_taken(small: Small) -> None:
    """Every file that it may have been writing ends in the middle: pages, trees, figures, notebooks, a script's page."""
    output = small.docs / "_build"
    (output / "doctrees" / "unfinished").write_text("../html", encoding="utf-8")
    newest = max(
        (small.docs / "auto_examples").rglob("*.py.md5"), key=lambda path: path.stat().st_mtime_ns
    )
    damaged = [
        path
        for folder in (output / "html", output / "doctrees", output / "jupyter_execute")
        for path in folder.rglob("*")
        if path.is_file() and path.name not in {"global.db", "unfinished", "package_fingerprint"}
    ]
    assert any(path.name == "base.ipynb" for path in damaged)
    for path in (*damaged, newest.with_name(newest.name.replace(".py.md5", ".rst"))):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    build = small_site.build(small.docs, *STRICT)
    assert build.returncode == 0, build.stderr
    assert "did not end" in build.stdout
    assert list(differences(small.clean, output / "html")) == []


def test_a_build_that_is_killed_leaves_its_note(small: Small) -> None:
    """And one that ends well takes it away."""
    note = small.docs / "_build" / "doctrees" / "unfinished"
    assert not note.exists()
    with subprocess.Popen(
        small_site.command(small.docs),
        env=small_site.variables(PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as build:
        assert build.stdout is not None
        for line in build.stdout:
            if "pickled environment" in line:
                break
        os.killpg(build.pid, signal.SIGKILL)
    assert note.exists()
    again = small_site.build(small.docs, *STRICT)
    assert again.returncode == 0, again.stderr
    assert not note.exists()
    assert list(differences(small.clean, small.docs / "_build" / "html")) == []


def test_a_build_asks_for_nothing_on_other_machines(small: Small) -> None:
    """Not even for what it could do without; nor do the processes that run its pages."""
    assert not small.asked.exists(), small.asked.read_text(encoding="utf-8")


def test_one_can_follow_what_is_run(small: Small) -> None:
    """Each page with cells, and each script, by its name and how many there are."""
    ran = re.findall(r"page (\d+) of (\d+), (\w+): its cells run", small.said)
    assert sorted(name for _, _, name in ran) == ["another", "one"]
    assert len({of for _, of, _ in ran}) == 1
    for script in small_site.SCRIPTS:
        assert re.search(rf"\[ *\d+%\] {re.escape(script.split('/')[1])}", small.said)
