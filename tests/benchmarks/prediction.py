"""Compare the three methods of output_moments with what they replace.

Propagation: with as many Monte Carlo passes as give the same error, on a 784-1024-1024-10 net.
Sampling: with its forward passes alone. All masks: of a network of 20 coins, in seconds.

The reference averages the last dropout layer exactly for each sampled mask of the first,
which leaves a small part of the variance to sampling. Times and errors are of one run, on one
thread. Usage: python tests/benchmarks/prediction.py [SAMPLES]
"""

from __future__ import annotations

import math
import statistics
import sys
import time
from typing import TYPE_CHECKING

import torch
from record import Limited, renew
from torch import nn

from dropout_explained import output_moments

if TYPE_CHECKING:
    from collections.abc import Callable

P, BATCH = 0.5, 2000
FASTER, OVERHEAD, SECONDS = 1000, 1.1, 1.0  # what the three must at least, or may at most


def main() -> int:
    """Print the ratios of the three methods, record them, and return the status."""
    samples = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    torch.set_num_threads(1)
    torch.manual_seed(0)
    net = wide_network()
    x = torch.rand(1, 784)
    limits = [propagation(net, x, samples)]
    layer = nn.TransformerEncoderLayer(64, 4, 128, dropout=0.1, batch_first=True)
    images = nn.Sequential(
        nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Dropout2d(0.2), nn.Conv2d(16, 16, 3), nn.ReLU(),
        nn.Flatten(), nn.Dropout(P), nn.Linear(16 * 24 * 24, 10),
    )  # fmt: skip
    recurrent = nn.LSTM(8, 32, 2, dropout=0.3)
    limits += [
        sampling("784-1024-1024-10", net, x, 2000),
        sampling("encoder layer, 16 words", layer, torch.randn(1, 16, 64), 2000),
        sampling("convolutional, 28 x 28", images, torch.rand(1, 1, 28, 28), 500),
        sampling("two recurrent layers", recurrent, torch.randn(20, 1, 8), 200),
    ]
    small = nn.Sequential(nn.Linear(8, 20), nn.ReLU(), nn.Dropout(P), nn.Linear(20, 4))
    seconds = time_of(lambda: output_moments(small, torch.ones(1, 8)), 3)
    limits.append(Limited("all masks of 20 coins", seconds, SECONDS, "s"))
    return 0 if renew("prediction", *limits) else 1


def wide_network() -> nn.Sequential:
    """Build 784-1024-1024-10, with dropout of p = 0.5 behind both hidden layers."""
    return nn.Sequential(
        nn.Linear(784, 1024), nn.ReLU(), nn.Dropout(P),
        nn.Linear(1024, 1024), nn.ReLU(), nn.Dropout(P), nn.Linear(1024, 10),
    )  # fmt: skip


def time_of(call: Callable[[], object], repetitions: int = 5) -> float:
    """Return the median time of a call, in seconds."""
    times = []
    for _ in range(repetitions):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def sampling(name: str, model: nn.Module, x: torch.Tensor, passes: int) -> Limited:
    """Print, and return, the cost of sampling beside that of as many forward passes, one after the other or batched."""

    def alone() -> None:
        with torch.no_grad():
            for _ in range(passes):
                model(x)

    def batched() -> None:
        axis = 1 if isinstance(model, nn.LSTM) else 0
        with torch.no_grad():
            for _ in range(passes // 100):
                model(x.repeat_interleave(100, axis))

    ours = time_of(lambda: output_moments(model, x, method="sampling", passes=passes), 5)
    one, many = time_of(alone), time_of(batched)
    print(
        f"sampling, {name}: {ours / one:.2f} of its passes one by one, "
        f"{ours / many:.2f} of batches of 100, {ours * 1e3:.0f} ms for {passes} passes"
    )
    return Limited(f"sampling / its passes one by one, {name}", ours / one, OVERHEAD)


def propagation(net: nn.Sequential, x: torch.Tensor, samples: int) -> Limited:
    """Print the error of propagation, and return what Monte Carlo of that error would cost."""
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
    what = "Monte Carlo passes of the same error / propagation, 784-1024-1024-10"
    return Limited(what, cost / ours_cost, FASTER, at_least=True)


if __name__ == "__main__":
    sys.exit(main())
