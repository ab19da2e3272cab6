"""The commands lint and rules: their contract, their status, their tables and their errors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from commands import status_of
from linted_sources import IN_DOUBT, RIGHT, WRONG

from dropout_explained.audit import addresses, rules
from dropout_explained.cli import main

if TYPE_CHECKING:
    from pathlib import Path

KEYS = ["code", "severity", "where", "message", "fix", "docs"]


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Run the command in this process."""
    status = main(list(arguments))
    out, err = capsys.readouterr()
    return status, out, err


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a wrong file, one that is in doubt, and a right one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(addresses.VARIABLE, "")
    for name, text in (
        ("wrong", WRONG["without arguments"]),
        ("doubtful", IN_DOUBT["training=True"]),
        ("right", RIGHT["told by name"]),
        ("warned", WRONG["one layer"]),
    ):
        (tmp_path / f"{name}.py").write_text(text)


@pytest.mark.parametrize(
    ("name", "status", "codes"),
    [
        ("wrong", 1, ["DE001"]),
        ("warned", 0, ["DE023"]),
        ("doubtful", 0, ["DE001"]),
        ("right", 0, []),
    ],
)
def test_errors_alone_decide_the_status(
    name: str, status: int, codes: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """One document on one line, with the keys that programs rely on."""
    told, out, err = run(capsys, "lint", f"{name}.py", "--json")
    document = json.loads(out)
    assert (told, err, out.count("\n")) == (status, "", 1)
    assert [finding["code"] for finding in document["findings"]] == codes
    assert all(list(finding) == KEYS for finding in document["findings"])
    assert document["title"] == "1 file of source code"


def test_the_table_has_what_one_needs_to_mend_it(capsys: pytest.CaptureFixture[str]) -> None:
    """Place, sentence, remedy and page, in 62 columns; and how to read more."""
    status, out, _ = run(capsys, "lint", ".")
    assert status == 1
    assert out.startswith("4 files of source code: 1 error, 1 warning, 1 note\n")
    assert "DE001 error  wrong.py:8\n" in out
    assert "    Fix: Pass training=self.training, or use nn.Dropout.\n" in out
    assert "    fix/findings.html#de001\n" in out
    assert out.endswith("\ndropout-explained rules --explain CODE tells more.\n")
    assert max(map(len, out.splitlines())) <= 62
    _, out, _ = run(capsys, "lint", "right.py")
    assert out == "1 file of source code: 0 errors, 0 warnings, 0 notes\n"


def test_annotations_for_github(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """One line a finding, with its level; signs that mean something there are escaped."""
    (tmp_path / "a, b:c%.py").write_text(WRONG["without arguments"])
    status, out, _ = run(capsys, "lint", ".", "--format", "github")
    fix = "Pass training=self.training, or use nn.Dropout. fix/findings.html#de001"
    said = f"F.dropout drops in evaluation: it is not told the mode. {fix}"
    assert status == 1
    assert out.splitlines()[:2] == [
        f"::error file=a%2C b%3Ac%25.py,line=8,title=DE001::{said}",
        f"::error file=wrong.py,line=8,title=DE001::{said}",
    ]
    assert [line.split(" ")[0] for line in out.splitlines()[2:]] == ["::warning", "::notice"]
    cell = {"cell_type": "code", "source": "from torch import nn\nnn.Dropout(True)"}
    (tmp_path / "n.ipynb").write_text(json.dumps({"cells": [cell]}))
    _, out, _ = run(capsys, "lint", "n.ipynb", "--format", "github")
    assert out.startswith("::error file=n.ipynb,line=1,title=DE029::Cell 1, line 2: p is True")
    (tmp_path / "n.ipynb").write_text("nothing")
    _, out, _ = run(capsys, "lint", "n.ipynb", "--format", "github")
    assert out.startswith("::notice file=n.ipynb,line=1,title=DE000::Is no notebook. ")


def test_rules_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """Each with its severity, its sentence, and what finds it."""
    status, out, err = run(capsys, "rules")
    assert (status, err) == (0, "")
    assert "DE001  error    function-ignores-mode (audit, lint)\n" in out
    words = " ".join(out.split())
    for rule in rules().values():
        assert f"{rule.code} {rule.severity} {rule.name} ({', '.join(rule.finds)})" in words
        assert rule.says in words
    assert max(map(len, out.splitlines())) <= 62
    _, out, _ = run(capsys, "rules", "--json")
    assert [rule["code"] for rule in json.loads(out)["rules"]] == list(rules())


@pytest.mark.parametrize("code", rules())
def test_a_rule_is_explained(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    """All that the catalogue says of it, with both examples as they can be copied."""
    rule = rules()[code]
    status, out, _ = run(capsys, "rules", "--explain", code.lower())
    assert status == 0
    assert out.splitlines()[0].startswith(f"{code} {rule.name} ({rule.severity}, ")
    words = " ".join(out.split())
    for text in (rule.says, f"Why: {rule.why}", f"Fix: {rule.fix}", rule.page):
        assert text in words
    for example in (rule.bad, rule.good):
        assert "\n".join(f"    {line}" if line else "" for line in example.split("\n")) in out
    assert max(map(len, out.splitlines())) <= 84
    _, by_name, _ = run(capsys, "rules", "--explain", rule.name)
    assert by_name == out
    _, out, _ = run(capsys, "rules", "--explain", code, "--json")
    document = json.loads(out)
    assert (document["code"], document["bad"]) == (code, rule.bad)
    assert document["docs"] == f"fix/findings.html#{code.lower()}"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["lint"], ["PATH"]),
        (["lint", "nowhere.py", "wrong.py"], ["PATH", "nowhere.py"]),
        (["lint", ".", "--format", "xml"], ["--format", "'xml'", "github"]),
        (["rules", "--explain", "DE999"], ["code", "DE001", "DE043", "DE999"]),
    ],
)
def test_bad_use_goes_to_stderr_with_status_2(
    arguments: list[str], words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence, nothing on stdout, and nothing looked at."""
    status = status_of(arguments)
    out, err = capsys.readouterr()
    assert (status, out) == (2, "")
    for word in words:
        assert word in err


@pytest.mark.parametrize("command", ["lint", "rules"])
def test_help_shows_an_example(
    command: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """It can be run."""
    with pytest.raises(SystemExit):
        main([command, "--help"])
    example = capsys.readouterr().out.strip().splitlines()[-1].removeprefix("example: ")
    (tmp_path / "wrong.py").unlink()
    assert main(example.split()[1:]) == 0


def test_the_site_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The one that is named, the one whose wheel is installed, the one that was built here."""
    page = "fix/findings.html#de001"
    monkeypatch.setenv(addresses.VARIABLE, "https://named.example/docs/")
    assert addresses.address_of(page) == f"https://named.example/docs/{page}"
    monkeypatch.delenv(addresses.VARIABLE)
    monkeypatch.setattr(addresses, "installed_from", lambda: "https://installed.example")
    assert addresses.address_of(page) == f"https://installed.example/{page}"
    monkeypatch.setattr(addresses, "installed_from", lambda: "")
    monkeypatch.setattr(addresses, "BUILT", tmp_path)
    assert addresses.address_of(page) == page
    (tmp_path / "fix").mkdir()
    (tmp_path / "fix" / "findings.html").touch()
    assert addresses.address_of(page) == f"{tmp_path.as_uri()}/{page}"


@pytest.mark.parametrize(
    ("record", "site"),
    [
        ('{"url": "https://a.example/b/wheel/d-1.whl", "archive_info": {}}', "https://a.example/b"),
        ('{"url": "https://a.example/b/other/d-1.whl"}', ""),
        ('{"url": "https://a.example/b/wheel/d-1.tar.gz"}', ""),
        ('{"url": "file:///clone", "dir_info": {"editable": true}}', ""),
        (None, ""),
    ],
)
def test_the_wheel_says_from_which_site_it_came(
    record: str | None, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The installer records the address from which it installed; others have none."""

    class Installed:
        def read_text(self, name: str) -> str | None:
            return record if name == "direct_url.json" else None

    monkeypatch.setattr(addresses, "distribution", lambda _: Installed())
    addresses.installed_from.cache_clear()
    assert addresses.installed_from() == site
    monkeypatch.undo()
    addresses.installed_from.cache_clear()
