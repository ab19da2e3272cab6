"""Time one propagation and one batched pass of a wide network, and record both for the page that states them.

The network is that of docs/understand/uncertainty.md: 784-1024-1024-10, p = 0.5, one input, one thread; the
fastest of eleven runs, because what else runs on a machine only adds. Usage: python
tests/benchmarks/cost_of_propagation.py
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import torch
from prediction import wide_network
from record import renew

from dropout_explained import output_moments

if TYPE_CHECKING:
    from collections.abc import Callable

BATCH, RUNS = 500, 11


def main() -> None:
    """Print both times, and record them."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    net = wide_network()
    one = torch.rand(1, 784)
    with torch.no_grad():
        batch = fastest(lambda: net(one.expand(BATCH, -1)))
    one_pass = batch / BATCH
    propagation = fastest(lambda: output_moments(net, one, method="propagation"))
    print(f"one of {BATCH} passes {one_pass * 1e3:.3f} ms, propagation {propagation * 1e3:.1f} ms")
    renew("propagation", pass_seconds=one_pass, propagation_seconds=propagation)


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
