"""What stands in two places of the repository, and must be the same in both."""

from __future__ import annotations

import re
import runpy
import tomllib
from typing import TYPE_CHECKING

from conftest import ROOT

import dropout_explained

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def pins(text: str) -> dict[str, str]:
    """Return the pinned version of each package that a text names."""
    found = re.findall(r"^[\s-]*([\w.-]+)(?:\[\w+\])?==(\S+)$", text, re.MULTILINE)
    return {name.lower().replace("_", "-"): version for name, version in found}


def test_what_is_pinned_twice_is_pinned_alike() -> None:
    """The tools of each commit have pins of their own; where the site uses one as well, its pin."""
    hooks = pins((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    site = pins((ROOT / "constraints.txt").read_text(encoding="utf-8"))
    assert len(hooks) > 5
    assert "numpydoc" in hooks.keys() & site.keys()
    for name in hooks.keys() & site.keys():
        assert hooks[name] == site[name], name


def test_docstrings_are_checked_of_every_public_name() -> None:
    """The linter of docstrings skips what its first pattern does not name."""
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    skipped = [re.compile(one) for one in tools["numpydoc_validation"]["exclude"]]
    documented = {
        name: f"module.{name}"
        for name in dropout_explained.__all__
        if callable(getattr(dropout_explained, name))
    }
    assert len(documented) > 20
    for name, place in documented.items():
        assert not any(pattern.search(place) for pattern in skipped), name
    assert any(pattern.search("module.something_shared") for pattern in skipped)


def test_the_citation_is_of_this_version() -> None:
    """CITATION.cff names the version, the licence and the authors that the package has."""
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8").splitlines()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"version: {dropout_explained.__version__}" in citation
    assert f"license: {project['license']}" in citation
    assert [f"  - name: {author['name']}" for author in project["authors"]] == [
        line for line in citation if line.startswith("  - name: ")
    ]


def test_the_first_screen_shows_what_an_audit_prints(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The README's example, run from a file of the name that it has there, prints the block behind it."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"```python\n# net\.py\n(.*?)```\n\n```text\n(.*?)```", text, re.DOTALL)
    assert shown is not None
    code, printed = shown.groups()
    script = tmp_path / "net.py"
    script.write_text(f"# net.py\n{code}", encoding="utf-8")
    monkeypatch.setenv("DROPOUT_EXPLAINED_DOCS", "")  # by its path, wherever a site is
    runpy.run_path(str(script))
    assert capsys.readouterr().out == printed
    assert text[: shown.end()].count("\n") < 40


def test_hosted_runs_call_sessions_that_exist() -> None:
    """By their names, and on every Python that the package says it runs on."""
    code = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    sessions = set(re.findall(r"^def (\w+)\(session", code, re.MULTILINE))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pythons = re.findall(r"Python :: (3\.\d+)", "\n".join(project["classifiers"]))
    assert pythons[0] == project["requires-python"].removeprefix(">=")
    workflows = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
    assert len(workflows) >= 4
    texts = [path.read_text(encoding="utf-8") for path in (*workflows, ROOT / ".readthedocs.yaml")]
    called = {
        name
        for text in texts
        for name in re.findall(r"nox (?:-\S+ )*-s ([\w.-]+)|session: ([\w.-]+)", text)
        for name in name
        if name
    }
    assert called - {f"pythons-{python}" for python in pythons} <= sessions
    assert {f"pythons-{python}" for python in pythons} | {"docs", "build", "lowest"} <= called


def test_hosted_runs_may_do_little_and_run_what_is_named() -> None:
    """No permission but those a job asks for; each action by its commit; no credentials left; an end to waiting."""
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        text = path.read_text(encoding="utf-8")
        assert "\npermissions: {}\n" in text, path
        used = re.findall(r"uses: (\S+)(.*)", text)
        assert used
        for action, comment in used:
            if not action.startswith("$/"):
                assert re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}", action), (path, action)
                assert re.fullmatch(r" # v\d+(\.\d+)+", comment), (path, action)
        assert text.count("actions/checkout@") == text.count("persist-credentials: false"), path
        assert text.count("runs-on:") == text.count("timeout-minutes:"), path
