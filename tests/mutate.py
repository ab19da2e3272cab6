"""Change one formula at a time in a copy of the repository, and see whether a test notices.

Usage: python tests/mutate.py [WORD]

What is changed, and which tests should notice, is in mutations.toml; with a word, only the files
whose path holds it. The repository itself is not touched.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
PROCESSES = 2
# A mutant may well not end: this is ten times what the slowest tests take.
SECONDS = 300


class Mutation(NamedTuple):
    """One change in one file; a reason where it must alter nothing."""

    path: str
    tests: tuple[str, ...]
    original: str
    mutant: str
    reason: str = ""

    def __str__(self) -> str:
        """Say in one line what is changed."""
        return f"{self.path}: {self.original!r} -> {self.mutant!r}"


def mutations() -> list[Mutation]:
    """Read the list, and refuse one whose original does not stand in its file exactly once."""
    listed = tomllib.loads((ROOT / "tests" / "mutations.toml").read_text(encoding="utf-8"))
    found = [
        Mutation(file["path"], tuple(file["tests"]), *texts)
        for file in listed["file"]
        for texts in file["mutations"]
    ]
    for one in found:
        times = (ROOT / one.path).read_text(encoding="utf-8").count(one.original)
        if times != 1 or one.original == one.mutant:
            raise ValueError(
                f"mutations.toml must name a text that occurs once; {times} times: {one}"
            )
    return found


def copy_of_the_repository(folder: Path) -> Path:
    """Copy what git would commit."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in listed.split("\0")[:-1]:
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


def run(tests: tuple[str, ...], folder: Path, vectors: Path) -> tuple[str, str]:
    """Return "green" or "red", or what else happened, and what was printed."""
    if tests[0].endswith(".js"):
        command = ["node", "--test", *tests]
    else:
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-m", "not site", *tests]
        command += ["-p", "no:cacheprovider", "--hypothesis-profile=mutation"]
    # Compiled files are told apart by seconds and sizes, and a mutant may have both of its original.
    settings = {"PYTHONPATH": str(folder), "VECTORS": str(vectors), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, **settings},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "red", "does not end"
    return {0: "green", 1: "red"}.get(done.returncode, "broken"), done.stdout + done.stderr


def main(words: list[str]) -> int:
    """Print a line for each mutation, and return how many did not turn out as they must."""
    start = time.monotonic()
    chosen = [one for one in mutations() if all(word in one.path for word in words)]
    with tempfile.TemporaryDirectory() as temporary, ThreadPoolExecutor(PROCESSES) as pool:
        folder = Path(temporary)
        vectors = folder / "vectors"
        vectors.mkdir()
        copies: SimpleQueue[Path] = SimpleQueue()
        for number in range(PROCESSES):
            copies.put(copy_of_the_repository(folder / str(number)))
        maker = [sys.executable, str(ROOT / "tests" / "lab_vectors.py"), str(vectors)]
        subprocess.run(maker, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True)

        def outcome(one: Mutation) -> tuple[str, str]:
            copy = copies.get()
            file = copy / one.path
            original = file.read_text(encoding="utf-8")
            try:
                file.write_text(original.replace(one.original, one.mutant), encoding="utf-8")
                return run(one.tests, copy, vectors)
            finally:
                file.write_text(original, encoding="utf-8")
                copies.put(copy)

        # A mutation of nothing: what is red without a change would say nothing of one.
        untouched = [one._replace(mutant=one.original) for one in chosen]
        untouched = list({one.tests: one for one in untouched}.values())
        for one, (colour, printed) in zip(untouched, pool.map(outcome, untouched), strict=True):
            if colour != "green":
                print(f"{' '.join(one.tests)} must be green without a change\n{printed}")
                return 1
        wrong = 0
        for one, (colour, printed) in zip(chosen, pool.map(outcome, chosen), strict=True):
            right = colour == ("green" if one.reason else "red")
            wrong += not right
            print(f"{colour:<6} {one}{f' ({one.reason})' if one.reason else ''}", flush=True)
            if not right and colour != "green":
                print(printed)
    seconds = time.monotonic() - start
    print(f"{len(chosen)} mutations, {wrong} not as they must be; {seconds:.0f} s")
    return wrong


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1:]), 1))
