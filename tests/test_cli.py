"""The command line: its contract, its tables and its errors."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
import torch
import torch.nn.functional as F
from commands import status_of

from dropout_explained import TorchStream, explain, moments
from dropout_explained.cli import main

if TYPE_CHECKING:
    from pathlib import Path

EXPLAIN_KEYS = {
    "input", "p", "scale", "mask", "output", "mean_input", "mean_output",
    "expected_output", "standard_deviation", "standard_error", "gradient",
}  # fmt: skip


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Run the command in this process."""
    status = main(list(arguments))
    out, err = capsys.readouterr()
    return status, out, err


def test_explain_json(capsys: pytest.CaptureFixture[str]) -> None:
    """One document with the keys that programs rely on."""
    status, out, err = run(
        capsys, "explain", "1", "2", "3", "4", "--p", "0.5", "--seed", "0", "--json"
    )
    document = json.loads(out)
    assert (status, err) == (0, "")
    assert set(document) == EXPLAIN_KEYS
    assert document["output"] == [0, 0, 6, 0]
    assert document["mask"] == [0, 0, 1, 0]
    assert document["gradient"] == [0, 0, 2, 0]
    assert document["expected_output"] == document["input"] == [1, 2, 3, 4]
    assert document["standard_error"] == explain([1, 2, 3, 4], seed=0).standard_error


def test_moments_json(capsys: pytest.CaptureFixture[str]) -> None:
    """The exact numbers of moments()."""
    status, out, err = run(capsys, "moments", "--p", "0.9", "--n", "1000", "--value", "1", "--json")
    exact = moments(0.9, n=1000)
    assert (status, err) == (0, "")
    assert json.loads(out) == {
        "p": 0.9,
        "n": 1000,
        "mean": exact.mean,
        "variance": exact.variance,
        "second_moment": exact.second_moment,
        "standard_error": exact.standard_error,
        "interval_95": list(exact.interval_95),
    }


def test_replay_json(capsys: pytest.CaptureFixture[str]) -> None:
    """The mask that torch draws, and of successive calls the masks in call order."""
    status, out, _ = run(capsys, "replay", "--seed", "0", "--p", "0.5", "--shape", "2,3", "--json")
    torch.manual_seed(0)
    first, second = (F.dropout(torch.ones(2, 3), 0.5) != 0 for _ in range(2))
    assert status == 0
    assert json.loads(out) == {
        "mask": first.int().tolist(),
        "kept": int(first.sum()),
        "shape": [2, 3],
        "draws": 12,
    }
    arguments = ["--seed", "0", "--p", "0.5", "--shape", "2,3", "--calls", "2", "--json"]
    _, out, _ = run(capsys, "replay", *arguments)
    document = json.loads(out)
    assert document["mask"] == [first.int().tolist(), second.int().tolist()]
    assert document["draws"] == 24


