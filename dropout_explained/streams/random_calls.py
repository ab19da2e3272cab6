"""Make random dropout calls, each with what replay gives and what torch gives."""

from __future__ import annotations

import warnings
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from dropout_explained.layers import LAYERS
from dropout_explained.streams.eager import TorchStream

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    import torch

SEEDS = (0, 1, -1, 2**32 + 5, -(2**63), 2**64 - 1)
PROBABILITIES = (0.0, 0.1, 0.5, 0.9, 0.99999, 1.0, 1e-17, 1 - 2**-53)
# To compile takes seconds, to run what is compiled next to nothing: each graph runs many times.
GRAPHS = 8


class Call(NamedTuple):
    """One call, what replay gave and what torch gave."""

    description: str
    x: torch.Tensor
    given: Any
    expected: torch.Tensor


def eager_calls(choose: random.Random, cases: int) -> Iterator[Call]:
    """Make random calls, a few in succession after each seed."""
    import torch

    made = 0
    while made < cases:
        seed, run = _seed(choose), choose.randint(1, 3)
        stream = TorchStream(seed)
        torch.default_generator.manual_seed(seed)
        for number in range(1, min(run, cases - made) + 1):
            layer, x, p = _arguments(choose)
            with warnings.catch_warnings():
                # Torch warns of what dropout2d makes of three dimensions; it is compared here.
                warnings.filterwarnings("ignore", "dropout2d: Received a 3D input")
                expected = getattr(torch.nn.functional, layer)(x, p, training=True)
            description = (
                f"{layer}, {x.dtype}, shape {tuple(x.shape)}, strides {x.stride()}, "
                f"p = {p!r}, call {number} after seed {seed}"
            )
            yield Call(description, x, stream.dropout(x, p, layer=layer), expected)
            made += 1


def compiled_calls(choose: random.Random, cases: int) -> Iterator[Call]:
    """Make random calls in a few graphs, of every dtype in turn."""
    import torch
    import torch._dynamo.config as dynamo

    dtypes = (torch.float32, torch.float16, torch.float64, torch.bfloat16)
    graphs = min(GRAPHS, cases)
    for number in range(graphs):
        wanted = cases * (number + 1) // graphs - cases * number // graphs
        # Each graph compiles the same function: past a limit, torch would run it as it stands.
        with dynamo.patch(recompile_limit=2**30, accumulated_recompile_limit=2**30):
            yield from islice(_executions(choose, dtypes[number % len(dtypes)]), wanted)


def _executions(choose: random.Random, dtype: torch.dtype) -> Iterator[Call]:
    """Compile one to four calls in one graph, and run it without end, a few times a seed."""
    import torch

    probabilities = [
        choose.choice([*PROBABILITIES, choose.random()]) for _ in range(choose.randint(1, 4))
    ]
    dimensions = choose.randint(1, 4)
    order, step = choose.sample(range(dimensions), dimensions), choose.choice([1, 2])

    def calls(x: torch.Tensor) -> list[torch.Tensor]:
        return [torch.nn.functional.dropout(x, p) for p in probabilities]

    graph = torch.compile(calls, dynamic=True, fullgraph=True)
    while True:
        seed = _seed(choose)
        stream = TorchStream(seed)
        torch.default_generator.manual_seed(seed)
        for execution in range(1, choose.randint(1, 3) + 1):
            # Sizes that differ from each other: torch would make one of two equal ones.
            x = _numbers(choose, choose.sample([3, 5, 7, 11, 13, 17], dimensions), dtype)
            x = x[..., ::step].permute(order)
            for call, (p, expected) in enumerate(
                zip(probabilities, _run(graph, x), strict=True), 1
            ):
                description = (
                    f"compiled dropout, {x.dtype}, shape {tuple(x.shape)}, strides {x.stride()}, "
                    f"p = {p!r}, call {call} of execution {execution} after seed {seed}"
                )
                yield Call(description, x, stream.dropout(x, p, stream="compiled"), expected)


def _run(graph: Any, x: torch.Tensor) -> Any:
    try:
        return graph(x)
    except RuntimeError as failed:
        if "C++ compiler" in str(failed) or "Python.h" in str(failed):
            raise OSError(
                "torch.compile needs a C++ compiler (g++, or what CXX names) and Python's header "
                "files (python3-dev): install what is missing"
            ) from failed
        raise


def _seed(choose: random.Random) -> int:
    return choose.choice([*SEEDS, choose.randint(-(2**63), 2**64 - 1)])


def _arguments(choose: random.Random) -> tuple[str, torch.Tensor, float]:
    """Choose a layer, an input of some dtype and memory order, and p."""
    import torch

    layer = LAYERS[choose.choice(list(LAYERS))]
    dimensions = choose.choice(layer.dimensions or range(layer.fewest, 5))
    shape = [choose.choice([1, 2, 3, 5, 8]) for _ in range(dimensions)]
    dtype = choose.choice([torch.float16, torch.bfloat16, torch.float32, torch.float64])
    x = _numbers(choose, shape, dtype)
    if dimensions and choose.random() < 0.3:
        x = x[..., ::2]
    if choose.random() < 0.3:
        x = x.expand([choose.choice([2, 4]) if size == 1 else size for size in x.shape])
    if choose.random() < 0.5:
        x = x.permute(choose.sample(range(dimensions), dimensions))
    return layer.name, x, choose.choice([*PROBABILITIES, choose.random()])


def _numbers(choose: random.Random, shape: list[int], dtype: torch.dtype) -> torch.Tensor:
    import torch

    generator = torch.Generator().manual_seed(choose.getrandbits(32))
    return torch.randn(shape, dtype=torch.float64, generator=generator).to(dtype)
