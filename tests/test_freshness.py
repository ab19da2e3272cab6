"""The build forgets what it executed with another package."""

from __future__ import annotations

import importlib.util
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from conftest import DOCS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def freshness() -> Any:
    """Load the extension from its file, as Sphinx does from its path."""
    pytest.importorskip("sphinx")
    spec = importlib.util.spec_from_file_location("freshness", DOCS / "_ext" / "freshness.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_results_last_as_long_as_the_package(
    freshness: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same package keeps what ran; another one runs everything again."""
    app, config = SimpleNamespace(srcdir=tmp_path / "docs", doctreedir=tmp_path), SimpleNamespace()
    results = [tmp_path / "docs" / "auto_examples", tmp_path / "executed"]

    monkeypatch.setattr(freshness, "fingerprint", lambda: "first")
    freshness.forget_results(app, config)
    for folder in results:
        folder.mkdir(parents=True)
    freshness.forget_results(app, config)
    assert all(folder.exists() for folder in results)
    first = config.nb_execution_cache_path

    monkeypatch.setattr(freshness, "fingerprint", lambda: "second")
    freshness.forget_results(app, config)
    assert not any(folder.exists() for folder in results)
    assert config.nb_execution_cache_path != first


def test_the_fingerprint_covers_every_module_and_the_style(
    freshness: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change in any source of the package, or in the pinned versions, changes it."""
    package = tmp_path / "package"
    package.mkdir()
    monkeypatch.setattr(freshness.dropout_explained, "__file__", str(package / "__init__.py"))
    seen = set()
    for name in ("package/__init__.py", "package/a.py", "package/a.mplstyle", "constraints.txt"):
        (tmp_path / name).write_text("old")
        seen.add(freshness.fingerprint())
        (tmp_path / name).write_text("new")
        seen.add(freshness.fingerprint())
    assert len(seen) == 8
