"""Draw the mask of a dropout call that ``torch.compile`` compiled for a CPU.

Inductor, torch's default compiler, gives each dropout call of a graph a seed of its own, taken from
the generator of eager calls; from that seed and an element's place in memory Philox makes its word.

Source: ``inductor_seeds`` in PyTorch's ``torch/_inductor/inductor_prims.py``, ``native_dropout`` in
``torch/_decomp/decompositions.py``, ``rand_like`` in ``torch/_inductor/decomposition.py`` and
``normalized_rand_cpu`` in ``torch/csrc/inductor/cpp_prefix.h``.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any

import numpy as np

from dropout_explained.arrays import is_tensor
from dropout_explained.layers import scale
from dropout_explained.streams.philox import first_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dropout_explained.arrays import Array

    Mask = np.ndarray[Any, np.dtype[np.bool_]]

# Of a word the 31 low bits count. Times this they are below 1, rounded to float32 as well.
BITS = 31
UNIT = np.float32(4.6566127342e-10)


def call_seed(high: int, low: int) -> int:
    """Return the seed of a dropout call from two words of the twister, in the order drawn.

    ``torch.randint(-2**63, 2**63 - 1, ...)`` leaves out the last of 2**64 numbers, and the low
    32 bits of what it gives become the key.
    """
    return (high << 32 | low) % (2**64 - 1) & 0xFFFFFFFF


def uniform(bits: int) -> float:
    """Return u of the 31 low bits of a word: a float32, in [0, 1)."""
    return float(np.float32(bits) * UNIT)


def rounded_p(p: float, dtype: str) -> float:
    """Return p as a kernel for a dtype has it: through float32, except for float64."""
    if dtype == "float64":
        return p
    single = np.float32(p)
    if dtype == "float16":
        return float(np.float16(single))
    if dtype == "bfloat16":  # the upper half of a float32, rounded to even
        bits = int(single.view(np.uint32))
        bits = (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000
        return float(np.uint32(bits).view(np.float32))
    return float(single)


def lowest_kept(p: float, dtype: str) -> int:
    """Return the lowest 31 bits that give u > p; u grows with the bits, so the higher ones do, too."""
    return bisect_right(range(2**BITS), rounded_p(p, dtype), key=uniform)


def masks(seed: int, count: int, p: float, dtype: str) -> Iterator[Mask]:
    """Give the mask of ``count`` elements in memory order, in pieces; 0 < p < 1."""
    lowest = np.uint32(lowest_kept(p, dtype))
    for words in first_words(seed, count):
        yield words & np.uint32(2**BITS - 1) >= lowest


def output(x: Array, mask: Array, p: float) -> Array:
    """Return (m x) s, computed in float32, or in float64 for that type, and rounded to x's type."""
    factor = scale(p)
    if is_tensor(x):
        if p == 1:
            return x.new_zeros(x.shape)
        # Torch multiplies a half type and a number in float32.
        scaled: Array = mask * x * factor
        return scaled
    values = np.asarray(x)
    if p == 1:
        return np.zeros_like(values)
    with np.errstate(invalid="ignore", over="ignore"):
        y = mask * values.astype(np.promote_types(values.dtype, np.float32), copy=False)
        y *= y.dtype.type(factor)
        return np.asarray(y).astype(values.dtype, copy=False)
