"""The linter: what is wrong is found with its line, what is right stays silent, what is in doubt is a note."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import linted_sources
import pytest
import torch
import torch.nn.functional as F
from linted_sources import IN_DOUBT, RIGHT, WRONG, marked
from torch import nn

from dropout_explained import lint
from dropout_explained.audit import rules
from dropout_explained.audit.source_calls import (
    DROPOUTS,
    FUNCTIONS,
    LAYERS,
    NORMS,
    PASSING,
    RECURRENT,
)

if TYPE_CHECKING:
    from pathlib import Path

LINTED = [code for code, rule in rules().items() if "lint" in rule.finds]
# What an example of the catalogue may use without importing it.
HEAD = (
    "import warnings\nimport numpy as np\nimport torch\nimport torch.nn.functional as F\n"
    "from torch import nn\nfrom torch.utils.checkpoint import checkpoint\n"
)


def found(folder: Path, text: str) -> list[tuple[str, int, str]]:
    """Return code, line and severity of what the linter finds in a text, line by line."""
    file = folder / "source.py"
    file.write_text(text, encoding="utf-8")
    report = lint(file)
    assert all(one.where.startswith(f"{file}:") for one in report.findings)
    places = [
        (one.code, int(one.where.rpartition(":")[2]), one.severity) for one in report.findings
    ]
    return sorted(places, key=lambda place: place[1])


@pytest.mark.parametrize("code", LINTED)
def test_the_bad_example_of_a_rule_is_found(code: str, tmp_path: Path) -> None:
    """With its line, its severity and its page, and nothing else in it."""
    bad = rules()[code].bad
    ((what, line, severity),) = found(tmp_path, HEAD + bad)
    assert (what, severity) == (code, rules()[code].severity)
    meant = ("ropout", "attention", "LSTM", "checkpoint(", ".drop(x)", ".eval")
    assert any(word in (HEAD + bad).split("\n")[line - 1] for word in meant)
    (one,) = lint(tmp_path).findings
    assert (one.fix, one.docs.endswith(f"fix/findings.html#{code.lower()}")) == (
        rules()[code].fix,
        True,
    )


@pytest.mark.parametrize("code", rules())
def test_the_good_example_of_any_rule_is_silent(code: str, tmp_path: Path) -> None:
    """Also those of rules that only a run can find."""
    assert found(tmp_path, HEAD + rules()[code].good) == []


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_found_with_its_line(name: str, tmp_path: Path) -> None:
    """Every mark is found, and nothing else, with the severity of its rule."""
    wanted = [(code, line, rules()[code].severity) for code, line, _ in marked(WRONG[name])]
    assert wanted
    assert found(tmp_path, WRONG[name]) == wanted


@pytest.mark.parametrize("name", IN_DOUBT)
def test_what_may_be_right_is_a_note(name: str, tmp_path: Path) -> None:
    """It is said, and no status of a command depends on it."""
    wanted = [(code, line, "note") for code, line, note in marked(IN_DOUBT[name]) if note]
    assert wanted
    assert found(tmp_path, IN_DOUBT[name]) == wanted


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_right_stays_silent(name: str, tmp_path: Path) -> None:
    """Not even a note."""
    assert found(tmp_path, RIGHT[name]) == []


def test_there_are_enough_of_them() -> None:
    """Beside the catalogue, thirty of each kind; and every rule of the linter is among the marks."""
    assert min(len(RIGHT), len(WRONG)) >= 30
    texts = [*WRONG.values(), *IN_DOUBT.values()]
    assert {code for text in texts for code, _, _ in marked(text)} == set(LINTED)


def test_the_signatures_are_those_of_torch() -> None:
    """Position, name and default of each p and of each mode that calls are read by."""
    for path, signature in FUNCTIONS.items():
        function = getattr(F, path.rpartition(".")[2], None)
        if function is None or path.startswith("torch.nn") is False or not callable(function):
            continue
        if path.endswith("scaled_dot_product_attention"):
            x = torch.ones(1, 2, 2)
            assert torch.equal(function(x, x, x, None, 0.0), function(x, x, x, dropout_p=0.0))
            continue
        parameters = list(inspect.signature(function).parameters.values())
        p = parameters[signature.at]
        assert p.name == signature.p
        assert p.default in (signature.default, inspect.Parameter.empty)
        assert signature.mode is not None
        mode = parameters[signature.mode]
        assert (mode.name, mode.default) == (signature.mode_name, signature.active)


def test_the_layers_are_those_of_torch() -> None:
    """Each path exists; each p has its place and its default; recurrent layers have it by position."""
    for path in (*DROPOUTS, *LAYERS, *NORMS, *PASSING):
        assert issubclass(getattr(nn, path.removeprefix("torch.nn.")), nn.Module)
    for path, signature in LAYERS.items():
        layer = getattr(nn, path.removeprefix("torch.nn."))
        if path not in RECURRENT:
            p = list(inspect.signature(layer).parameters.values())[signature.at]
            assert (p.name, p.default) == (signature.p, signature.default)
    for path, at in RECURRENT.items():
        arguments = (
            [4, 8, 2, "tanh", True, False] if path.endswith("RNN") else [4, 8, 2, True, False]
        )
        assert len(arguments) == at
        assert getattr(nn, path.removeprefix("torch.nn."))(*arguments, 0.3).dropout == 0.3


def test_the_low_level_functions_take_what_is_read() -> None:
    """torch.dropout and its kin have input, p and train, all of them required."""
    for path, signature in FUNCTIONS.items():
        if path.count(".") == 1:
            function = getattr(torch, path.removeprefix("torch."))
            x = torch.ones(2, 3, 4)
            assert torch.equal(function(x, 0.5, False), x)
            assert torch.equal(function(x, p=0.5, **{signature.mode_name: False}), x)


@pytest.mark.parametrize("name", [name for name in WRONG if "torch" in WRONG[name]])
def test_a_text_that_is_marked_is_python(name: str) -> None:
    """The marks are comments: what is linted can be compiled."""
    compile(WRONG[name], name, "exec")
    assert linted_sources.MARK.search(WRONG[name])
