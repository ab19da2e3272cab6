"""Time one propagation and one batched pass of a wide network, and record both for the page that states them.

The network is that of docs/understand/uncertainty.md: 784-1024-1024-10, p = 0.5, one input, one thread; the
fastest of eleven runs, because what else runs on a machine only adds. Usage: python
tests/benchmarks/cost_of_propagation.py
"""

from __future__ import annotations

import json
import platform
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import nn

from dropout_explained import output_moments

if TYPE_CHECKING:
    from collections.abc import Callable

RECORD = Path(__file__).parents[2] / "docs" / "measured" / "propagation.json"
P, BATCH, RUNS = 0.5, 500, 11


def main() -> None:
    """Write the record, and print it."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Linear(784, 1024), nn.ReLU(), nn.Dropout(P),
        nn.Linear(1024, 1024), nn.ReLU(), nn.Dropout(P), nn.Linear(1024, 10),
    )  # fmt: skip
    one = torch.rand(1, 784)
    with torch.no_grad():
        batch = fastest(lambda: net(one.expand(BATCH, -1)))
    record = {
        "date": datetime.now(UTC).date().isoformat(),
        "torch": torch.__version__.partition("+")[0],
        "machine": platform.machine(),
        "pass_seconds": batch / BATCH,
        "propagation_seconds": fastest(lambda: output_moments(net, one, method="propagation")),
    }
    text = json.dumps(record, indent=2) + "\n"
    RECORD.write_text(text, encoding="utf-8")
    print(text)


def fastest(call: Callable[[], object]) -> float:
    """Return the time of the fastest of some calls, in seconds."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


if __name__ == "__main__":
    main()
