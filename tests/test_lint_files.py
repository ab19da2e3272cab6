"""What the linter reads: files, folders, notebooks; what it leaves out; what silences it."""

from __future__ import annotations

import gc
import json
import os
import warnings
from typing import TYPE_CHECKING, Any

import pytest
from linted_sources import WRONG, method

from dropout_explained import lint
from dropout_explained.audit.source_files import LARGEST

if TYPE_CHECKING:
    from pathlib import Path

BAD = WRONG["without arguments"]
LINE = next(i for i, line in enumerate(BAD.split("\n"), 1) if "F.dropout" in line)


def places(*paths: object) -> list[str]:
    """Return where something was found, without the folder that holds the first path."""
    return [os.path.basename(one.where) for one in lint(paths).findings]  # type: ignore[arg-type]  # noqa: PTH119


def test_folders_are_searched_in_order(tmp_path: Path) -> None:
    """Python and notebooks, also below; other files are left alone."""
    for name in ("b.py", "a.py", "notes.txt", "below/c.py"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(BAD)
    report = lint(tmp_path)
    assert [one.where for one in report.findings] == [
        f"{tmp_path / name}:{LINE}" for name in ("a.py", "b.py", "below/c.py")
    ]
    assert str(report).startswith("3 files of source code: 3 errors, 0 warnings, 0 notes\n")


def test_what_others_wrote_is_left_out(tmp_path: Path) -> None:
    """Hidden folders, virtual environments and caches; unless they are what is asked for."""
    hidden, cache, installed = ".git", "__pycache__", "venv/lib/site-packages"
    for name in (hidden, cache, installed):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "bad.py").write_text(BAD)
    (tmp_path / "venv" / "pyvenv.cfg").touch()
    (tmp_path / "venv" / "bad.py").write_text(BAD)
    assert lint(tmp_path).findings == ()
    for name in (hidden, cache, installed):
        assert len(lint(tmp_path / name).errors) == 1


def test_a_file_is_read_once(tmp_path: Path) -> None:
    """However often it is named, also by a link; a link that leads round in a circle ends."""
    file = tmp_path / "bad.py"
    file.write_text(BAD)
    (tmp_path / "link.py").symlink_to(file)
    (tmp_path / "circle").symlink_to(tmp_path)
    assert len(lint([tmp_path, file, str(file)]).findings) == 1


def test_a_path_may_be_text_or_a_path_or_several(tmp_path: Path) -> None:
    """And nothing else is one."""
    file = tmp_path / "bad.py"
    file.write_text(BAD)
    assert len(lint(str(file)).errors) == len(lint(file).errors) == len(lint([file]).errors) == 1
    assert lint([]).findings == ()
    with pytest.raises(TypeError, match="paths must be paths of files and folders; got 3"):
        lint(3)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("contents", "line", "message"),
    [
        (b"x = 1\ndef broken(:\n", ":2", "This is no Python"),
        (b"\xff\xfe\x00 nothing", "", "Cannot be decoded"),
        (b"# coding: no-such-code\n", "", "Cannot be decoded"),
        (b"x = '\xe4'\n", "", "Cannot be decoded"),
        (b"x = 1\x00\n", "", "This is no Python"),
        (b"x = " + b"(" * 500 + b")" * 500, "", "This is no Python"),
        (b"x = " + b"-" * 100_000 + b"1", "", "Is nested too deeply"),
        (b"F.dropout(" + b"+".join([b"x"] * 5000) + b")", "", "Is nested too deeply"),
        (b"#" * (LARGEST + 1), "", "Is larger than 5 MB"),
    ],
)
def test_what_cannot_be_read_is_a_note(
    contents: bytes, line: str, message: str, tmp_path: Path
) -> None:
    """It never stops the rest, and says where and why."""
    file, other = tmp_path / "broken.py", tmp_path / "other.py"
    file.write_bytes(contents)
    other.write_text(BAD)
    error, note = lint([file, other]).findings
    assert error.severity == "error"
    assert (note.code, note.severity) == ("DE000", "note")
    assert note.where.startswith(f"{file}{line}")
    assert note.message.startswith(message)
    assert note.docs.endswith("fix/findings.html#de000")


def test_what_is_not_there_is_a_note(tmp_path: Path) -> None:
    """And so is what is no file."""
    pipe = tmp_path / "pipe.py"
    os.mkfifo(pipe)
    told = [one.message for one in lint([tmp_path / "missing.py", pipe, "zero\0.py"]).notes]
    assert told[0].startswith("Cannot be read: No such file")
    assert told[1] == "Is no file."
    assert told[2].startswith("Cannot be read: embedded null")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "latin-1"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_lines_are_those_of_an_editor(encoding: str, newline: str, tmp_path: Path) -> None:
    """With a mark in front, another coding, other ends of lines, and form feeds, which end none."""
    cookie = "" if encoding == "utf-8-sig" else f"# coding: {encoding}\n"
    text = f"{cookie}name = 'ü \f \x1c \x85'\n{BAD}".replace("\n", newline)
    file = tmp_path / "file.py"
    file.write_bytes(text.encode(encoding))
    (found,) = lint(file).errors
    assert found.where == f"{file}:{LINE + 1 + bool(cookie)}"


