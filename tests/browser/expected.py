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
from compiling import can_compile
from lab_vectors import PROBABILITIES, SEEDS, called

from dropout_explained import TorchStream

STATES = 50
DRAWS = 300
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
    call, held, stream = 1 + (i // 3) % 4, "", "eager"
    drawn = training and 0 < p < 1
    if i % 10 == 8:
        stream = "compiled"
    elif i % 5 == 4 and drawn:
        held = "".join(chance.choice("01") for _ in range(count))
    y, mask = answer(x, p, seed, scaling, training=training, call=call, held=held, stream=stream)
    (y.sum() if loss == "sum" else y.square().mean()).backward()
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
        "call": call,
        "mask": held,
        "stream": stream,
    }
    assert x.grad is not None
    return {
        "fragment": "#" + "&".join(f"{name}={value}" for name, value in fields.items()),
        "random": drawn and not held and bool(x.isfinite().all()),
        "stream": stream,
        "runs": stream == "eager" or can_compile(),
        "output": str(y.detach()),
        "gradient": str(x.grad),
        "mask": "".join(str(int(one)) for one in mask.flatten()),
        "running_mean": str(running_mean(x.detach(), p, seed, scaling, training=training)),
        "left": left(mask, p, seed, call, 1 + i % 20, training=training),
        "p": p,
    }


def answer(
    x: torch.Tensor,
    p: float,
    seed: int,
    scaling: str,
    *,
    training: bool,
    call: int,
    held: str,
    stream: str,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return y of the call that is looked at, ready for backward, and its mask."""
    if held:
        mask = torch.tensor([float(one) for one in held]).reshape(x.shape)
        y = x * mask
        # The factor of an eager call divides in the dtype of x.
        return (x * (mask.to(x.dtype) / (1 - p)) if scaling == "inverted" else y), mask
    if stream == "compiled" and training:
        drawing = TorchStream(seed)
        name = str(x.dtype).removeprefix("torch.")
        for _ in range(call):
            drawn = drawing.mask(x.numel(), p, stream="compiled", dtype=name)
        mask = torch.from_numpy(drawn.astype(float)).to(x.dtype).reshape(x.shape)
        if scaling != "inverted":
            return x * mask, mask
        return x * (mask * mask.new_tensor(1 / (1 - p))), mask
    ones = torch.ones_like(x)
    torch.manual_seed(seed)
    for _ in range(call):
        state = torch.get_rng_state()
        y = called(x, p, scaling, training=training)
    torch.set_rng_state(state)
    mask = F.dropout(ones, p, training) != 0
    return y, mask


def running_mean(x: torch.Tensor, p: float, seed: int, scaling: str, *, training: bool) -> float:
    """Return the mean of y over many calls."""
    torch.manual_seed(seed)
    means = [called(x, p, scaling, training=training).double().mean() for _ in range(DRAWS)]
    return float(torch.stack(means).mean())


def left(mask: torch.Tensor, p: float, seed: int, call: int, layers: int, *, training: bool) -> int:
    """Return how many elements a stack leaves whose first layer has a mask."""
    alive = mask.float()
    if training:
        torch.manual_seed(seed)
        for _ in range(call):
            F.dropout(alive, p)
        for _ in range(layers - 1):
            alive = F.dropout(alive, p)
    return int(alive.count_nonzero())


if __name__ == "__main__":
    chance = random.Random(0)
    states = [state(i, chance) for i in range(STATES)]
    Path(sys.argv[1]).write_text(json.dumps(states), encoding="utf-8")
