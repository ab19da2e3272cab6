"""Write what torch, SciPy and plain enumeration say, for the lab's model to be held against.

Usage: python tests/lab_vectors.py FOLDER
"""

from __future__ import annotations

import itertools
import json
import math
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F
from compiling import can_compile, compiled
from scipy.stats import binom

from dropout_explained import TorchStream, explain, moments, replay, replay_mask
from dropout_explained.streams import inductor, philox

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS = Path(__file__).parent.parent / "docs"
SEEDS = (0, 5, -1, -(2**63), 2**32 + 5, 2**63 + 12345, 2**64 - 1, 1234567890)
PROBABILITIES = (0.0, 2**-53, 1e-9, 0.1, 0.3, 0.5, 0.9, 1 - 1e-9, math.nextafter(1.0, 0.0), 1.0)
COMPILED_SEEDS = (*SEEDS, 2**31, -(2**32) - 1)
COMPILED_P = (0.0, 1e-12, 0.1, 0.3, 0.5, 0.9, 1 - 1e-9, math.nextafter(1.0, 0.0), 1.0)
SPECIAL = (0.0, -0.0, math.inf, -math.inf, math.nan, 1e-45, -3.4e38, 1 / 3)
LONG = 10**6


def called(x: torch.Tensor, p: float, scaling: str, *, training: bool) -> torch.Tensor:
    """Apply dropout with one of the three scalings, as the lab's Python does."""
    if scaling == "inverted":
        return F.dropout(x, p, training)
    if training:
        return torch.empty_like(x).bernoulli_(1 - p) * x
    return (1 - p) * x if scaling == "vanilla" else x * 1


def long_calls(folder: Path) -> Iterator[dict[str, Any]]:
    """Run a million elements for each seed, and write the outputs as bytes."""
    generator = np.random.default_rng(0)
    pairs = [*zip(SEEDS, PROBABILITIES[1:-1], strict=True), *((7, p) for p in (0.0, 1.0))]
    for dtype in (torch.float32, torch.float64):
        name = str(dtype).removeprefix("torch.")
        x = torch.from_numpy(generator.normal(size=LONG)).to(dtype)
        x[: len(SPECIAL)] = torch.tensor(SPECIAL, dtype=dtype)
        (folder / f"x_{name}.bin").write_bytes(x.numpy().tobytes())
        for i, (seed, p) in enumerate(pairs):
            torch.manual_seed(seed)
            file = f"y_{name}_{i}.bin"
            (folder / file).write_bytes(F.dropout(x, p).numpy().tobytes())
            yield {"seed": str(seed), "p": p, "dtype": name, "x": f"x_{name}.bin", "y": file}