@pytest.mark.parametrize(
    ("comment", "silent"),
    [
        ("# noqa", True),
        ("#NOQA", True),
        ("# noqa because it is meant", True),
        ("# noqa: DE001", True),
        ("# noqa:de001", True),
        ("# noqa : E501,DE001", True),
        ("# noqa: E501 DE001 both", True),
        ("# noqa: DE0", True),
        ("# type: ignore  # noqa: DE001", True),
        ("# noqa: DE002", False),
        ("# noqa: dropout", False),
        ("# noqa:", False),
        ("# noqam", False),
        ("# no qa", False),
    ],
)
def test_a_comment_silences_its_line(comment: str, silent: bool, tmp_path: Path) -> None:
    """All of it, or the codes that it names; no other word does."""
    file = tmp_path / "file.py"
    file.write_text(method(f"return F.dropout(x, 0.5)  {comment}"))
    assert len(lint(file).errors) == (not silent)


def test_a_comment_silences_only_where_the_finding_stands(tmp_path: Path) -> None:
    """On any line of the call; on none beside it."""
    file = tmp_path / "file.py"
    call = ("return F.dropout(", "    x,", "    0.5,", ")")
    for line in range(4):
        lines = [text + ("  # noqa: DE001" if i == line else "") for i, text in enumerate(call)]
        file.write_text(method(*lines))
        assert lint(file).findings == ()
    file.write_text(method("y = x  # noqa", "return F.dropout(x, 0.5)"))
    assert len(lint(file).errors) == 1


def notebook(*cells: str | list[str], **metadata: Any) -> str:
    """Return a notebook with a cell of text and these cells of code."""
    text = {"cell_type": "markdown", "metadata": {}, "source": "F.dropout(x, 0.5)"}
    code: list[dict[str, Any]] = [
        {"cell_type": "code", "metadata": {}, "source": cell} for cell in cells
    ]
    return json.dumps({"nbformat": 4, "metadata": metadata, "cells": [text, *code]})


IMPORTS = "from torch import nn\nimport torch.nn.functional as F"
CLASS = ["class Net(nn.Module):\n", "    def forward(self, x):\n", "        return F.dropout(x)"]


def test_notebooks_are_read_cell_by_cell(tmp_path: Path) -> None:
    """Names go from cell to cell; cells are counted with those of text, lines within each."""
    file = tmp_path / "n.ipynb"
    file.write_text(notebook(IMPORTS, CLASS, "drop = nn.Dropout(1.0)\n"))
    assert places(file) == ["n.ipynb:cell 3:3", "n.ipynb:cell 4:1"]


def test_the_language_of_notebooks_is_stepped_over(tmp_path: Path) -> None:
    """Magics, shell lines, help, and cells of other languages; lines keep their numbers."""
    magic = (
        "%matplotlib inline\n!pip install torch\nfiles = !ls\nn = %timeit -o f()\nnn.Dropout?\n"
        "if True:\n    %load_ext x\n"
    )
    file = tmp_path / "n.ipynb"
    file.write_text(
        notebook(
            magic + IMPORTS,
            "%%bash\nnn.Dropout(True)\nfi (",
            "%%time\n" + "".join(CLASS),
            "%%html\n<b>",
            "nn.Dropout(True)  # right?",
        )
    )
    assert places(file) == ["n.ipynb:cell 4:4", "n.ipynb:cell 6:1"]


def test_a_broken_cell_is_a_note_and_the_others_are_read(tmp_path: Path) -> None:
    """With the number of the cell, and of the line in it."""
    file = tmp_path / "n.ipynb"
    file.write_text(notebook(IMPORTS, "x = 1\nfor (", CLASS))
    assert places(file) == ["n.ipynb:cell 4:3", "n.ipynb:cell 3:2"]


def test_a_comment_in_a_cell_silences_it(tmp_path: Path) -> None:
    """As in a file."""
    file = tmp_path / "n.ipynb"
    file.write_text(notebook(IMPORTS, "".join(CLASS) + "  # noqa: DE001"))
    assert places(file) == []


def test_old_notebooks_and_those_of_other_languages(tmp_path: Path) -> None:
    """Version 3 has sheets of cells; what is not Python is not looked at."""
    file = tmp_path / "n.ipynb"
    cells = [{"cell_type": "code", "input": text} for text in (IMPORTS, "nn.Dropout(True)")]
    file.write_text(json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}]}))
    assert places(file) == ["n.ipynb:cell 2:1"]
    file.write_text(notebook(IMPORTS, CLASS, kernelspec={"language": "R"}))
    assert places(file) == []
    file.write_text(notebook(IMPORTS, CLASS, language_info={"name": "python"}))
    assert len(places(file)) == 1


@pytest.mark.parametrize(
    "contents", [b"", b"[]", b"{", b'{"cells": 3}', b'{"cells": [3]}', b"\xff", b"[" * 100_000]
)
def test_what_is_no_notebook_is_a_note(contents: bytes, tmp_path: Path) -> None:
    """Whatever it is."""
    file = tmp_path / "n.ipynb"
    file.write_bytes(contents)
    (note,) = lint(file).notes
    assert note.message == "Is no notebook."


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    """The collector of garbage is as it was; what a file escapes wrongly warns nobody."""
    file = tmp_path / "file.py"
    file.write_text('text = "\\d"\n' + BAD)
    for collects in (True, False):
        (gc.enable if collects else gc.disable)()
        try:
            with warnings.catch_warnings(record=True) as seen:
                warnings.simplefilter("always")
                lint(file)
            assert gc.isenabled() == collects
        finally:
            gc.enable()
        assert seen == []
