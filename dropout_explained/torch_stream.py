"""Draw the mask that torch draws on a CPU from a seed, with NumPy alone.

Source: ``at::mt19937`` (``aten/src/ATen/core/MT19937RNGEngine.h``), seeded with
the low 32 bits; ``bernoulli_`` (``aten/src/ATen/native/cpu/DistributionTemplates.h``)
takes one 53-bit uniform (``random64``, ``aten/src/ATen/CPUGeneratorImpl.cpp``) per
element, in memory order, whatever the dtype.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def drawn_mask(seed: int, p: float, like: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the mask (True = kept) of the first dropout call after ``torch.manual_seed``.

    Noise fills memory in the order of ``torch.empty_like``, so the strides of
    ``like`` decide which uniform belongs to which element.
    """
    mask = np.empty_like(like, dtype=bool)
    if p in (0.0, 1.0):  # torch draws nothing here
        mask.fill(p == 0.0)
        return mask
    words = _words(seed, 2 * mask.size).reshape(-1, 2)
    uniform_53 = ((words[:, 0] & 0x1FFFFF) << np.uint64(32)) | words[:, 1]
    kept = uniform_53 * 2.0**-53 < 1.0 - p
    memory_order = sorted(range(mask.ndim), key=lambda axis: -mask.strides[axis])
    in_memory = mask.transpose(memory_order)
    in_memory[...] = kept.reshape(in_memory.shape)
    return mask


def _words(seed: int, count: int) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """Return 32-bit words of the standard Mersenne twister, as uint64."""
    _, key, position, *_ = np.random.RandomState(seed & 0xFFFFFFFF).get_state(legacy=True)
    twister = np.random.MT19937(0)
    twister.state = {"bit_generator": "MT19937", "state": {"key": key, "pos": position}}
    return twister.random_raw(count)
