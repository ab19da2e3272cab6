"""Compare replay with the installed torch, on this machine, in seconds."""

from __future__ import annotations

import platform
import random
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from dropout_explained import tables
from dropout_explained.arguments import checked_count, checked_seed
from dropout_explained.layers import LAYERS
from dropout_explained.streams.eager import TorchStream

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch

VERIFIED_WITH = ("2.13.0", "2.14.1")

SEEDS = (0, 1, -1, 2**32 + 5, -(2**63), 2**64 - 1)
PROBABILITIES = (0.0, 0.1, 0.5, 0.9, 0.99999, 1.0, 1e-17, 1 - 2**-53)


@dataclass(frozen=True)
class Verification:
    """How often replay equalled the installed torch, from :func:`verify`.

    Attributes
    ----------
    torch_version : str
        Version of the torch that was asked.
    machine : str
        Operating system and processor architecture.
    cases : int
        Calls compared.
    elements : int
        Output elements compared, bit for bit.
    matches : int
        Calls in which every element was equal.
    first_mismatch : str or None
        The arguments of the first call that differed.
    """

    torch_version: str
    machine: str
    cases: int
    elements: int
    matches: int
    first_mismatch: str | None

    def __str__(self) -> str:
        """Say in a few lines whether replay can be trusted here."""
        return tables.as_text(self._table())

    def _repr_html_(self) -> str:
        return tables.as_html(self._table())

    def _table(self) -> tables.Table:
        share = f"equal in every bit ({self.matches / self.cases:.2%})"
        mismatch = f"the first mismatch was {self.first_mismatch}"
        return tables.Table(
            title=f"Replay against torch {self.torch_version} on {self.machine}",
            facts=(
                tables.Fact("calls", f"{self.matches} of {self.cases}", share),
                tables.Fact("elements", str(self.elements), "compared"),
                tables.Fact(
                    "releases", ", ".join(VERIFIED_WITH), "of torch equal when last verified"
                ),
            ),
            notes=(mismatch,) if self.first_mismatch else (),
            ragged=True,
        )


def verify(cases: int = 3000, *, seed: int = 0) -> Verification:
    """Compare replay with the installed torch over random calls.

    Every layer, dtype and memory order is among them, and successive calls after one
    seed. Torch's global generator is left as it was.

    Parameters
    ----------
    cases : int, default: 3000
        How many calls to compare.
    seed : int, default: 0
        Which random calls; the same seed compares the same ones.

    Returns
    -------
    Verification
        Print it; ``matches == cases`` says that replay is right here.

    Raises
    ------
    ModuleNotFoundError
        If torch is not installed.
    ValueError
        If there are no cases to compare, or the seed is out of range.

    Examples
    --------
    >>> from dropout_explained import verify
    >>> found = verify(cases=100)
    >>> found.matches == found.cases
    True
    """
    try:
        import torch
    except ModuleNotFoundError as missing:
        raise ModuleNotFoundError("verify compares with torch: pip install torch") from missing
    cases = checked_count(cases, "cases")
    choose = random.Random(checked_seed(seed))
    matches, elements, first_mismatch = 0, 0, None
    with torch.random.fork_rng(devices=[]):
        for call in _calls(choose, cases):
            elements += call.x.numel()
            if _same_bits(call.given, call.expected):
                matches += 1
            else:
                first_mismatch = first_mismatch or call.description
    machine = f"{platform.system()} {platform.machine()}"
    return Verification(torch.__version__, machine, cases, elements, matches, first_mismatch)


class _Call(NamedTuple):
    """One call, what replay gave and what torch gave."""

    description: str
    x: torch.Tensor
    given: Any
    expected: torch.Tensor


def _calls(choose: random.Random, cases: int) -> Iterator[_Call]:
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
            yield _Call(description, x, stream.dropout(x, p, layer=layer), expected)
            made += 1


def _seed(choose: random.Random) -> int:
    return choose.choice([*SEEDS, choose.randint(-(2**63), 2**64 - 1)])


def _arguments(choose: random.Random) -> tuple[str, torch.Tensor, float]:
    """Choose a layer, an input of some dtype and memory order, and p."""
    import torch

    layer = LAYERS[choose.choice(list(LAYERS))]
    dimensions = choose.choice(layer.dimensions or range(layer.fewest, 5))
    shape = [choose.choice([1, 2, 3, 5, 8]) for _ in range(dimensions)]
    dtype = choose.choice([torch.float16, torch.bfloat16, torch.float32, torch.float64])
    numbers = torch.Generator().manual_seed(choose.getrandbits(32))
    x = torch.randn(shape, dtype=torch.float64, generator=numbers).to(dtype)
    if dimensions and choose.random() < 0.3:
        x = x[..., ::2]
    if choose.random() < 0.3:
        x = x.expand([choose.choice([2, 4]) if size == 1 else size for size in x.shape])
    if choose.random() < 0.5:
        x = x.permute(choose.sample(range(dimensions), dimensions))
    return layer.name, x, choose.choice([*PROBABILITIES, choose.random()])


def _same_bits(a: Any, b: torch.Tensor) -> bool:
    """Compare values and signs of zero; one NaN is as good as another."""
    import torch

    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    equal = (a == b) & (torch.signbit(a) == torch.signbit(b)) | (a.isnan() & b.isnan())
    return bool(equal.all())
