"""Kill builds of the site at random moments, start each again, and compare what comes with a clean build.

Run by ``nox -s interrupted``. Every second build is killed so that it may clean up (SIGINT), the others so that
they may not (SIGKILL), each with all of its processes. What differs from the clean build is listed.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import small_site
from background import sphinx_options
from reproducible import copied, differences, moment_of_commit

SIGNALS = (signal.SIGKILL, signal.SIGINT)
LATEST = 0.97  # of the time that a whole build takes


class Place(NamedTuple):
    """A site's sources, and what builds it."""

    command: list[str]
    folder: Path
    site: Path
    variables: dict[str, str]


def whole(home: Path) -> Place:
    """Copy the real site."""
    home.mkdir(parents=True)
    copied(home)
    variables = {**os.environ, "PYTHONPATH": str(home), "SOURCE_DATE_EPOCH": moment_of_commit()}
    command = [sys.executable, "-m", "sphinx", *sphinx_options(), "docs", "docs/_build/html"]
    return Place(command, home, home / "docs" / "_build" / "html", variables)


def small(home: Path) -> Place:
    """Write the small site of the tests."""
    docs = small_site.write(home)
    command = small_site.command(docs, "-j", "2")
    return Place(command, home, docs / "_build" / "html", small_site.variables())


def finish(place: Place) -> float:
    """Build to the end, and return how long that took."""
    start = time.monotonic()
    subprocess.run(
        place.command, cwd=place.folder, env=place.variables, check=True, stdout=subprocess.DEVNULL
    )
    return time.monotonic() - start


def interrupt(place: Place, after: float, by: signal.Signals) -> str | None:
    """Start a build, kill it with all of its processes, and return what it said last; None if it had ended."""
    log = place.folder / "killed.log"
    with log.open("w") as out:
        build = subprocess.Popen(
            place.command,
            cwd=place.folder,
            env={**place.variables, "PYTHONUNBUFFERED": "1"},
            stdout=out,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            build.wait(after)
        except subprocess.TimeoutExpired:
            os.killpg(build.pid, by)
            build.wait()
        else:
            return None
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    return next((line for line in reversed(lines) if line.strip()), "nothing")


def main() -> int:
    """Kill and build again as often as asked, and return how the comparisons ended."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--moments", type=int, default=10)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--small", action="store_true", help="a site of two pages and two scripts")
    asked = options.parse_args()
    draw = random.Random(asked.seed)
    made = small if asked.small else whole
    wrong = 0
    with tempfile.TemporaryDirectory() as thrown_away:
        home = Path(thrown_away)
        clean = made(home / "clean")
        seconds = finish(clean)
        files = sum(path.is_file() for path in clean.site.rglob("*"))
        print(f"a clean build: {files} files in {seconds:.0f} s", flush=True)
        for number in range(asked.moments):
            moment, by = draw.uniform(0, LATEST) * seconds, SIGNALS[number % len(SIGNALS)]
            killed = made(home / f"killed-{number}")
            while (said := interrupt(killed, moment, by)) is None:
                # The machine has less to do than it had while the clean one was built.
                shutil.rmtree(killed.folder)
                killed, moment = made(killed.folder), moment / 2
            finish(killed)
            found = list(differences(clean.site, killed.site))
            wrong += bool(found)
            print(
                f"{by.name} after {moment:.1f} s, at {said[:70]!r}: {len(found)} files differ",
                flush=True,
            )
            print(*found, sep="\n", end="\n" * bool(found))
    print(f"{wrong} of {asked.moments} interrupted builds differ from the clean one")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
