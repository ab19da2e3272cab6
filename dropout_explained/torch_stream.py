"""Draw the mask that torch draws on a CPU from a seed: with torch for its tensors, else with NumPy.

Source: ``at::mt19937`` (``aten/src/ATen/core/MT19937RNGEngine.h``), seeded with
the low 32 bits; ``bernoulli_`` (``aten/src/ATen/native/cpu/DistributionTemplates.h``)
takes one 53-bit uniform (``random64``, ``aten/src/ATen/CPUGeneratorImpl.cpp``) per
element, in memory order, whatever the dtype.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dropout_explained.arguments import in_kind_of, is_tensor

if TYPE_CHECKING:
    from dropout_explained.arguments import Array


def mask_of_call(values: Array, p: float, seed: int | None) -> Array:
    """Return the mask that dropout draws for values; without a seed nothing is drawn.

    A tensor asks the installed torch, which is right by definition, and leaves
    its global generator as it was.
    """
    if p in (0.0, 1.0) or seed is None:
        return in_kind_of(values, np.full(tuple(values.shape), p < 1)) != 0
    if not is_tensor(values):
        return drawn_mask(seed, p, np.asarray(values))
    if values.device.type != "cpu":
        raise ValueError(
            f"x must be on the CPU to explain a seed, got device {values.device}, which draws "
            "from a generator of its own: pass x.cpu(), or the mask that the device drew"
        )
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return torch.nn.functional.dropout(torch.ones_like(values), p) != 0


def drawn_mask(seed: int, p: float, like: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the mask (True = kept) of the first dropout call after ``torch.manual_seed``.

    Noise fills memory in the order of ``torch.empty_like``, so the strides of
    ``like`` decide which uniform belongs to which element.
    """
    mask = np.empty_like(like, dtype=bool)
    words = _words(seed, 2 * mask.size).reshape(-1, 2)
    uniform_53 = ((words[:, 0] & 0x1FFFFF) << np.uint64(32)) | words[:, 1]
    kept = uniform_53 * 2.0**-53 < 1.0 - p
    memory_order = sorted(range(mask.ndim), key=lambda axis: -mask.strides[axis])
    in_memory = mask.transpose(memory_order)
    in_memory[...] = kept.reshape(in_memory.shape)
    return mask


def _words(seed: int, count: int) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """Return 32-bit words of the standard Mersenne twister, as uint64."""
    seeded: Any = np.random.RandomState(seed & 0xFFFFFFFF).get_state(legacy=False)
    twister = np.random.MT19937()
    twister.state = seeded
    return twister.random_raw(count)
