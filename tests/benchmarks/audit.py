"""Count what an audit costs, in forward passes of the same model in training.

Seven passes and a backward are in it; the rest is looking. Medians of alternating runs, on one
thread. Usage: python tests/benchmarks/audit.py [REPETITIONS]
"""

from __future__ import annotations

import statistics
import sys
import time
from typing import TYPE_CHECKING

import torch
from record import Limited, renew
from torch import nn

from dropout_explained import audit

if TYPE_CHECKING:
    from collections.abc import Callable

MOST = 20  # forwards that an audit may cost


def perceptron() -> tuple[nn.Module, torch.Tensor]:
    """Return a hundred layers of width 256, each with dropout, and a batch of 512."""
    layers = [(nn.Linear(256, 256), nn.ReLU(), nn.Dropout(0.1)) for _ in range(100)]
    return nn.Sequential(*[one for layer in layers for one in layer]), torch.randn(512, 256)


def vision_transformer() -> tuple[nn.Module, torch.Tensor]:
    """Return twelve encoder layers of width 192 over 196 patches, and a batch of 4."""
    layer = nn.TransformerEncoderLayer(192, 3, 768, activation="gelu", batch_first=True)
    body = nn.TransformerEncoder(layer, 12, enable_nested_tensor=False)
    return nn.Sequential(nn.Linear(768, 192), body, nn.Linear(192, 10)), torch.randn(4, 196, 768)


def seconds(action: Callable[[], object]) -> float:
    """Return how long an action takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def forwards(model: nn.Module, x: torch.Tensor, repetitions: int) -> tuple[float, float, float]:
    """Return the seconds of an audit, of a forward, and of a forward with its backward."""
    actions = (
        lambda: audit(model, x),
        lambda: model(x),
        lambda: model(x).square().mean().backward(),
    )
    for action in actions:
        action()  # what is loaded once does not count
    times = [[seconds(action) for action in actions] for _ in range(repetitions)]
    audited, forward, both = (statistics.median(column) for column in zip(*times, strict=True))
    return audited, forward, both


def main() -> int:
    """Print a row for each model, record both, and return the status."""
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    torch.set_num_threads(1)
    torch.manual_seed(0)
    limits = []
    for build in (perceptron, vision_transformer):
        model, x = build()
        audited, forward, both = forwards(model, x, repetitions)
        print(
            f"{build.__name__:<20} audit {audited * 1e3:7.0f} ms, forward {forward * 1e3:6.0f} ms, "
            f"with backward {both * 1e3:6.0f} ms"
        )
        name = build.__name__.replace("_", " ")
        limits.append(Limited(f"an audit of a {name}", audited / forward, MOST, "forwards"))
    return 0 if renew("audit", *limits) else 1


if __name__ == "__main__":
    raise SystemExit(main())
