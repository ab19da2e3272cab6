"""Compare replay with the installed torch, on this machine, in seconds."""

from __future__ import annotations

import platform
import random
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dropout_explained.arguments import checked_count, checked_seed
from dropout_explained.layers import DIMENSIONS, LAYERS
from dropout_explained.torch_stream import VERIFIED_WITH, TorchStream

if TYPE_CHECKING:
    import torch

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
        share = self.matches / self.cases
        lines = [
            f"torch {self.torch_version} on {self.machine}",
            f"  {self.matches} of {self.cases} calls ({share:.2%}) equal in every bit",
            f"  {self.elements} elements compared",
        ]
        if self.first_mismatch:
            lines.append(f"  first mismatch: {self.first_mismatch}")
        lines.append(f"  (this package was verified with torch {', '.join(VERIFIED_WITH)})")
        return "\n".join(lines)


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
        stream, left = TorchStream(0), 0
        for _ in range(cases):
            if left == 0:  # a few successive calls after each seed
                run, left = _seed(choose), choose.randint(1, 3)
                stream, call = TorchStream(run), 0
                torch.default_generator.manual_seed(run)
            layer, x, p = _call(choose)
            with warnings.catch_warnings():
                # Torch warns of what dropout2d makes of three dimensions; it is compared here.
                warnings.filterwarnings("ignore", "dropout2d: Received a 3D input")
                expected = getattr(torch.nn.functional, layer)(x, p, training=True)
            given = stream.dropout(x, p, layer=layer)
            left, call, elements = left - 1, call + 1, elements + x.numel()
            if _same_bits(given, expected):
                matches += 1
            elif first_mismatch is None:
                first_mismatch = (
                    f"{layer}, {x.dtype}, shape {tuple(x.shape)}, strides {x.stride()}, "
                    f"p = {p!r}, call {call} after seed {run}"
                )
    machine = f"{platform.system()} {platform.machine()}"
    return Verification(torch.__version__, machine, cases, elements, matches, first_mismatch)


def _seed(choose: random.Random) -> int:
    return choose.choice([*SEEDS, choose.randint(-(2**63), 2**64 - 1)])


def _call(choose: random.Random) -> tuple[str, torch.Tensor, float]:
    """Choose a layer, an input of some dtype and memory order, and p."""
    import torch

    layer = choose.choice(LAYERS)
    lowest = 2 if layer == "feature_alpha_dropout" else 0
    dimensions = choose.choice(DIMENSIONS.get(layer, range(lowest, 5)))
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
    return layer, x, choose.choice([*PROBABILITIES, choose.random()])


def _same_bits(a: Any, b: torch.Tensor) -> bool:
    """Compare values and signs of zero; one NaN is as good as another."""
    import torch

    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    equal = (a == b) & (torch.signbit(a) == torch.signbit(b)) | (a.isnan() & b.isnan())
    return bool(equal.all())
