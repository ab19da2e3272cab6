"""Compare replay with the installed torch, on this machine, in seconds."""

from __future__ import annotations

import platform
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dropout_explained import tables
from dropout_explained.arguments import checked_count, checked_seed, checked_stream
from dropout_explained.streams.random_calls import compiled_calls, eager_calls

if TYPE_CHECKING:
    import torch

VERIFIED_WITH = ("2.13.0", "2.14.1")
COMPILED_VERIFIED_WITH = ("2.13.0", "2.14.1")


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
    stream : str
        Whether the calls were "eager" or "compiled".
    """

    torch_version: str
    machine: str
    cases: int
    elements: int
    matches: int
    first_mismatch: str | None
    stream: str = "eager"

    def __str__(self) -> str:
        """Say in a few lines whether replay can be trusted here."""
        return tables.as_text(self._table())

    def _repr_html_(self) -> str:
        return tables.as_html(self._table())

    def _table(self) -> tables.Table:
        share = f"equal in every bit ({self.matches / self.cases:.2%})"
        mismatch = f"the first mismatch was {self.first_mismatch}"
        compiled = self.stream == "compiled"
        releases = COMPILED_VERIFIED_WITH if compiled else VERIFIED_WITH
        return tables.Table(
            title=(
                f"Replay against {'torch.compile of ' * compiled}torch {self.torch_version} "
                f"on {self.machine}"
            ),
            facts=(
                tables.Fact("calls", f"{self.matches} of {self.cases}", share),
                tables.Fact("elements", str(self.elements), "compared"),
                tables.Fact("releases", ", ".join(releases), "of torch equal when last verified"),
            ),
            notes=(mismatch,) if self.first_mismatch else (),
            ragged=True,
        )


def verify(cases: int = 3000, *, seed: int = 0, stream: str = "eager") -> Verification:
    """Compare replay with the installed torch over random calls.

    Every layer, dtype and memory order is among them, and successive calls after one
    seed; or, compiled, a few graphs of one to four calls in every dtype, run many times.
    Torch's global generator is left as it was.

    Parameters
    ----------
    cases : int, default: 3000
        How many calls to compare.
    seed : int, default: 0
        Which random calls; the same seed compares the same ones.
    stream : {"eager", "compiled"}, default: "eager"
        Which code draws, as for :func:`replay`. Torch needs a while to compile.

    Returns
    -------
    Verification
        Print it; ``matches == cases`` says that replay is right here.

    Raises
    ------
    ModuleNotFoundError
        If torch is not installed.
    ValueError
        If there are no cases to compare, the seed is out of range, or there is no such stream.
    OSError
        If torch.compile lacks a C++ compiler or Python's header files.

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
    calls = compiled_calls if checked_stream(stream) == "compiled" else eager_calls
    matches, elements, first_mismatch = 0, 0, None
    with torch.random.fork_rng(devices=[]):
        for call in calls(choose, cases):
            elements += call.x.numel()
            if _same_bits(call.given, call.expected):
                matches += 1
            else:
                first_mismatch = first_mismatch or call.description
    machine = f"{platform.system()} {platform.machine()}"
    version = torch.__version__
    return Verification(version, machine, cases, elements, matches, first_mismatch, stream)


def _same_bits(a: Any, b: torch.Tensor) -> bool:
    """Compare values and signs of zero; one NaN is as good as another."""
    import torch

    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    equal = (a == b) & (torch.signbit(a) == torch.signbit(b)) | (a.isnan() & b.isnan())
    return bool(equal.all())
