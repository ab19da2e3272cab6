"""Lint source files: find the mistakes with dropout that can be seen without running anything."""

from __future__ import annotations

import gc
import os
import re
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from dropout_explained.arguments import BadArgumentType
from dropout_explained.audit.findings import SEVERITIES, Finding, docs_of, rule_of
from dropout_explained.audit.report import Report
from dropout_explained.audit.source_files import NotRead, Source, files, read
from dropout_explained.audit.source_hits import Hit, hits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

UNREADABLE = "DE000"
NOQA = re.compile(
    r"#\s*noqa\b(?:\s*:\s*(?P<codes>[A-Z]+\d+(?:[\s,]+[A-Z]+\d+)*)?|(?!\s*:))", re.IGNORECASE
)


def lint(paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> Report:
    """Find mistakes with dropout in source files and notebooks, without running or importing them.

    Errors are found where they are true more than nine times in ten: ``F.dropout`` without
    ``training=`` in a method that is no wrapper, has no other condition and says nothing of being
    meant. What is in doubt is a note. What depends on shapes, modes and scales is left to
    :func:`~dropout_explained.audit`, which runs the model.

    Parameters
    ----------
    paths : str or list of str
        Files, and folders, of which every ``.py`` and ``.ipynb`` is read, but for hidden
        folders, virtual environments and installed packages inside of them.

    Returns
    -------
    Report
        ``errors``, ``warnings`` and ``notes``; each finding's ``where`` is ``file:line``, and
        ``file:cell N:line`` in a notebook, whose cells are counted from 1, those of text included.
        A file that cannot be read is a note, too, with the code DE000.

    Raises
    ------
    TypeError
        If paths are neither text nor paths.

    Notes
    -----
    ``# noqa`` at the end of a line silences what begins or ends there, and
    ``# noqa: DE001, DE002`` only these codes.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from dropout_explained import lint
    >>> with TemporaryDirectory() as folder:
    ...     model = Path(folder, "model.py")
    ...     _ = model.write_text('''
    ... import torch.nn as nn
    ... import torch.nn.functional as F
    ...
    ... class Net(nn.Module):
    ...     def forward(self, x):
    ...         return F.dropout(x, 0.5)
    ... ''')
    ...     (error,) = lint(folder).errors
    >>> error.code, error.where.rpartition(":")[2], error.fix
    ('DE001', '7', 'Pass training=self.training, or use nn.Dropout.')
    """
    found: list[Finding] = []
    read_files = 0
    with _quick_and_quiet():
        for path in files(_checked(paths)):
            read_files += 1
            found += _findings(path)
    found.sort(key=lambda one: SEVERITIES.index(one.severity))
    counted = f"{read_files} file{'' if read_files == 1 else 's'} of source code"
    return SourceReport(counted, tuple(found))


class SourceReport(Report):
    """Findings in files, which are shown with their folders: there may be many of one name."""

    def _shown(self, where: str) -> str:
        """Return a place as it is."""
        return where


def _checked(paths: object) -> list[Path]:
    given = [paths] if isinstance(paths, str | os.PathLike) else paths
    try:
        return [Path(os.fsdecode(path)) for path in given]  # type: ignore[attr-defined]
    except TypeError:
        raise BadArgumentType(f"paths must be paths of files and folders; got {paths!r}") from None


@contextmanager
def _quick_and_quiet() -> Iterator[None]:
    """Collect no garbage while trees are built, which takes a third of the time; warn of nothing."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes that the files have
            yield
    finally:
        if collecting:
            gc.enable()


def _findings(path: Path) -> list[Finding]:
    try:
        source = read(path)
        found = hits(source.tree, source.text)
    except NotRead as error:
        return [_unreadable(f"{path}:{error.line}" if error.line else str(path), str(error))]
    except RecursionError:
        return [_unreadable(str(path), "is nested too deeply")]
    unread = [_unreadable(f"{path}:{cell}", why) for cell, why in source.unread]
    lines = source.text.split("\n") if found else []
    return unread + [_finding(path, source, hit) for hit in found if not silenced(hit, lines)]


def _finding(path: Path, source: Source, hit: Hit) -> Finding:
    fix = rule_of(hit.code).fix
    where = f"{path}:{source.place(hit.line)}"
    return Finding(hit.code, hit.severity, where, hit.message, fix, docs_of(hit.code))


def _unreadable(where: str, why: str) -> Finding:
    fix = "Mend it, or leave it out: nothing in it was looked at."
    return Finding(
        UNREADABLE, "note", where, f"{why[0].upper()}{why[1:]}.", fix, docs_of(UNREADABLE)
    )


def silenced(hit: Hit, lines: Sequence[str]) -> bool:
    """Return whether a comment on the lines of a finding asks for silence."""
    for line in lines[hit.line - 1 : hit.last_line]:
        if "noqa" not in line.lower():
            continue
        for comment in NOQA.finditer(line):
            asked = re.split(r"[\s,]+", comment["codes"].upper()) if comment["codes"] else []
            everything = not asked and ":" not in comment.group()
            if everything or any(hit.code.startswith(code) for code in asked):
                return True
    return False
