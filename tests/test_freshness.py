"""The build forgets what it executed with another package."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from background import DOCS, written_by_hand

jupyter_cache = pytest.importorskip("jupyter_cache")
pytest.importorskip("sphinx")

from site_extensions import freshness, recorded

import dropout_explained

MODULE = '''"""A module."""

def scale(p: float) -> float:
    """Return the factor."""
    return 1 / (1 - p)  # of the survivors
'''


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a package with a folder, which the fingerprint takes for ours."""
    package = tmp_path / "package"
    (package / "wing").mkdir(parents=True)
    for name in ("__init__.py", "wing/__init__.py", "wing/scale.py"):
        (package / name).write_text(MODULE)
    (package / "house.mplstyle").write_text("axes.grid: False")
    (tmp_path / "constraints.txt").write_text("torch==2.13.0")
    monkeypatch.setattr(dropout_explained, "__file__", str(package / "__init__.py"))
    return package


def test_results_last_as_long_as_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same package keeps what ran; another one runs everything again."""
    app = cast("Any", SimpleNamespace(srcdir=tmp_path / "docs", doctreedir=tmp_path))
    config = cast("Any", SimpleNamespace())
    results = [tmp_path / "docs" / "auto_examples", tmp_path / "executed"]

    monkeypatch.setattr(freshness, "fingerprint", lambda _known: "first")
    freshness.forget_results(app, config)
    results[0].mkdir(parents=True)
    freshness.forget_results(app, config)
    assert all(folder.exists() for folder in results)
    first = config.nb_execution_cache_path

    monkeypatch.setattr(freshness, "fingerprint", lambda _known: "second")
    freshness.forget_results(app, config)
    assert not results[0].exists()
    assert not Path(first).exists()
    assert config.nb_execution_cache_path != first


def test_the_list_of_what_ran_is_made_before_pages_are_shared(tmp_path: Path) -> None:
    """Two processes would both make it, and one of them would fail; what is listed stays."""
    executed = tmp_path / "executed"
    freshness.begin_list(executed)
    assert (executed / "global.db").exists()
    jupyter_cache.get_cache(executed).change_cache_limit(7)
    freshness.begin_list(executed)
    assert jupyter_cache.get_cache(executed).get_cache_limit() == 7


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("package/__init__.py", "1 - p", "1 + p"),
        ("package/wing/scale.py", "1 - p", "1 + p"),
        ("package/wing/scale.py", "p: float", "p: int"),
        ("package/house.mplstyle", "False", "True"),
        ("constraints.txt", "2.13.0", "2.14.0"),
    ],
)
def test_an_edit_that_may_change_a_number_changes_the_fingerprint(
    name: str, old: str, new: str, package: Path
) -> None:
    """In any module, in any folder, in the style and in the pinned versions."""
    before, path = freshness.fingerprint(), package.parent / name
    path.write_text(path.read_text().replace(old, new))
    assert freshness.fingerprint() != before
    path.write_text(path.read_text().replace(new, old))
    assert freshness.fingerprint() == before


def test_a_docstring_and_a_comment_change_nothing(package: Path) -> None:
    """Nor do empty lines, and a docstring that comes or goes."""
    before, path = freshness.fingerprint(), package / "wing" / "scale.py"
    for old, new in [
        ("A module", "The module"),
        ("the factor", "what keeps the mean"),
        ('    """Return the factor."""\n', ""),
        ("of the survivors", "of what is kept"),
        ("\n\n", "\n\n\n"),
    ]:
        path.write_text(MODULE.replace(old, new))
        assert path.read_text() != MODULE
        assert freshness.fingerprint() == before


def test_a_string_that_is_used_is_no_docstring(package: Path) -> None:
    """A message, a default, an f-string: all of these can be shown on a page."""
    path = package / "wing" / "scale.py"
    seen = set()
    for text in ('"a"', '"b"', 'f"{p}"', 'f"{p:.2f}"'):
        path.write_text(f"def text(p):\n    return {text}\n")
        seen.add(freshness.fingerprint())
    assert len(seen) == 4


def test_a_file_that_comes_moves_or_goes_changes_the_fingerprint(package: Path) -> None:
    """Another set of modules is another package, even with the same contents."""
    seen = {freshness.fingerprint()}
    (package / "new.py").write_text("")
    seen.add(freshness.fingerprint())
    (package / "new.py").rename(package / "wing" / "new.py")
    seen.add(freshness.fingerprint())
    (package / "wing" / "new.py").rename(package / "wing" / "newer.py")
    seen.add(freshness.fingerprint())
    assert len(seen) == 4


def read(source: str, docs: Path) -> tuple[str, set[str]]:
    """Return a page's source as it is parsed, and the files that it depends on."""
    noted: set[str] = set()
    app = SimpleNamespace(srcdir=docs, env=SimpleNamespace(note_dependency=noted.add))
    lines = [source]
    recorded.with_records(cast("Any", app), "page", lines)
    return lines[0], {Path(path).name for path in noted}


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ('Path("../measured/replay.json")', {"replay.json"}),
        (
            'open("measured/replay.json"), open("measured/audit.json")',
            {"replay.json", "audit.json"},
        ),
        ('Path("measured").glob("*.json")', {"replay.json", "audit.json", "lint.json"}),
    ],
)
def test_a_page_runs_again_with_another_record_of_those_that_it_reads(
    code: str, names: set[str], tmp_path: Path
) -> None:
    """Whichever it names, or all of a folder; another record changes nothing."""
    folder = tmp_path / recorded.FOLDER
    folder.mkdir()
    records = [folder / f"{name}.json" for name in ("replay", "audit", "lint")]
    for path in records:
        path.write_text("{}")
    source = f"kernelspec:\n  display_name: Python 3\n---\n{code}"
    before, noted = read(source, tmp_path)
    assert noted == names
    assert before != source
    for path in records:
        path.write_text('{"seconds": 1}')
        assert (read(source, tmp_path)[0] != before) == (path.name in names)
        path.write_text("{}")


def test_every_page_that_opens_a_record_is_known() -> None:
    """Each mention in a cell of the site's pages; a page that reads none is parsed as it is."""
    found = {}
    for path in written_by_hand():
        source = path.read_text(encoding="utf-8")
        cells = re.findall(r"```\{code-cell\}.*?\n```", source, re.DOTALL)
        opened = [name for cell in cells for name in re.findall(r"measured[/\w.-]*\"", cell)]
        now, noted = read(source, DOCS)
        assert bool(noted) == bool(opened), path
        assert (now == source) == (not opened), path
        if opened:
            found[path.stem] = noted
    assert found["random_numbers"] == {"replay.json"}
    assert len(found) > 2
