"""What the command does where its output cannot go: one sentence, status 2, and no traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

posix = pytest.mark.skipif(os.name != "posix", reason="needs a shell and /dev/full")
FULL = Path("/dev/full")
# Python's own buffers decide when a full disk is noticed.
VARIABLES = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}


def shell(line: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a line in which $COMMAND stands for the command."""
    command = f'"{sys.executable}" -m dropout_explained'
    return subprocess.run(
        ["sh", "-c", line.replace("$COMMAND", command)],
        env={**VARIABLES, **more},
        capture_output=True,
        text=True,
        check=False,
    )


@posix
@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize(
    "line", ["explain 1 2 --seed 0", "moments --json", "rules", "--help", "explain --help"]
)
def test_a_full_disk_is_one_sentence(line: str) -> None:
    """It is noticed before Python ends, which would show a traceback and another status."""
    done = shell(f"$COMMAND {line} > /dev/full")
    assert done.returncode == 2
    assert done.stderr == (
        "dropout-explained: error: standard output cannot be written: No space left on device\n"
    )


@posix
def test_a_reader_that_goes_is_one_sentence() -> None:
    """As head does, of more than a pipe holds."""
    done = shell("{ $COMMAND replay --seed 0 --shape 100000 --json; echo $? >&2; } | head -c 1")
    assert done.stdout == "{"
    assert done.stderr.splitlines() == [
        "dropout-explained: error: standard output cannot be written: Broken pipe",
        "2",
    ]


@posix
def test_a_closed_output_is_one_sentence() -> None:
    """What nobody gets is no success."""
    done = shell("$COMMAND explain 1 --seed 0 >&-")
    assert (done.returncode, done.stderr) == (
        2,
        "dropout-explained: error: standard output is closed\n",
    )


@posix
@pytest.mark.parametrize("there", ["2>&-", "2>/dev/full", "2>&- >&-"])
def test_an_error_that_nobody_can_read_has_its_status(there: str) -> None:
    """Neither 1, which means that something was found, nor one of Python's own."""
    if "full" in there and not FULL.exists():
        pytest.skip("this system has no /dev/full")
    assert shell(f"$COMMAND explain 1 --p 2 {there}").returncode == 2


@posix
def test_letters_that_an_encoding_lacks_are_spelt(tmp_path: Path) -> None:
    """Of a file whose name is no text, on a terminal that knows only ASCII."""
    source = "from torch.nn import functional as F, Module\nclass N(Module):\n    def forward(self, x):\n"
    name = tmp_path / os.fsdecode(b"\xff\xc3\xa9.py")
    try:
        name.write_text(source + "        return F.dropout(x)\n", encoding="utf-8")
    except OSError:
        pytest.skip("this system has no such names")
    done = shell(f'$COMMAND lint "{tmp_path}"', PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (1, "")
    assert r"\udcff\xe9.py:4" in done.stdout


@posix
def test_a_folder_that_cannot_be_written_is_no_trouble(tmp_path: Path) -> None:
    """No command writes a file: neither beside the sources that it reads, nor where it is started."""
    (tmp_path / "net.py").write_text("from torch import nn\n\nmodel = nn.Dropout()\n")
    before = sorted(tmp_path.rglob("*"))
    for line in ("explain 1 --seed 0", "lint .", "audit net:model --input-shape 2,3"):
        done = shell(f'cd "{tmp_path}" && $COMMAND {line}', PYTHONDONTWRITEBYTECODE="1")
        assert done.returncode in {0, 1}, done.stderr
    assert sorted(tmp_path.rglob("*")) == before
