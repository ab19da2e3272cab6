"""Whatever is typed, passed or read: an answer, or an error of those that are documented; never a traceback.

``nox -s tests -- tests/test_fuzz.py --hypothesis-profile explore`` looks for what no one has seen.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import json
import os
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from commands import status_of
from conftest import ROOT
from hypothesis import example, given, settings
from hypothesis import strategies as st
from linted_sources import RIGHT, WRONG
from torch import nn

import dropout_explained
from dropout_explained import TorchStream, audit, lint
from dropout_explained.arguments import BadArgument, BadArgumentType
from dropout_explained.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable

# ------------------------------------------------------------------------------ the command line

numbers = st.one_of(
    st.integers().map(str),
    st.floats().map(repr),
    st.sampled_from(
        [
            "",
            " ",
            "-",
            "--",
            "0x1",
            "1_0",
            "\u0661",
            "1e999",
            "-0.0",
            "nan",
            "½",
            "1,2",
            "\0",
            "\udcff",
        ]
    ),
    st.text(max_size=5),
)
shapes = st.one_of(
    st.lists(st.integers(0, 5), max_size=4).map(lambda sizes: ",".join(map(str, sizes))),
    st.sampled_from(
        ["99999999999999999999", "0", ",", "2,,3", "-1", "²", "3," * 70 + "3", "10000000000000,0"]
    ),
    st.text(max_size=6),
)
words = st.one_of(
    st.sampled_from(["eager", "compiled", "dropout2d", "float16", "DE001", "de1", "*"]),
    st.text(max_size=8),
)
OPTIONS: dict[str, dict[str, st.SearchStrategy[str]]] = {
    "explain": {"--p": numbers, "--seed": numbers},
    "moments": {"--p": numbers, "--n": numbers, "--value": numbers},
    "replay": {
        "--p": numbers,
        "--seed": numbers,
        "--shape": shapes,
        "--layer": words,
        "--stream": words,
        "--dtype": words,
        # As many as are wanted are drawn: a large number is no mistake.
        "--calls": st.one_of(st.integers(-5, 5).map(str), st.text(max_size=3)),
    },
    "lint": {"--format": words},
    "rules": {"--explain": words},
    "audit": {"--input-shape": shapes, "--accept": words},
}


@st.composite
def command_lines(draw: st.DrawFn) -> list[str]:
    """Draw a command with some of its options, and now and then something else."""
    command = draw(st.sampled_from(sorted(OPTIONS)))
    given_options = draw(st.lists(st.sampled_from([*OPTIONS[command], "--json"]), max_size=5))
    line = [command]
    for option in given_options:
        line.append(option)
        if option != "--json":
            line.append(draw(OPTIONS[command][option]))
    if command in {"explain", "lint", "audit"}:
        # No name of a module: what is named is imported.
        rest = numbers if command == "explain" else st.text("_:.é \0", max_size=6)
        line[1:1] = draw(st.lists(rest, max_size=3))
    if draw(st.booleans()):
        line += draw(st.lists(st.text(max_size=4), max_size=2))
    return line


@given(command_lines())
@example(["replay", "--seed", "0", "--shape", "9" * 30])
@example(["replay", "--seed", "0", "--shape", "10000000,10000000"])
@example(["replay", "--seed", "0", "--shape", "1," * 70])
@example(["moments", "--p", "0.5", "--n", str(2**53), "--value", "1e308"])
@example(["lint", "\0"])
def test_a_command_answers_or_says_what_is_wrong(line: list[str]) -> None:
    """Status 0 or 1 with an answer; 2 with a sentence on standard error, and nothing else there."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = status_of(line)
    assert status in {0, 1, 2}
    if status == 2:
        assert "dropout-explained" in err.getvalue()
        assert "error: " in err.getvalue()
    elif "--json" in line and "-h" not in " ".join(line):
        json.loads(out.getvalue())


# --------------------------------------------------------------------------- the public functions

