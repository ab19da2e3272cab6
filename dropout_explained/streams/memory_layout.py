"""Tell in which order torch fills the memory of a tensor like a given one, and fill it so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dropout_explained.arrays import is_tensor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dropout_explained.arrays import Array


def element_strides(x: Array) -> tuple[int, ...]:
    """Return the strides of x in elements; an array's are those of ``torch.from_numpy``.

    Torch has no negative strides: a reversed array can only reach it as a copy,
    which is row-major.
    """
    if is_tensor(x):
        return tuple(x.stride())
    array = np.asarray(x)
    if min(array.strides, default=0) < 0:
        array = np.empty(array.shape, array.dtype)
    return tuple(stride // array.itemsize for stride in array.strides)


def memory_order(shape: Sequence[int], strides: Sequence[int]) -> list[int]:
    """Return the axes of ``torch.empty_like`` from the slowest in memory to the fastest.

    Source: ``infer_dense_strides`` in PyTorch's ``aten/src/ATen/ExpandUtils.cpp``. It
    sorts axes by insertion, and cannot compare one of stride 0, an expanded one, with
    any other; a general sort would give such tensors another order.
    """
    fastest_first = list(reversed(range(len(shape))))

    def comes_after(axis: int, other: int) -> int:
        if strides[axis] == 0 or strides[other] == 0:
            return 0
        if strides[axis] != strides[other]:
            return 1 if strides[axis] > strides[other] else -1
        return 1 if shape[axis] > shape[other] else 0

    for i in range(1, len(shape)):
        moving = i
        for before in range(i - 1, -1, -1):
            comparison = comes_after(fastest_first[before], fastest_first[moving])
            if comparison > 0:
                fastest_first[before], fastest_first[moving] = (
                    fastest_first[moving],
                    fastest_first[before],
                )
                moving = before
            elif comparison < 0:
                break
    return fastest_first[::-1]


def arranged(
    flat: np.ndarray[Any, Any], shape: tuple[int, ...], strides: Sequence[int] | None
) -> np.ndarray[Any, Any]:
    """Return what was drawn in memory order in its shape."""
    if strides is None:
        return flat.reshape(shape)
    order = memory_order(shape, strides)
    return flat.reshape([shape[axis] for axis in order]).transpose(np.argsort(order))