def test_replay_from_a_saved_state(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """What mask did that step use? The state, saved before it, tells."""
    torch.manual_seed(3)
    F.dropout(torch.ones(10), 0.5)
    torch.save(torch.get_rng_state(), tmp_path / "state.pt")
    expected = F.dropout(torch.ones(6), 0.2) != 0
    arguments = ["--rng-state", str(tmp_path / "state.pt"), "--p", "0.2", "--shape", "6"]
    _, out, _ = run(capsys, "replay", *arguments, "--json")
    assert json.loads(out)["mask"] == expected.int().tolist()
    _, out, _ = run(capsys, "replay", *arguments)
    assert f"kept {int(expected.sum())} of 6" in out


def test_verify(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Status 0 when every call matched, 1 when one did not."""
    status, out, _ = run(capsys, "verify", "--json")
    document = json.loads(out)
    assert status == 0
    assert document["matches"] == document["cases"] >= 2000
    monkeypatch.setattr(TorchStream, "dropout", lambda _, x, __, **___: x + 1)
    status, out, _ = run(capsys, "verify", "--cases", "20")
    assert status == 1
    assert "first mismatch" in out


def test_tables_are_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    """Without --json: the table of explain(), and one of moments."""
    _, out, _ = run(capsys, "explain", "1", "2", "3", "4", "--seed", "0")
    assert out == f"{explain([1, 2, 3, 4], seed=0)}\n"
    _, out, _ = run(capsys, "moments", "--p", "0.9", "--n", "1000")
    assert "0.0948683" in out
    assert all(len(line) <= 62 for line in out.splitlines())


def test_without_a_seed_one_is_drawn_and_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In the table, or beside the document; with it the call can be repeated."""
    _, out, err = run(capsys, "explain", *("1" for _ in range(40)))
    seed = out.splitlines()[0].rsplit(" ", 1)[1]
    assert (
        err,
        run(capsys, "explain", *("1" for _ in range(40)), "--seed", seed)[1],
    ) == ("", out)
    _, out, err = run(capsys, "explain", *("1" for _ in range(40)), "--json")
    seed = err.rsplit(" ", 1)[1].strip()
    assert run(capsys, "explain", *("1" for _ in range(40)), "--seed", seed, "--json")[1] == out


def test_negative_and_odd_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    """Exponents, infinities and NaN are numbers, not options; JSON spells them."""
    status, out, _ = run(capsys, "explain", "-1e-3", "-inf", "nan", "-2", "--p", "0", "--json")
    document = json.loads(out)
    assert status == 0
    assert document["output"][1:] == ["-Infinity", "NaN", -2.0]
    assert math.isclose(document["input"][0], -1e-3, rel_tol=1e-7)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["explain", "1", "--p", "1.5"], ["p", "[0, 1]", "1.5"]),
        (["explain", "1", "--p", "nan"], ["p", "[0, 1]", "nan"]),
        (["explain", "1", "--p", "-0.5"], ["p", "[0, 1]", "-0.5"]),
        (["explain", "1", "--seed", str(2**64)], ["seed", "2**64 - 1"]),
        (["explain", "1e300"], ["x", "float32"]),
        (["explain", "one"], ["VALUE", "'one'"]),
        (["explain"], ["VALUE"]),
        (["moments", "--n", "0"], ["n", "1 to 2**53"]),
        (["moments", "--value", "inf"], ["value", "finite"]),
        (["replay", "--shape", "2"], ["--seed", "--rng-state"]),
        (["replay", "--seed", "0", "--shape", "2,x"], ["shape", "'x'"]),
        (["replay", "--seed", "0", "--shape", "2,-3"], ["shape", "at least 0"]),
        (["replay", "--seed", "0", "--calls", "0"], ["calls", "1 to"]),
        (["replay", "--rng-state", "missing.pt"], ["missing.pt"]),
        (["replay", "--seed", "0", "--layer", "dropout4d"], ["layer", "dropout4d", "dropout3d"]),
        (["verify", "--cases", "0"], ["cases", "1 to"]),
        (["nonsense"], ["nonsense"]),
        ([], ["COMMAND"]),
    ],
)
def test_errors_go_to_stderr_with_status_2(
    arguments: list[str], words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence, nothing on stdout."""
    status = status_of(arguments)
    out, err = capsys.readouterr()
    assert (status, out) == (2, "")
    for word in words:
        assert word in err


@pytest.mark.parametrize(
    "arguments", [["replay", "--seed", "0", "--layer", "dropout4d"], ["replay", "--p", "0.5"]]
)
def test_an_error_breaks_between_words_where_a_screen_ends(
    arguments: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On a screen of 64 columns in lines of 62, on a wide one in one."""

    def complaint(columns: str) -> str:
        monkeypatch.setenv("COLUMNS", columns)
        with suppress(SystemExit):  # argparse's own refusals
            main(arguments)
        # Behind the usage, if that stands there.
        said = re.search(r"^dropout-explained.*", capsys.readouterr().err, re.MULTILINE | re.DOTALL)
        assert said is not None
        return said[0]

    narrow, wide = complaint("64").splitlines(), complaint("1000").splitlines()
    assert len(wide) == 1
    assert len(narrow) > 1
    assert max(map(len, narrow)) <= 62
    assert " ".join(narrow) == wide[0]


def test_a_process_of_its_own_ends_with_the_status() -> None:
    """``python -m dropout_explained`` refuses without a traceback, as the console script does."""
    done = subprocess.run(
        [sys.executable, "-m", "dropout_explained", "explain", "1", "--p", "1.5"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    assert "p must lie in [0, 1]" in done.stderr


def test_an_error_of_the_package_itself_is_not_called_bad_input(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A ValueError that no check raised is a bug, and keeps its traceback."""

    def broken(*_: object, **__: object) -> None:
        raise ValueError("operands could not be broadcast together")

    monkeypatch.setattr("dropout_explained.cli.explain", broken)
    with pytest.raises(ValueError, match="broadcast"):
        main(["explain", "1"])


@pytest.mark.parametrize("command", ["explain", "moments", "replay", "verify"])
def test_help_shows_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """--help ends with a line that can be run, and it runs."""
    with pytest.raises(SystemExit) as stopped:
        main([command, "--help"])
    assert stopped.value.code == 0
    example = capsys.readouterr().out.strip().splitlines()[-1].removeprefix("example: ")
    assert example.startswith(f"dropout-explained {command}")
    assert main(example.split()[1:]) == 0


def test_the_console_script_is_installed() -> None:
    """The entry point exists and knows its version."""
    from importlib.metadata import entry_points, version

    (script,) = entry_points(group="console_scripts", name="dropout-explained")
    assert script.load() is main
    assert version("dropout-explained")


def test_what_does_not_fit_into_memory_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """A shape that an array may have, and no machine has room for."""
    status, out, err = run(capsys, "replay", "--seed", "0", "--shape", "100000000,100000000")
    assert (status, out) == (2, "")
    assert err.startswith("dropout-explained: error: that does not fit into memory. ")
    assert err.count("\n") == 1