BOUNDARIES = [
    0,
    1,
    0.5,
    -0.0,
    -1,
    2**63,
    2**64,
    float("nan"),
    float("inf"),
    1e-320,
    1e300,
    True,
    1j,
]
THINGS: list[Any] = [
    None,
    "",
    "dropout",
    b"\0",
    object(),
    len,
    {},
    {1: 2},
    set(),
    [],
    [[]],
    [[1.0], [1.0, 2.0]],
    [None],
    ["1"],
    range(3),
    slice(None),
    np.array(1.0),
    np.zeros((2, 0)),
    np.array([1.0, np.nan]),
    np.array([1, 2], dtype="datetime64[s]"),
    np.array([object()]),
    np.array([1.0, 2.0], dtype=">f4"),
    np.array([(1, 2.0)], dtype="i4,f4"),
    np.ma.masked_array([1.0, 2.0], [True, False]),
    np.float32(0.5),
    np.int8(-1),
    torch.tensor(1.0),
    torch.ones(2, 3).t(),
    torch.ones(0),
    torch.ones(2, dtype=torch.bfloat16, requires_grad=True),
    torch.ones(2, dtype=torch.bool),
    torch.ones(2, device="meta"),
    torch.ones(2).to_sparse(),
    torch.ones(2, dtype=torch.complex64),
    torch.ones(1, 2).expand(3, 2),
    nn.Dropout(),
    nn.Dropout,
    nn.Parameter(torch.ones(2)),
]
anything: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(BOUNDARIES),
    st.sampled_from(THINGS),
    st.integers(),
    st.floats(),
    st.text(max_size=3),
    st.lists(st.floats(-10, 10), max_size=4),
    st.lists(st.integers(0, 1), max_size=4),
    st.binary(max_size=5),
)
right = {
    "x": st.just([1.0, -2.0]),
    "p": st.sampled_from([0, 0.3, 1]),
    "shape": st.sampled_from([(2,), (2, 3), (1, 2, 2)]),
    "seed": st.sampled_from([0, None, 2**64 - 1]),
    "n": st.integers(1, 5),
    "function": st.sampled_from([sum, lambda mask: mask]),
}
# What can be called is called, and may raise what it likes.
PASSED = {"function": st.sampled_from([thing for thing in THINGS if not callable(thing)])}
CALLS: dict[str, tuple[str, ...]] = {
    "explain": ("x", "p", "seed", "mask", "training"),
    "moments": ("p", "value", "n", "layer"),
    "dropout_gradient": ("mask", "p"),
    "mean_square_gradient": ("x", "mask", "p"),
    "mean_square_gradient_moments": ("x", "p"),
    "replay": ("x", "p", "seed", "layer", "stream"),
    "replay_mask": ("shape", "p", "seed", "layer", "stream", "dtype"),
    "mask_distribution": ("function", "p", "n"),
    "mask_moments": ("function", "p", "n"),
    "TorchStream": ("seed",),
    "verify": ("cases", "stream"),
}


