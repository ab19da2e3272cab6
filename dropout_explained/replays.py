"""Replay one dropout call from its seed: the mask, or the whole output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dropout_explained.arguments import checked_dtype
from dropout_explained.torch_stream import TorchStream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dropout_explained.arguments import Array
    from dropout_explained.torch_stream import Mask


def replay(x: Any, p: float, seed: Any, *, layer: str = "dropout") -> Array:
    """Return what torch returns for x after ``torch.manual_seed(seed)``, bit for bit.

    Parameters
    ----------
    x : array_like of float
        The input, of any shape and memory order. A list counts as float32.
    p : float
        Drop probability, in [0, 1].
    seed : int
        What ``torch.manual_seed`` would get, -2**63 to 2**64 - 1.
    layer : str, default: "dropout"
        Which function of torch.nn.functional: dropout, dropout1d, dropout2d,
        dropout3d, alpha_dropout or feature_alpha_dropout, in training mode.

    Returns
    -------
    numpy.ndarray or torch.Tensor
        A tensor for a tensor, else an array; signs of zeros included.

    Raises
    ------
    ValueError
        If an argument is out of its range, or x is on another device than a CPU:
        that draws from a generator of its own (Philox on CUDA).
    TypeError
        If x is not of a floating dtype, or the seed not an integer.

    See Also
    --------
    TorchStream : Successive calls, and calls from a captured generator state.
    verify : Whether the installed torch agrees.

    References
    ----------
    ``_dropout_impl`` in PyTorch's ``aten/src/ATen/native/Dropout.cpp``.

    Examples
    --------
    >>> from dropout_explained import replay
    >>> replay([1.0, 2.0, 3.0, 4.0], p=0.5, seed=0)
    array([0., 0., 6., 0.], dtype=float32)
    """
    return TorchStream(seed).dropout(x, p, layer=layer)


def replay_mask(
    seed: Any,
    p: float,
    shape: int | Sequence[int],
    *,
    dtype: Any = "float32",
    strides: Sequence[int] | None = None,
    layer: str = "dropout",
) -> Mask:
    """Return the mask that torch draws after ``torch.manual_seed(seed)``.

    Parameters
    ----------
    seed : int
        What ``torch.manual_seed`` would get, -2**63 to 2**64 - 1.
    p : float
        Drop probability, in [0, 1].
    shape : int or sequence of int
        Shape of the input.
    dtype : str or dtype, default: "float32"
        Dtype of the input: float16, bfloat16, float32 or float64. It is checked
        and changes nothing, since torch draws the same uniform for each of them.
    strides : sequence of int, optional
        Strides of the input in elements, ``tensor.stride()``; row-major without.
    layer : str, default: "dropout"
        Which function of torch.nn.functional, as for :func:`replay`.

    Returns
    -------
    numpy.ndarray
        Booleans, True where kept, in the shape of the input, or with one coin a
        channel for the layers that drop channels.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    TypeError
        If an argument is not of the kind described.

    References
    ----------
    ``random64`` of PyTorch's ``aten/src/ATen/CPUGeneratorImpl.cpp``: an element is
    kept if ``(random64() % 2**53) * 2**-53 < 1 - p``.

    Examples
    --------
    >>> from dropout_explained import replay_mask
    >>> replay_mask(0, 0.5, (2, 2)).astype(int)
    array([[0, 0],
           [1, 0]])
    """
    checked_dtype(dtype)
    return TorchStream(seed).mask(shape, p, strides=strides, layer=layer)
