"""What the commands share: how they are declared, how they complain, how they print JSON."""

from __future__ import annotations

import argparse
import io
import json
import math
import os
import shutil
import sys
import textwrap
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = "dropout-explained"


def complain(sentence: str) -> None:
    """Print to standard error, with lines that end between words where a screen ends them."""
    columns = shutil.get_terminal_size(fallback=(10**6, 1)).columns - 2  # as argparse does
    lines = textwrap.fill(sentence, max(columns, 20), break_on_hyphens=False)
    try:
        print(lines, file=sys.stderr or io.StringIO(), flush=True)
    except OSError:  # what nobody can read is not said
        _write_nowhere(sys.stderr)


@contextmanager
def output_written() -> Iterator[None]:
    """Raise an OSError that says so where standard output is closed, full or read by nobody.

    Python itself would find out when it ends, and then it can only show a traceback.
    """
    for stream in (sys.stdout, sys.stderr):
        # A path may have letters that a terminal's encoding has not.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if sys.stdout is None:
        raise OSError("standard output is closed")
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except OSError as error:
        if error.filename is not None or error.errno is None:  # of a file, or a sentence of ours
            raise
        _write_nowhere(sys.stdout)
        raise OSError(f"standard output cannot be written: {error.strerror or error}") from None


def _write_nowhere(stream: TextIO) -> None:
    """Let what a stream has still to write be lost in silence."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


class Parser(argparse.ArgumentParser):
    """A parser that complains as everything else does."""

    def error(self, message: str) -> NoReturn:
        """Refuse with the usage and one sentence."""
        self.print_usage(sys.stderr)
        complain(f"{self.prog}: error: {message}")
        raise SystemExit(2)


def declared(commands: Any, run: Any, name: str, what: str, example: str) -> Any:
    """Declare a command, with its example, and return what takes its arguments."""
    command = commands.add_parser(
        name,
        help=what,
        description=f"{what[0].upper()}{what[1:]}.",
        epilog=f"example: {PROGRAM} {name} {example}".rstrip(),
    )
    command.add_argument("--json", action="store_true", help="print one JSON document")
    command.set_defaults(run=run)
    return command


def print_json(document: dict[str, Any]) -> int:
    """Print one document on one line, and return the status of success."""
    print(json.dumps(_plain(document), allow_nan=False))
    return 0


def _plain(value: Any) -> Any:
    """Spell arrays as lists, and NaN and infinity as ProtoJSON does: JSON has no such numbers."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value
