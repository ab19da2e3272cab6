"""What the numbers of a sentence say: each reading of a state, its rows, and how both are written.

The page's script computes the same from the same names (``docs/lab/modules/model/readings.js``),
and a test holds one to the other.
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dropout_explained import explain, mean_square_gradient, mean_square_gradient_moments, moments

if TYPE_CHECKING:
    from collections.abc import Callable

    from dropout_explained import Explanation

# A double that is written without an exponent, by Python and by JavaScript alike.
PLAIN = (1e-6, 1e21)


class State(NamedTuple):
    """What a reader may change, and the tensor that stays."""

    x: tuple[float, ...] = (1.0, 2.0, 3.0, 4.0)
    p: float = 0.5
    n: int = 100
    batch: int = 8
    seed: int = 0


def explained(state: State) -> Explanation:
    """Return the one call of a state, in double precision."""
    return explain(np.array(state.x), state.p, seed=state.seed)


def kept(state: State) -> str:
    """Return how many are kept, with its verb."""
    count = int(explained(state).mask.sum())
    return f"{count or 'none'} {'are' if count > 1 else 'is'} kept"


def length(values: Any) -> float:
    """Return the norm of a vector, its squares added in order."""
    return math.sqrt(sum(value * value for value in values.tolist()))


READINGS: dict[str, Callable[[State], float | str]] = {
    "q": lambda state: 1 - state.p,
    "scale": lambda state: explained(state).scale,
    "standard_error": lambda state: moments(state.p, n=state.n).standard_error,
    "low": lambda state: moments(state.p, n=state.n).interval_95[0],
    "high": lambda state: moments(state.p, n=state.n).interval_95[1],
    "norm": lambda state: math.sqrt(moments(state.p).second_moment),
    "angle": lambda state: math.degrees(math.acos(math.sqrt(1 - state.p))),
    "kept": kept,
    "mean_input": lambda state: explained(state).mean_input,
    "mean_output": lambda state: explained(state).mean_output,
    "mean_misses": lambda state: explained(state).standard_error,
    "longer": lambda state: length(explained(state).output) / length(np.array(state.x)),
    "batch": lambda state: state.batch,
    "zero_columns": lambda state: state.p**state.batch,
    "made": lambda _: f"run by torch {version('torch').split('+')[0]} when this page was built",
}

ROWS: dict[str, tuple[str, Callable[[State], Any]]] = {
    "x": ("input x", lambda state: explained(state).input),
    "mask": ("mask m", lambda state: explained(state).mask),
    "scale": ("1/(1 − p)", lambda state: np.full(len(state.x), explained(state).scale)),
    "y": ("output y", lambda state: explained(state).output),
    "gradient": (
        "gradient",
        lambda state: mean_square_gradient(np.array(state.x), explained(state).mask, state.p),
    ),
    "average": (
        "its average",
        lambda state: mean_square_gradient_moments(np.array(state.x), state.p).mean,
    ),
}


def row(name: str, state: State) -> list[float]:
    """Return the numbers of a row."""
    return [float(value) for value in ROWS[name][1](state)]


def written(value: float | str, form: str = ".3g") -> str:
    """Write a number as the page's script writes it: halves are rounded away from zero.

    ``.3f`` has three decimals, ``.3g`` three significant digits and no idle zeros.
    """
    if isinstance(value, str):
        return value
    digits, kind = int(form[1:-1]), form[-1]
    exact = Decimal(value + 0.0)  # of -0 the sign says nothing
    places = digits if kind == "f" else digits - 1 - (exact.adjusted() if value else 0)
    rounded = exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    if kind == "f":
        return f"{rounded:f}"
    if value and not PLAIN[0] <= abs(float(rounded)) < PLAIN[1]:
        mantissa, exponent = f"{float(rounded):.{digits - 1}e}".split("e")
        mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
        return f"{mantissa}e{int(exponent):+d}"
    plain = f"{rounded:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain
