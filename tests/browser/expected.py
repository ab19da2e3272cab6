"""Write random states of the lab, and what torch prints for each, for the browsers to be held against.

Usage: python tests/browser/expected.py FILE
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F

sys.path.insert(0, str(Path(__file__).parent.parent))
from lab_vectors import PROBABILITIES, SEEDS, called

STATES = 50
DRAWS = 300
ONES = 10_000
SHAPES: tuple[tuple[int, ...], ...] = ((4,), (1,), (13,), (2, 3), (3, 2, 2), (), (200,), (40, 25))


def state(i: int, chance: random.Random) -> dict[str, Any]:
    """Choose a state, and have torch answer for it."""
    shape = SHAPES[i % len(SHAPES)]
    count = torch.Size(shape).numel()
    values = [
        chance.choice([round(chance.gauss(0, 3), 2), chance.gauss(0, 1e3), -1.0])
        for _ in range(count)
    ]
    if i == 6:
        values[:3] = [float("nan"), float("inf"), -0.0]
    dtype = (torch.float32, torch.float64)[i % 3 == 2]
    p = PROBABILITIES[i % 10] if i % 4 == 3 else chance.random()
    seed = SEEDS[i % 8] if i % 4 == 2 else chance.randrange(-(2**63), 2**64)
    scaling = ("inverted", "inverted", "vanilla", "none")[i % 4]
    training = i % 7 != 6
    loss = ("sum", "mean_square")[i % 2]

    x = torch.tensor(values, dtype=dtype).reshape(shape).requires_grad_()
    torch.manual_seed(seed)
    y = called(x, p, scaling, training=training)
    (y.sum() if loss == "sum" else y.square().mean()).backward()
    torch.manual_seed(seed)
    with torch.no_grad():
        means = [called(x, p, scaling, training=training).double().mean() for _ in range(DRAWS)]
    torch.manual_seed(seed)
    h, kept = torch.ones(ONES), []
    for _ in range(20):
        h = F.dropout(h, p)
        kept.append(int(h.count_nonzero()))
    fields = {
        "v": 1,
        "x": ",".join(repr(value) for value in values),
        "shape": ",".join(map(str, shape)),
        "dtype": str(dtype).removeprefix("torch."),
        "p": repr(p),
        "seed": seed,
        "mode": "train" if training else "eval",
        "scaling": scaling,
        "loss": loss,
        "draws": DRAWS,
        "layers": 1 + i % 20,
    }
    return {
        "fragment": "#" + "&".join(f"{name}={value}" for name, value in fields.items()),
        "random": training and 0 < p < 1 and bool(x.isfinite().all()),
        "output": str(y.detach()),
        "gradient": str(x.grad),
        "running_mean": str(float(torch.stack(means).mean())),
        "left": kept[i % 20],
        "p": p,
    }


if __name__ == "__main__":
    chance = random.Random(0)
    states = [state(i, chance) for i in range(STATES)]
    Path(sys.argv[1]).write_text(json.dumps(states), encoding="utf-8")