def refuses_or_answers(call: Callable[[], object]) -> None:
    """Call, and show the answer; only the errors that are documented may come."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of overflow in numbers that are too large
        try:
            told = call()
        except (BadArgument, BadArgumentType) as refused:
            message = str(refused)
        else:
            str(told)
            message = ""
    assert "\n" not in message


@given(st.data())
def test_a_function_answers_or_says_what_is_wrong(data: st.DataObject) -> None:
    """Each with arguments of which some are right: BadArgument or BadArgumentType, in one line."""
    name = data.draw(st.sampled_from(sorted(CALLS)))
    parameters = inspect.signature(getattr(dropout_explained, name)).parameters
    arguments = {
        argument: data.draw(
            st.one_of(right[argument], PASSED.get(argument, anything))
            if argument in right
            else anything,
            argument,
        )
        for argument in CALLS[name]
        if parameters[argument].default is inspect.Parameter.empty
        or data.draw(st.booleans(), f"{argument}?")
    }
    if name == "verify":
        arguments["cases"] = data.draw(st.one_of(st.integers(-1, 3), st.sampled_from(THINGS)))
    refuses_or_answers(lambda: getattr(dropout_explained, name)(**arguments))


@given(anything, st.binary(min_size=1, max_size=8))
def test_a_state_is_read_or_refused(thing: Any, some: bytes) -> None:
    """Of the right size and wrong inside, or nothing like a state."""
    raw = (some * 5056)[:5056]
    for state in (thing, raw, np.frombuffer(raw, np.uint8), torch.get_rng_state()):
        refuses_or_answers(lambda state=state: TorchStream.from_rng_state(state).mask((2,), 0.5))  # type: ignore[misc]


@given(
    st.one_of(st.binary(max_size=64), st.binary(max_size=64).map(lambda rest: b"\x93NUMPY" + rest))
)
@example(b"PK\x05\x06" + bytes(18))
@example(b"\x93NUMPY\x01\x00\xff\xff")
def test_a_saved_state_is_read_or_refused(contents: bytes) -> None:
    """The command that reads it says what is wrong with the file."""
    path = ROOT / ".hypothesis" / f"state-{os.getpid()}"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(contents)
    err = io.StringIO()
    try:
        with contextlib.redirect_stderr(err):
            assert main(["replay", "--rng-state", str(path)]) == 2
    finally:
        path.unlink()
    assert "error: " in err.getvalue()


class Odd(nn.Module):
    """A model that returns whatever it was made with."""

    def __init__(self, answer: Any) -> None:
        super().__init__()
        self.drop = nn.Dropout(0.5)
        self.answer = answer

    def forward(self, x: Any) -> Any:
        """Drop, and answer with something else."""
        self.drop(x)
        return self.answer


@settings(max_examples=settings().max_examples // 10)
@given(anything, anything, anything)
def test_an_audit_of_anything_is_a_report_or_refused(model: Any, x: Any, accept: Any) -> None:
    """What is no model is refused; a model may return what it likes."""
    if not callable(model) or isinstance(model, nn.Module):
        for arguments in ((model,), (model, torch.ones(2))):
            refuses_or_answers(lambda arguments=arguments: audit(*arguments))  # type: ignore[misc]
    refuses_or_answers(lambda: audit(Odd(x), torch.ones(2, 3)))
    refuses_or_answers(lambda: audit(nn.Dropout(), torch.ones(2, 3), accept=accept))


# ------------------------------------------------------------------------------------ the linter

lines = [line for source in (*WRONG.values(), *RIGHT.values()) for line in str(source).splitlines()]
sources = st.one_of(
    st.lists(st.sampled_from(lines), max_size=12).map(lambda chosen: "\n".join(chosen).encode()),
    st.binary(max_size=40),
    st.text(max_size=40).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.sampled_from(
        [b"\xef\xbb\xbf#", b"# coding: nope", b"(" * 3000, b"-" * 9000 + b"1", b"x = '\\ud800'"]
    ),
)
leaves = st.one_of(
    st.none(), st.integers(), st.text(max_size=5), st.just("code"), st.sampled_from(lines)
)
fields = st.sampled_from(["cells", "cell_type", "source", "metadata", "kernelspec"])
cells = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(fields, inner, max_size=4),
    max_leaves=12,
)


@given(sources, cells)
def test_any_file_is_linted(source: bytes, notebook: Any) -> None:
    """What is no Python, or no notebook, is a note; the rest has findings or none."""
    folder = ROOT / ".hypothesis" / f"linted-{os.getpid()}"
    folder.mkdir(parents=True, exist_ok=True)
    files = {"a.py": source, "b.ipynb": source, "c.ipynb": json.dumps(notebook).encode()}
    for name, contents in files.items():
        (folder / name).write_bytes(contents)
    try:
        str(lint(folder))
    finally:
        for name in files:
            (folder / name).unlink()
        folder.rmdir()


@given(st.one_of(st.sampled_from(THINGS), st.lists(st.text("ab\0é\udcff", min_size=1), max_size=2)))
def test_any_path_is_linted_or_refused(paths: Any) -> None:
    """Of a name that no file has, or of something that is no name."""
    refuses_or_answers(lambda: lint(paths))