def short_calls() -> Iterator[dict[str, Any]]:
    """Run small tensors through every scaling and both losses, with their gradients."""
    generator = np.random.default_rng(1)
    for i in range(400):
        dtype = (torch.float32, torch.float64)[i % 2]
        n = int(generator.integers(1, 40))
        p = float(PROBABILITIES[i % 20] if i % 20 < len(PROBABILITIES) else generator.random())
        seed = int(generator.integers(-(2**63), 2**63))
        scaling = ("inverted", "vanilla", "none")[i % 3]
        training = i % 5 != 0
        loss = ("sum", "mean_square")[i // 2 % 2]
        numbers = np.round(generator.normal(size=n) * 10, 2)
        x = torch.tensor(numbers, dtype=dtype, requires_grad=True)
        torch.manual_seed(seed)
        y = called(x, p, scaling, training=training)
        (y.sum() if loss == "sum" else y.square().mean()).backward()
        assert x.grad is not None
        yield {
            "seed": str(seed),
            "p": p,
            "dtype": str(dtype).removeprefix("torch."),
            "scaling": scaling,
            "training": training,
            "loss": loss,
            "x": x.tolist(),
            "y": y.tolist(),
            "y_printed": str(y.detach()),
            "gradient": x.grad.tolist(),
        }


def streams() -> Iterator[dict[str, Any]]:
    """Draw several calls in a row, of sizes that do not fit the blocks of the generator."""
    for seed in (3, -7):
        stream = TorchStream(seed)
        torch.manual_seed(seed)
        sizes = [1, 2, 311, 312, 313, 5, 1000]
        masks = [F.dropout(torch.ones(n), 0.3).ne(0) for n in sizes]
        assert all(
            mask.tolist() == stream.mask(n, 0.3).tolist()
            for mask, n in zip(masks, sizes, strict=True)
        )
        uniforms = torch.Generator().manual_seed(seed)
        drawn = torch.rand(1000, dtype=torch.float64, generator=uniforms)
        yield {
            "seed": str(seed),
            "p": 0.3,
            "masks": [mask.int().tolist() for mask in masks],
            "uniforms": drawn.tolist(),
        }


def printed() -> Iterator[dict[str, Any]]:
    """Print tensors of many shapes and magnitudes, with ties and numbers that are none."""
    generator = np.random.default_rng(2)
    ties = np.array([0.03125, 0.09375, -0.15625, 2.00005, 0.5, 1.5])
    cases: list[np.ndarray[Any, Any]] = [
        *(np.array(value) for value in (3.0, -0.0, 0.03125, math.nan, 1e-5, 123456789.0)),
        np.zeros(70), -np.zeros(3), ties, ties * 1e6, np.array([100005.0, 100015.0, 1.0]),
        np.array([math.nan, 1.0]), np.array([math.inf, -math.inf, math.nan]),
        np.array([math.nan, 20000.5]), np.array([1e-30, 1e30, 5e-324]), np.arange(1000.0),
        np.array([1e8, 1e8 + 8]), np.array([9e7, 8e7]), np.array([9e7, 8e7 + 0.5]), np.array([999.95, 0.99995, 1.00005]), np.array(SPECIAL),
    ]  # fmt: skip
    shapes = [(1,), (7,), (40,), (1000,), (2, 3), (3, 41), (2, 2, 2), (2, 1, 3, 2), (10, 100)]
    for shape in shapes:
        for magnitude in (1e-6, 1e-2, 1.0, 1e3, 1e5, 1e9):
            values = generator.normal(size=shape) * magnitude
            cases += [values, np.round(values), np.where(generator.random(shape) < 0.5, 0, values)]
    for values in cases:
        for dtype in (torch.float32, torch.float64):
            tensor = torch.tensor(values).to(dtype)
            yield {
                "values": tensor.reshape(-1).tolist(),
                "shape": list(tensor.shape),
                "dtype": str(dtype).removeprefix("torch."),
                "printed": str(tensor),
            }


def intervals() -> Iterator[dict[str, Any]]:
    """Take exact moments and binomial intervals, up to ten million coins."""
    generator = np.random.default_rng(3)
    for i in range(500):
        n = int(10 ** generator.uniform(0, 7))
        p = float((0.0, 1.0, 0.5)[i] if i < 3 else generator.random())
        value = float(np.round(generator.normal(), 2))
        kept = [int(binom.ppf(level, n, 1 - p)) for level in (0.025, 0.975)]
        exact = moments(p, value=value, n=n)
        yield {
            "n": n,
            "p": p,
            "value": value,
            "kept": kept,
            "mean": exact.mean,
            "variance": exact.variance,
            "secondMoment": exact.second_moment,
            "standardError": exact.standard_error,
            "interval95": exact.interval_95,
        }


def means() -> Iterator[dict[str, Any]]:
    """Enumerate all masks of small tensors, and convolve the law of the mean with itself."""
    generator = np.random.default_rng(4)
    xs: list[list[float]] = [
        [1, 2, 3, 4],
        [0.3, -1.2, 2.5, 0],
        [5],
        [0, 0],
        [-2, -2, -2],
        [-1.5, 1.5, 1.5, -1.5],
    ]
    xs += [np.round(generator.normal(size=n), 1).tolist() for n in (2, 5, 8)]
    for x in xs:
        for p in (0.5, 0.9, 0.05):
            q = 1 - p
            tenths = np.round(10 * np.array(x)).astype(int)
            least = int(np.minimum(tenths, 0).sum())
            law = np.zeros(int(np.abs(tenths).sum()) + 1)
            for mask in itertools.product((0, 1), repeat=len(x)):
                kept = sum(mask)
                law[int(np.dot(mask, tenths)) - least] += q**kept * p ** (len(x) - kept)
            for draws in (1, 7, 60):
                total = np.ones(1)
                for _ in range(draws):
                    total = np.convolve(total, law)
                at = (np.arange(total.size) + draws * least) / (10 * q * len(x) * draws)
                cumulative = np.cumsum(total)
                # No quantile where the cumulative probability all but equals the level.
                clear = min(abs(cumulative - level).min() for level in (0.025, 0.975)) > 1e-9
                ends = [at[np.searchsorted(cumulative, level)] for level in (0.025, 0.975)]
                yield {
                    "x": x,
                    "q": q,
                    "factor": 1 / q,
                    "draws": draws,
                    "mean": float(total @ at),
                    "standardError": math.sqrt(max(0.0, float(total @ at**2 - (total @ at) ** 2))),
                    "interval": ends if clear else None,
                    "at": at.tolist(),
                    "probabilities": total.tolist(),
                }


def stacks() -> Iterator[dict[str, Any]]:
    """Stack dropout on values of a reader, behind some calls, and see what each layer leaves."""
    generator = np.random.default_rng(6)
    settings = itertools.product((0, 2**40 + 1, -3), (0.0, 0.1, 0.5, 0.9, 1.0), (1, 3))
    for i, (seed, p, call) in enumerate(settings):
        n = (1, 4, 1000)[i % 3]
        x = np.ones(n) if n == 1000 else np.round(generator.normal(size=n), 1)
        torch.manual_seed(seed)
        h, kept, means = torch.tensor(x), [], []
        for _ in range(call - 1):
            F.dropout(h, p)
        left = torch.ones(n)
        for _ in range(20):
            state = torch.get_rng_state()
            h = F.dropout(h, p)
            torch.set_rng_state(state)
            left *= F.dropout(torch.ones(n), p) != 0
            kept.append(int(left.sum()))
            means.append(float(h.mean()))
        told = {"seed": str(seed), "p": p, "call": call, "x": x.tolist()}
        yield told | {"kept": kept, "means": means}


def later_calls() -> Iterator[dict[str, Any]]:
    """Call the layer several times after seeding, for the output of the last."""
    settings = itertools.product((0, -7, 2**63), (0.0, 0.3, 1.0), (2, 5, 100))
    for i, (seed, p, call) in enumerate(settings):
        scaling = ("inverted", "vanilla", "none")[i % 3]
        x = torch.linspace(-2, 3, 1 + 7 * i)
        torch.manual_seed(seed)
        for _ in range(call):
            y = called(x, p, scaling, training=True)
        told = {"seed": str(seed), "p": p, "call": call, "scaling": scaling}
        yield told | {"x": x.tolist(), "y": y.tolist()}


def by_hand() -> Iterator[dict[str, Any]]:
    """Explain masks that were set by hand."""
    generator = np.random.default_rng(7)
    for i in range(40):
        dtype = (torch.float32, torch.float64)[i % 2]
        n, p = int(generator.integers(1, 9)), float(generator.uniform(0.01, 0.99))
        x = torch.tensor(np.round(generator.normal(size=n), 2)).to(dtype)
        held = generator.integers(0, 2, n)
        told = explain(x, p, mask=held)
        y = torch.as_tensor(told.output).clone().requires_grad_()
        y.square().mean().backward()
        yield {
            "p": p,
            "dtype": str(dtype).removeprefix("torch."),
            "x": x.tolist(),
            "held": "".join(map(str, held)),
            "y": told.output.tolist(),
            "gradient": told.gradient(y.grad).tolist(),
        }


def norms() -> Iterator[dict[str, Any]]:
    """Take the norm of y at many p for one seed."""
    for seed, n in itertools.product((0, 5), (1, 4, 300)):
        x = torch.linspace(-1, 2, n, dtype=torch.float64)
        ps = [i / 40 for i in range(41)]
        found = []
        for p in ps:
            torch.manual_seed(seed)
            found.append(float(F.dropout(x, p).norm()))
        yield {"seed": str(seed), "x": x.tolist(), "ps": ps, "norms": found}


def networks() -> Iterator[dict[str, Any]]:
    """Run the lab's network of five hidden units, forward and backward."""
    numbers = re.compile(r"-?\d+(?:\.\d+)?")
    source = (DOCS / "lab/modules/model/network.js").read_text(encoding="utf-8")
    constants = dict(re.findall(r"const (W|B|V|C) = ([^;]+);", source))
    w, b, v, c = (
        torch.tensor([float(one) for one in numbers.findall(constants[name])], dtype=torch.float64)
        for name in "WBVC"
    )
    w = w.reshape(5, 4).requires_grad_()
    v.requires_grad_()
    generator = np.random.default_rng(8)
    for i in range(48):
        scaling = ("inverted", "vanilla", "none")[i % 3]
        training, loss = i % 4 != 0, ("sum", "mean_square")[i % 2]
        seed, p = i - 5, float(generator.choice([0.0, 0.2, 0.5, 0.8, 1.0]))
        x = np.round(generator.normal(size=4), 1)
        torch.manual_seed(seed)
        hidden = torch.tanh(w @ torch.tensor(x) + b)
        y = v @ called(hidden, p, scaling, training=training) + c
        gradient_w, gradient_v = torch.autograd.grad(y if loss == "sum" else y.square(), (w, v))
        told = {"seed": str(seed), "p": p, "scaling": scaling, "training": training, "loss": loss}
        yield told | {
            "x": x.tolist(),
            "y": float(y.detach()),
            "gradientW": gradient_w.tolist(),
            "gradientV": gradient_v.tolist(),
        }


def compiled_calls() -> Iterator[dict[str, Any]]:
    """Replay compiled calls: each seed, p and size, in both dtypes, two calls in a row."""
    sizes = (0, 1, 3, 4, 5, 17, 1000)
    for i, (seed, p) in enumerate(itertools.product(COMPILED_SEEDS, COMPILED_P)):
        dtype, n = ("float32", "float64")[i % 2], sizes[i % len(sizes)]
        stream = TorchStream(seed)
        first, second = (
            stream.mask(size, p, stream="compiled", dtype=dtype) for size in (n, n + 1)
        )
        x = np.resize(np.array(SPECIAL), n).astype(dtype)
        y = replay(torch.from_numpy(x), p, seed, stream="compiled")
        yield {
            "seed": str(seed),
            "p": p,
            "dtype": dtype,
            "masks": [mask.astype(int).tolist() for mask in (first, second)],
            "x": x.tolist(),
            "y": y.tolist(),
        }


def compiled_uniforms() -> Iterator[dict[str, Any]]:
    """Take the uniform numbers of a million elements for each seed: their sum, and the first ones."""
    for seed in COMPILED_SEEDS:
        high, low = np.random.RandomState(seed % 2**32).randint(0, 2**32, 2, np.uint32).tolist()
        words = np.concatenate(list(philox.first_words(inductor.call_seed(high, low), LONG)))
        bits = words & np.uint32(2**inductor.BITS - 1)
        drawn = bits.astype(np.float32) * inductor.UNIT
        assert drawn[:9].tolist() == [inductor.uniform(int(one)) for one in bits[:9]]
        kept = {
            str(p): int(replay_mask(LONG, p, seed, stream="compiled").sum()) for p in (0.1, 0.9)
        }
        yield {
            "seed": str(seed),
            "first": drawn[:1000].tolist(),
            "last": drawn[-1000:].tolist(),
            "sum": math.fsum(drawn.tolist()),
            "kept": kept,
        }


def compiled_by_torch() -> Iterator[dict[str, Any]]:
    """Compile dropout by torch itself, where there is a compiler."""
    if not can_compile():
        return
    for dtype, p in ((torch.float32, 0.3), (torch.float64, 0.9)):
        graph = compiled(lambda x, p=p: F.dropout(x, p), dynamic=True)
        for seed, n in itertools.product((0, -5, 2**40 + 1), (7, 1001)):
            x = torch.randn(n, dtype=dtype, generator=torch.Generator().manual_seed(n))
            torch.manual_seed(seed)
            name = str(dtype).removeprefix("torch.")
            called = {"x": x.tolist(), "y": graph(x).tolist()}
            yield {"seed": str(seed), "p": p, "dtype": name, **called}


def sentences() -> Iterator[dict[str, Any]]:
    """Compute and write what the numbers of a sentence say, at many settings."""
    if str(DOCS) not in sys.path:
        sys.path.append(str(DOCS))
    from site_extensions import readings

    generator = np.random.default_rng(5)
    xs = ((1.0, 2.0, 3.0, 4.0), (1.0,) * 8, (0.3, -1.2, 2.5))
    for i in range(60):
        p = (0.0, 1.0, 0.5, 0.95)[i] if i < 4 else float(np.round(generator.random() * 0.95, 2))
        n, batch = (int(generator.integers(1, most)) for most in (1001, 65))
        seed = int(generator.integers(2**32)) if i % 2 else i
        state = readings.State(xs[i % 3], p, n, batch, seed)
        said = {name: says(state) for name, says in readings.READINGS.items() if name != "made"}
        rows = {name: readings.row(name, state) for name in readings.ROWS}
        forms = (".3g", ".2f", ".4f", ".0f")
        yield {
            "state": state._asdict(),
            "said": said,
            "written": {
                form: [readings.written(one, form) for one in said.values()] for form in forms
            },
            "rows": rows,
            "cells": {name: [readings.written(one) for one in row] for name, row in rows.items()},
        }


def write(folder: Path) -> None:
    """Write one JSON file, and the long outputs beside it."""
    makers = (
        *(short_calls, streams, printed, intervals, means),
        *(stacks, later_calls, by_hand, norms, networks),
        *(compiled_calls, compiled_uniforms, compiled_by_torch, sentences),
    )
    vectors: dict[str, Any] = {make.__name__: list(make()) for make in makers}
    vectors["long_calls"] = list(long_calls(folder))
    # JSON knows neither NaN nor infinities; JavaScript's Number() reads them from these strings.
    text = re.sub(r"-?\b(?:NaN|Infinity)\b", r'"\g<0>"', json.dumps(vectors))
    (folder / "vectors.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
