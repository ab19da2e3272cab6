"""Models that are named on a command line: what a factory may be, and what is refused."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING

import pytest
import torch
from torch import nn

from dropout_explained.audit.target import model_and_inputs
from dropout_explained.cli import main

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = """
import torch
from torch import nn

model = nn.Sequential(nn.Linear(3, 2), nn.Dropout(0.5))
number = 3


class Net(nn.Dropout):
    pass


def alone():
    return model


def with_tensor():
    return model, torch.ones(2, 3)


def with_tuple():
    return model, (torch.ones(2, 3), 4)


def with_names():
    return model, {"input": torch.ones(2, 3)}


def too_many():
    return model, 1, 2


class holder:
    inner = model


class Forgotten(nn.Module):
    def forward(self, x):
        return nn.functional.dropout(x, 0.25)
"""


@pytest.fixture(autouse=True)
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a file with factories, in the folder in which one works."""
    path = tmp_path / "my_models.py"
    path.write_text(SOURCE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return path


@pytest.mark.parametrize("home", ["my_models", "my_models.py"])
@pytest.mark.parametrize(
    "name", ["model", "alone", "with_tensor", "with_tuple", "with_names", "Net", "holder.inner"]
)
def test_what_a_target_may_name(home: str, name: str) -> None:
    """A model, a class, a function that makes one, with or without inputs."""
    model, inputs, named = model_and_inputs(f"{home}:{name}", [])
    assert isinstance(model, nn.Module)
    assert len(inputs) == {"with_tensor": 1, "with_tuple": 2}.get(name, 0)
    assert list(named) == (["input"] if name == "with_names" else [])


def test_shapes_take_the_place_of_inputs() -> None:
    """Normal numbers, and zeros of integers."""
    _, (numbers, words), named = model_and_inputs("my_models:with_names", ["2,3", "2,5:int64"])
    assert not named
    assert numbers.shape == (2, 3)
    assert numbers.dtype == torch.float32
    assert words.shape == (2, 5)
    assert words.dtype == torch.int64


@pytest.mark.parametrize(
    ("target", "shapes", "message"),
    [
        ("my_models", [], "target must be module:factory or file.py:factory; got 'my_models'"),
        ("nowhere:model", [], "there is no module nowhere"),
        ("nowhere.py:model", [], "there is no file nowhere.py"),
        ("my_models:absent", [], "my_models has no absent, but torch, nn, model"),
        ("my_models:number", [], "my_models:number is 3"),
        ("my_models:too_many", [], "makes 3"),
        ("my_models:model", ["2,x"], "input-shape must be integers of at least 0"),
        ("my_models:model", ["2,3:lang"], "must end in a dtype of torch, as 2,5:int64; got '2,3:lang'"),
    ],
)  # fmt: skip
def test_what_is_refused(target: str, shapes: list[str], message: str) -> None:
    """In one sentence that says what it should be."""
    with pytest.raises((ValueError, TypeError), match=message):
        model_and_inputs(target, shapes)


def test_an_import_that_fails_inside_is_not_hidden(written: Path) -> None:
    """A module that wants another, which is not there, says so itself."""
    written.with_name("broken_models.py").write_text("import not_there_at_all\n", encoding="utf-8")
    with pytest.raises(ModuleNotFoundError, match="not_there_at_all"):
        model_and_inputs("broken_models:model", [])


def test_the_command_prints_findings_and_fails(capsys: pytest.CaptureFixture[str]) -> None:
    """Status 1, the line of the mistake, what mends it, and the page; as JSON all by name."""
    assert main(["audit", "my_models:Forgotten", "--input-shape", "4,3"]) == 1
    printed = capsys.readouterr().out
    assert "DE001 error  my_models.py:" in printed
    assert "Fix: Pass training=self.training" in printed
    assert main(["audit", "my_models:Forgotten", "--input-shape", "4,3", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    (found,) = document["findings"]
    assert list(found) == ["code", "severity", "where", "message", "fix", "docs"]
    assert found["docs"].endswith("#de001")
    assert max(map(len, printed.splitlines())) <= 90


def test_the_command_is_content_with_a_right_model(capsys: pytest.CaptureFixture[str]) -> None:
    """Status 0; also where the draw is accepted, and where no inputs are known."""
    assert main(["audit", "my_models:with_tensor"]) == 0
    assert "0 errors" in capsys.readouterr().out
    accepted = ["audit", "my_models:Forgotten", "--input-shape", "4,3", "--accept", "DE001"]
    assert main(accepted) == 0
    assert main(["audit", "my_models:alone"]) == 0
    assert "Only layers were looked at" in " ".join(capsys.readouterr().out.split())


def test_the_command_says_why_a_model_does_not_run(capsys: pytest.CaptureFixture[str]) -> None:
    """Status 2, and how inputs are set."""
    assert main(["audit", "my_models:alone", "--input-shape", "4,7"]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "target must run on its inputs, which --input-shape sets" in said
    assert "RuntimeError" in said
    assert main(["audit", "nowhere:model"]) == 2


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("1 / 0", r"ZeroDivisionError: division by zero \(broken\.py:1\)"),
        ("model = (", r"SyntaxError: '\(' was never closed \(broken\.py, line 1\)"),
        ("import sys\nsys.exit(3)", r"SystemExit: 3 \(broken\.py:2\)"),
        ("def model():\n    return [][0]", r"IndexError: list index out of range \(broken\.py:2\)"),
        ("import no_such_module", "No module named 'no_such_module'"),
        ("model = None", "target must name a model or what makes one"),
    ],
)
def test_a_target_that_breaks_is_one_sentence(
    source: str,
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With the line of the file that broke, and not with a traceback through this package."""
    monkeypatch.delitem(sys.modules, "broken", raising=False)
    path = tmp_path / "broken.py"
    path.write_text(source, encoding="utf-8")
    assert main(["audit", f"{path}:model"]) == 2
    error = " ".join(capsys.readouterr().err.split())
    assert re.search(said, error), error
    assert "Traceback" not in error
    assert "raises BadArgument" not in error
    assert "raises ModuleNotFoundError" not in error
