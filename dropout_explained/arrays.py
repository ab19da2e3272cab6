"""A NumPy array or a torch tensor: which one it is, and how to get from one to the other."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard

import numpy as np

if TYPE_CHECKING:
    import torch

    Array: TypeAlias = np.ndarray[Any, Any] | torch.Tensor
    Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]


def is_tensor(x: object) -> TypeGuard[torch.Tensor]:
    """Whether x is a torch tensor, without importing torch to find out."""
    torch_module = sys.modules.get("torch")
    return torch_module is not None and isinstance(x, torch_module.Tensor)


def as_float64(x: Array) -> Floats:
    """Return a checked array or tensor as a float64 array, for statistics and display."""
    return x.detach().double().cpu().numpy() if is_tensor(x) else np.asarray(x, dtype=np.float64)


def in_kind_of(like: Array, x: np.ndarray[Any, Any]) -> Array:
    """Return x as what ``like`` is: a tensor or an array, of its dtype and on its device."""
    if is_tensor(like):
        import torch

        return torch.as_tensor(x).to(dtype=like.dtype, device=like.device)
    with np.errstate(over="ignore"):
        return np.asarray(x).astype(np.asarray(like).dtype)


def mask_like(like: Array, mask: Array) -> Array:
    """Return mask as booleans of its own memory, a tensor or an array as ``like`` is."""
    if is_tensor(like):
        import torch

        return torch.as_tensor(mask).to(like.device, torch.bool, copy=True)
    given: Any = mask.cpu().numpy() if is_tensor(mask) else mask
    return np.array(given, dtype=bool)
