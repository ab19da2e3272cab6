"""Read source files: which of them, as text, and notebooks as one text that knows its cells."""

from __future__ import annotations

import ast
import io
import json
import os
import re
import sys
import tokenize
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

KINDS = (".py", ".ipynb")
LARGEST = 5_000_000  # bytes; what is larger was not written by hand
SKIPPED = ("__pycache__", "node_modules", "site-packages")
# Lines that IPython understands and Python does not; and cells of which the rest is Python.
MAGIC = re.compile(r"^(\s*)(?:[%!?].*|[\w., ]+=\s*[%!].*|[^#]*[\w)\]]\?{1,2}\s*)$")
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
PYTHON_CELLS = ("%%time", "%%timeit", "%%capture", "%%prun")


class NotRead(Exception):
    """Why a file cannot be read as Python, and at which line, 0 if at none."""

    def __init__(self, why: str, line: int = 0) -> None:
        super().__init__(why)
        self.line = line


@dataclass
class Source:
    """The tree and the text of a file.

    ``cells`` holds, for a notebook, the number of each cell and its first line; ``unread`` what
    of it cannot be read: a place in it, and why.
    """

    tree: ast.Module
    text: str
    cells: tuple[tuple[int, int], ...] = ()
    unread: tuple[tuple[str, str], ...] = ()

    def place(self, line: int) -> str:
        """Return where a line stands, as it is written behind the name of the file."""
        for number, first in reversed(self.cells):
            if line >= first:
                return f"cell {number}:{line - first + 1}"
        return str(line)


def files(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield what is given, and of folders every file of Python, in order and once."""
    seen: set[str] = set()
    for path in paths:
        for found in _inside(path) if path.is_dir() else (path,):
            if (file := _file_itself(found)) not in seen:
                seen.add(file)
                yield found


def _file_itself(path: Path) -> str:
    try:
        return os.path.realpath(path)
    except ValueError:  # no name of a file, as reading it will tell
        return str(path)


def _inside(folder: Path) -> Iterator[Path]:
    for home, folders, names in os.walk(folder):
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".")
            and name not in SKIPPED
            and not Path(home, name, "pyvenv.cfg").exists()
        )
        yield from (Path(home, name) for name in sorted(names) if name.endswith(KINDS))


def read(path: Path) -> Source:
    """Return a file's tree and text; raise NotRead with the reason where it has none."""
    try:
        if path.exists() and not path.is_file():
            raise NotRead("is no file")
        if path.stat().st_size > LARGEST:
            raise NotRead(f"is larger than {LARGEST // 10**6} MB")
        contents = path.read_bytes()
    except (OSError, ValueError) as error:
        raise NotRead(f"cannot be read: {getattr(error, 'strerror', error)}") from None
    if path.suffix == ".ipynb":
        return _notebook(contents)
    text = _text(contents)
    return Source(_tree(text), text)


def _text(contents: bytes) -> str:
    try:
        # Lines end where they end for Python.
        contents = contents.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        encoding, _ = tokenize.detect_encoding(io.BytesIO(contents).readline)
        return contents.decode(encoding)
    except (UnicodeDecodeError, SyntaxError) as error:
        raise NotRead(f"cannot be decoded: {error}") from None


def _tree(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except SyntaxError as error:
        raise NotRead(f"this is no Python {VERSION}: {error.msg}", error.lineno or 1) from None
    except ValueError as error:  # a zero byte
        raise NotRead(f"this is no Python: {error}") from None
    except (RecursionError, MemoryError):
        raise NotRead("is nested too deeply") from None


def _notebook(contents: bytes) -> Source:
    """Return the code cells of a notebook as one module, each as many lines as it has."""
    try:
        notebook = json.loads(contents.decode("utf-8-sig"))
        cells = notebook.get("cells") or [
            cell for sheet in notebook.get("worksheets", ()) for cell in sheet["cells"]
        ]
        language = _language(notebook.get("metadata", {}))
        code = [
            (number, _joined(cell.get("source", cell.get("input", ""))))
            for number, cell in enumerate(cells, 1)
            if cell.get("cell_type") == "code"
        ]
    except (ValueError, AttributeError, KeyError, TypeError, RecursionError):
        raise NotRead("is no notebook") from None
    if not language.startswith(("python", "ipython")):
        return Source(ast.Module([], []), "")
    module = ast.Module([], [])
    texts: list[str] = []
    starts, unread, lines = [], [], 0
    for number, cell in code:
        texts.append(without_magic(cell))
        starts.append((number, lines + 1))
        try:
            tree = _tree(texts[-1])
        except NotRead as error:
            unread.append((f"cell {number}:{error.line or 1}", str(error)))
        else:
            module.body += ast.increment_lineno(tree, lines).body
        lines += texts[-1].count("\n") + 1
    return Source(module, "\n".join(texts), tuple(starts), tuple(unread))


def _language(metadata: Any) -> str:
    given = [
        metadata.get("kernelspec", {}).get("language"),
        metadata.get("language_info", {}).get("name"),
    ]
    return str(next(filter(None, given), "python")).lower()


def _joined(source: Any) -> str:
    return source if isinstance(source, str) else "".join(source)


def without_magic(cell: str) -> str:
    """Return a cell with the lines of IPython's own language replaced, one by one."""
    first = cell.lstrip().split("\n", 1)[0]
    if first.startswith("%%") and not first.startswith(PYTHON_CELLS):
        return "\n" * cell.count("\n")
    try:
        ast.parse(cell)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "\n".join(MAGIC.sub(r"\1pass", line) for line in cell.split("\n"))
    return cell
