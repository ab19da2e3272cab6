"""Time replay against torch's own dropout, and the command's start against importing torch.

Each figure is a ratio of medians within this run: machines differ, ratios less so.
Usage: python tests/benchmarks/replay.py [REPETITIONS]
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

import torch
import torch.nn.functional as F
from record import Limited, renew

from dropout_explained import replay, replay_mask

if TYPE_CHECKING:
    from collections.abc import Callable

COMMAND = ["explain", "1", "2", "3", "4", "--seed", "0"]


def seconds(action: Callable[[], object]) -> float:
    """Return how long an action takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def run(*arguments: str) -> Callable[[], object]:
    """Return an action that runs Python in a process of its own."""
    return lambda: subprocess.run([sys.executable, *arguments], check=True, capture_output=True)


class Row(NamedTuple):
    """What was compared, and the medians of both in milliseconds."""

    what: str
    ours: float
    torch: float


def compare(name: str, ours: Callable[[], object], theirs: Callable[[], object], n: int) -> Row:
    """Print and return one row: medians of alternating runs, and their ratio."""
    ours(), theirs()  # what is loaded once does not count
    times = [(seconds(ours), seconds(theirs)) for _ in range(n)]
    mine, other = (statistics.median(column) * 1e3 for column in zip(*times, strict=True))
    print(f"{name:<42} {mine:>9.1f} ms {other:>9.1f} ms {mine / other:>7.2f}")
    return Row(name, mine, other)


def main() -> int:
    """Print the table, record it, and return the status: 1 if replaying is slower."""
    rows = []
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    torch.set_num_threads(1)
    print(
        f"{'medians of ' + str(repetitions) + ', torch on one thread':<42} {'ours':>12} {'torch':>12}   ratio"
    )
    for count in (10**6, 10**7):
        x = torch.ones(count)

        def theirs(x: torch.Tensor = x) -> object:
            return F.dropout(x, 0.5)

        def mask(count: int = count) -> object:
            return replay_mask(count, 0.5, 0)

        def output(x: torch.Tensor = x) -> object:
            return replay(x, 0.5, 0)

        rows += [
            compare(f"mask of {count:,} elements / dropout", mask, theirs, repetitions),
            compare(f"output of {count:,} elements / dropout", output, theirs, repetitions),
        ]
    start = run("-m", "dropout_explained", *COMMAND)
    imported = run("-c", "import torch")
    rows.append(compare("explain, a command / import torch", start, imported, repetitions))
    limits = [Limited(f"time: {row.what}", row.ours / row.torch, 1) for row in rows]
    met = renew("replay", *limits, repetitions=repetitions, rows=[row._asdict() for row in rows])
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())
