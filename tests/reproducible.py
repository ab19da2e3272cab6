"""Build the site twice from nothing, in two folders, and compare what each holds byte by byte.

Run by ``nox -s reproducible``. Both builds are of the same moment, which SOURCE_DATE_EPOCH names, and of
the files that git knows, as they are. What differs is listed, with the first place where it does.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from background import ROOT, sphinx_options

if TYPE_CHECKING:
    from collections.abc import Iterator

AROUND = 60  # bytes that are shown before and behind a difference


def copied(target: Path) -> Path:
    """Copy what git knows of this repository, as it stands in the working tree."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)
    return target


def build(folder: Path, moment: str) -> Path:
    """Build the site of a copy with the copy's own package, and return where it is."""
    subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", *sphinx_options(), "docs", "html"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "SOURCE_DATE_EPOCH": moment},
        check=True,
    )
    return folder / "html"


def differences(one: Path, other: Path) -> Iterator[str]:
    """Yield a line for each file that only one folder has, or that is not the same in both."""
    both = [
        {path.relative_to(root) for path in root.rglob("*") if path.is_file()}
        for root in (one, other)
    ]
    for name in sorted(both[0] ^ both[1]):
        yield f"{name}: only in the {'first' if name in both[0] else 'second'}"
    for name in sorted(both[0] & both[1]):
        first, second = (one / name).read_bytes(), (other / name).read_bytes()
        if first != second:
            pairs = enumerate(zip(first, second, strict=False))
            place = next((at for at, (a, b) in pairs if a != b), min(len(first), len(second)))
            shown = (text[max(place - AROUND, 0) : place + AROUND] for text in (first, second))
            yield "\n  ".join([f"{name}: differs from byte {place}", *map(repr, shown)])


def moment_of_commit() -> str:
    """Return when the last commit was made, in seconds."""
    command = ["git", "log", "-1", "--format=%ct"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return told.stdout.strip()


def main() -> int:
    """Build twice, print what differs, and return how the comparison ended."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--keep", type=Path, help="a new folder for both builds; thrown away else")
    keep = options.parse_args().keep
    with tempfile.TemporaryDirectory() as thrown_away:
        home = (keep or Path(thrown_away)).resolve()
        moment = os.environ.get("SOURCE_DATE_EPOCH") or moment_of_commit()
        # Names of two lengths: a path that got into a page moves what stands behind it.
        copies = [copied(home / name) for name in ("one", "another")]
        sites = [build(copy, moment) for copy in copies]
        found = list(differences(*sites))
        files = sum(path.is_file() for path in sites[0].rglob("*"))
    print(*found, sep="\n")
    print(f"{len(found)} of {files} files differ between two clean builds of second {moment}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
