"""Time the linter over installed packages, beside Python's own parser, on one core.

The time is that of the processor; with less than 200 files a second the status is 1. Findings are
counted, and those of severity error printed, to be read.
Usage: python tests/benchmarks/lint.py [FOLDER ...], without folders over torch.
"""

from __future__ import annotations

import ast
import gc
import sys
import time
import warnings
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

from record import Limited, renew

from dropout_explained import lint

WANTED = 200


def main() -> int:
    """Print a row for each folder, record the speed, and return the status."""
    torch = find_spec("torch")
    folders = sys.argv[1:] or list((torch and torch.submodule_search_locations) or ())
    files = seconds = 0.0
    for folder in folders:
        start = time.process_time()
        report = lint(folder)
        took = time.process_time() - start
        read = int(report.title.split()[0])
        counts = Counter(f"{one.code} {one.severity}" for one in report.findings)
        told = ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) or "nothing"
        ratio = took / parsing(Path(folder))
        print(
            f"{Path(folder).name}: {read} files, {read / took:.0f}/s, {ratio:.2f} x parsing; {told}"
        )
        for error in report.errors:
            print(f"  {error.where}: {error.code} {error.message}")
        files, seconds = files + read, seconds + took
    what = f"the linter, over {files:.0f} files of {', '.join(Path(one).name for one in folders)}"
    speed = Limited(what, files / seconds, WANTED, "files a second", at_least=True)
    return 0 if renew("lint", speed) else 1


def parsing(folder: Path) -> float:
    """Return how long Python takes to make trees of the files, and nothing of them."""
    start = time.process_time()
    gc.disable()
    for file in folder.rglob("*.py"):
        with warnings.catch_warnings(action="ignore"):
            try:
                ast.parse(file.read_bytes())
            except (SyntaxError, ValueError):
                continue
    gc.enable()
    return time.process_time() - start


if __name__ == "__main__":
    raise SystemExit(main())
