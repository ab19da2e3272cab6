"""Time the build when nothing changed, and when one page did, beside Sphinx alone, in one run.

Sphinx alone has the same sources, the same doctrees, the same extensions and the same output folder, and skips
what this site does when all pages are written, and what it does to be quick. Both take turns; the least time of
each counts, because whatever else the machine does makes it longer. The site is built first.
Usage: python tests/benchmarks/rebuild.py [ROUNDS].
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from record import Limited, renew

ROOT = Path(__file__).parents[2]
EDITED = ROOT / "docs" / "understand" / "variance.md"
MOST = 1.5  # times Sphinx alone
OPTIONS = ("-q", "-j", "2", "-d", "docs/_build/doctrees", "docs", "docs/_build/html")
# The last step, in which files are finished, is connected by its name.
ALONE = (
    "import sys; sys.path.append('docs'); from site_extensions import pages, quick; "
    "pages.walk = lambda app, failure: None; quick.setup = lambda app: {'parallel_read_safe': True}; "
    "from sphinx.cmd.build import main; sys.exit(main(sys.argv[1:]))"
)
COMMANDS = {
    "this site": [sys.executable, "-m", "sphinx", *OPTIONS],
    "Sphinx alone": [sys.executable, "-c", ALONE, *OPTIONS],
}


def build(name: str) -> tuple[float, float]:
    """Build once, and return the seconds that passed and those of the processor."""
    before, start = os.times(), time.perf_counter()
    subprocess.run(COMMANDS[name], cwd=ROOT, check=True)
    passed, after = time.perf_counter() - start, os.times()
    used = sum(after[2:4]) - sum(before[2:4])
    return passed, used


def least(rounds: int, *, edit: bool) -> dict[str, tuple[float, float]]:
    """Return the least times of both builds, each after an edit of a page or after none."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in COMMANDS}
    text = EDITED.read_text(encoding="utf-8")
    try:
        for number in range(rounds):
            for name, times in found.items():
                if edit:
                    EDITED.write_text(f"{text}\nEdited {number} for {name}.\n", encoding="utf-8")
                times.append(build(name))
    finally:
        EDITED.write_text(text, encoding="utf-8")
        build("this site")
    return {
        name: (min(a for a, _ in times), min(b for _, b in times)) for name, times in found.items()
    }


def main() -> int:
    """Print the times and their ratios, keep them, and return the status."""
    rounds = int(sys.argv[1]) if sys.argv[1:] else 5
    for _ in range(2):
        build("this site")
    limits = []
    for key, edit in (("nothing_changed", False), ("one_page_edited", True)):
        times = least(rounds, edit=edit)
        ours, alone = times["this site"], times["Sphinx alone"]
        ratio = ours[1] / alone[1]
        print(
            f"{key}: {ours[0]:.2f} s, Sphinx alone {alone[0]:.2f} s; of the processor {ours[1]:.2f} s and"
            f" {alone[1]:.2f} s, {ratio:.2f} times"
        )
        what = key.replace("_", " ")
        limits.append(Limited(f"processor's time of a build / Sphinx alone, {what}", ratio, MOST))
    return 0 if renew("rebuild", *limits) else 1


if __name__ == "__main__":
    raise SystemExit(main())
