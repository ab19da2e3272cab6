"""Compare propagated moments with as many Monte Carlo passes as give the same error, on a 784-1024-1024-10 net.

The reference averages the last dropout layer exactly for each sampled mask of the first,
which leaves a small part of the variance to sampling. Times and errors are of one run, on one
thread. Usage: python tests/benchmarks/prediction.py [SAMPLES]
"""

from __future__ import annotations

import math
import statistics
import sys
import time

import torch
from torch import nn

from dropout_explained import output_moments

P, BATCH = 0.5, 2000


def main() -> None:
    """Print the error of propagation, and what Monte Carlo of that error would cost."""
    samples = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    torch.set_num_threads(1)
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Linear(784, 1024), nn.ReLU(), nn.Dropout(P),
        nn.Linear(1024, 1024), nn.ReLU(), nn.Dropout(P), nn.Linear(1024, 10),
    )  # fmt: skip
    x = torch.rand(1, 784)
    head = net[6]
    assert isinstance(head, nn.Linear)

    batches = []
    with torch.no_grad():
        for _ in range(samples // BATCH):
            hidden = net[:5](x.expand(BATCH, -1)).double()
            mean = hidden @ head.weight.double().T + head.bias.double()
            noise = P / (1 - P) * hidden.square() @ head.weight.double().square().T
            batches.append((mean.mean(0), mean.square().mean(0), noise.mean(0)))
    means, squares, noises = (torch.stack(column) for column in zip(*batches, strict=True))
    mean = means.mean(0)
    # The variance about the common mean, batch by batch: its spread gives its standard error.
    variances = noises + squares - 2 * means * mean + mean.square()
    spread = variances.mean(0).sqrt()
    error = variances.std(0) / math.sqrt(len(variances)) / (2 * variances.mean(0))

    times = []
    for _ in range(20):
        start = time.perf_counter()
        ours = output_moments(net, x, method="propagation")
        times.append(time.perf_counter() - start)
    off = ours.standard_deviation[0].double() / spread - 1
    # A part of the departure is the reference's own sampling: the passes are a lower bound.
    resolution, departure = error.square().mean(), off.square().mean()
    passes = 1 / (2 * departure)
    with torch.no_grad():
        start = time.perf_counter()
        for _ in range(5):
            net(x.expand(BATCH, -1))
        per_pass = (time.perf_counter() - start) / (5 * BATCH)
    cost, ours_cost = float(passes) * per_pass, statistics.median(times)
    print(f"standard deviation: propagation is off by {departure.sqrt():.2%} (root mean square),")
    print(f"  of which the reference's own sampling explains {resolution.sqrt():.2%}")
    print(
        f"Monte Carlo has that error after {passes:,.0f} passes: {cost:.1f} s, at {per_pass * 1e6:.0f} us a pass"
    )
    print(f"propagation: {ours_cost * 1e3:.1f} ms, at least {cost / ours_cost:,.0f} times faster")


if __name__ == "__main__":
    main()
