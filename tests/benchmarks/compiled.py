"""Compare replay with torch.compile over hundreds of graphs, and its time with that of a compiled call.

Graphs have one to four dropout calls, of every dtype, on inputs of any memory order; some break, and
some of these call eager dropout in between. Usage: python tests/benchmarks/compiled.py [GRAPHS]
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from record import Limited, renew
from torch._dynamo.utils import counters

from dropout_explained import TorchStream, replay, replay_mask

if TYPE_CHECKING:
    from collections.abc import Callable

DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
PROBABILITIES = (0.1, 0.5, 0.9, 0.99999, 1e-17, 1 - 2**-53)
EXECUTIONS = 6


def main() -> int:
    """Print how many elements differ, then the ratios; record the first, and return 1 if any differs."""
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    torch.set_num_threads(1)
    graphs, compared, different = compare_graphs(wanted)
    compare_times()
    what = f"elements that differ, of {compared:,} in {graphs} compiled graphs"
    return 0 if renew("compiled", Limited(what, different, 0)) else 1


def compare_graphs(wanted: int) -> tuple[int, int, int]:
    """Return how many graphs and elements were compared, and how many elements of replay differ."""
    choose, graphs, calls, compared, different = random.Random(0), 0, 0, 0, 0
    eager = torch.compiler.disable(F.dropout)
    while graphs < wanted:
        x, probabilities = chosen_input(choose), chosen_probabilities(choose)
        between = choose.choice([None, None, "break", "eager call"]) if probabilities[1:] else None

        def function(
            x: torch.Tensor,
            probabilities: list[float] = probabilities,
            between: str | None = between,
        ) -> list[torch.Tensor]:
            first = F.dropout(x, probabilities[0])
            if between is None:
                return [first, *(F.dropout(x, p) for p in probabilities[1:])]
            if between == "break":
                torch._dynamo.graph_break()
                return [first, *(F.dropout(x, p) for p in probabilities[1:])]
            middle = eager(x, 0.5)
            return [first, middle, *(F.dropout(x, p) for p in probabilities[1:])]

        torch._dynamo.reset()
        counters.clear()
        compiled = torch.compile(function, dynamic=False, fullgraph=between is None)
        for _ in range(EXECUTIONS):
            seed = choose.randint(-(2**63), 2**64 - 1)
            torch.default_generator.manual_seed(seed)
            stream = TorchStream(seed)
            # Twice: the second execution goes on where the first one stopped.
            for outputs in (compiled(x), compiled(x)):
                wrong = [
                    count_different(output, expected)
                    for output, expected in zip(
                        outputs, replayed(stream, x, probabilities, between), strict=True
                    )
                ]
                calls += len(wrong)
                compared += x.numel() * len(wrong)
                different += sum(wrong)
        made = counters["stats"]["unique_graphs"]
        assert made == (1 if between is None else 2)
        graphs += made
    print(f"torch {torch.__version__}: {graphs} graphs, {calls:,} calls")
    print(f"  {compared:,} elements compared, {different} differ")
    return graphs, compared, different


def chosen_input(choose: random.Random) -> torch.Tensor:
    """Return an input of some dtype, shape and memory order."""
    dimensions = choose.randint(1, 4)
    shape = [choose.choice([1, 2, 3, 5, 8, 13, 21]) for _ in range(dimensions)]
    shape[choose.randrange(dimensions)] = choose.randint(1, 300)
    generator = torch.Generator().manual_seed(choose.getrandbits(32))
    x = torch.randn(shape, dtype=torch.float64, generator=generator).to(choose.choice(DTYPES))
    if choose.random() < 0.2:
        x = x[..., ::2]
    if choose.random() < 0.2:
        x = x.expand([choose.choice([2, 4]) if size == 1 else size for size in x.shape])
    if choose.random() < 0.6:
        x = x.permute(choose.sample(range(dimensions), dimensions))
    return x


def chosen_probabilities(choose: random.Random) -> list[float]:
    """Return p of one to four calls."""
    count = choose.randint(1, 4)
    return [choose.choice([*PROBABILITIES, choose.random()]) for _ in range(count)]


def replayed(
    stream: TorchStream, x: torch.Tensor, probabilities: list[float], between: str | None
) -> list[Any]:
    """Return what replay gives for one execution, in call order."""
    outputs = [stream.dropout(x, probabilities[0], stream="compiled")]
    if between == "eager call":
        outputs.append(stream.dropout(x, 0.5))
    return outputs + [stream.dropout(x, p, stream="compiled") for p in probabilities[1:]]


def count_different(a: torch.Tensor, b: torch.Tensor) -> int:
    """Count elements of another value or another sign of zero."""
    assert a.dtype == b.dtype
    return int((~((a == b) & (torch.signbit(a) == torch.signbit(b)))).sum())


def compare_times() -> None:
    """Print medians of alternating runs, and their ratios."""
    compiled = torch.compile(F.dropout)
    title = "torch and NumPy on one thread"
    print(f"\n{title:<34} {'replay':>12} {'compiled':>12}   ratio")
    for count in (10**6, 10**7):
        x = torch.ones(count)

        def theirs(x: torch.Tensor = x) -> object:
            return compiled(x, 0.5)

        def mask(count: int = count) -> object:
            return replay_mask(count, 0.5, 0, stream="compiled")

        def output(x: torch.Tensor = x) -> object:
            return replay(x, 0.5, 0, stream="compiled")

        print_row(f"mask of {count:,} elements", mask, theirs)
        print_row(f"output of {count:,} elements", output, theirs)


def print_row(name: str, ours: Callable[[], object], theirs: Callable[[], object]) -> None:
    """Print one comparison."""
    ours(), theirs()  # what is compiled or loaded once does not count
    times = [(seconds(ours), seconds(theirs)) for _ in range(15)]
    mine, other = (statistics.median(column) * 1e3 for column in zip(*times, strict=True))
    print(f"{name:<34} {mine:>9.1f} ms {other:>9.1f} ms {mine / other:>7.2f}")


def seconds(action: Callable[[], object]) -> float:
    """Return how long an action takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
