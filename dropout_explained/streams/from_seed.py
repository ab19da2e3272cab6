"""Replay one dropout call from the seed that torch got directly before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dropout_explained.streams.eager import TorchStream

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from dropout_explained.arrays import Array

    Mask = np.ndarray[Any, np.dtype[np.bool_]]


def replay(x: Any, p: float, seed: Any, *, layer: str = "dropout", stream: str = "eager") -> Array:
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
        Which function of torch.nn.functional; one of :data:`dropout_explained.LAYERS`.
    stream : {"eager", "compiled"}, default: "eager"
        Whether torch runs the call as it stands, or in a graph that ``torch.compile`` made
        with its default backend and settings, on a CPU. Compiled, the layer is "dropout", and x
        what the graph computes or is given there; a half type that is not stored in between is
        not rounded there.

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
    ``_dropout_impl`` in PyTorch's ``aten/src/ATen/native/Dropout.cpp``; compiled,
    ``native_dropout`` in its ``torch/_decomp/decompositions.py``.

    Examples
    --------
    >>> from dropout_explained import replay
    >>> replay([1.0, 2.0, 3.0, 4.0], p=0.5, seed=0)
    array([0., 0., 6., 0.], dtype=float32)
    >>> replay([1.0, 2.0, 3.0, 4.0], p=0.5, seed=0, stream="compiled")
    array([0., 0., 6., 8.], dtype=float32)
    """
    return TorchStream(seed).dropout(x, p, layer=layer, stream=stream)


def replay_mask(
    shape: int | Sequence[int],
    p: float,
    seed: Any,
    *,
    strides: Sequence[int] | None = None,
    layer: str = "dropout",
    stream: str = "eager",
    dtype: Any = "float32",
) -> Mask:
    """Return the mask that torch draws after ``torch.manual_seed(seed)``.

    Parameters
    ----------
    shape : int or sequence of int
        Shape of the input.
    p : float
        Drop probability, in [0, 1].
    seed : int
        What ``torch.manual_seed`` would get, -2**63 to 2**64 - 1.
    strides : sequence of int, optional
        Strides of the input in elements, ``tensor.stride()``; row-major without them.
    layer : str, default: "dropout"
        Which function of torch.nn.functional, as for :func:`replay`.
    stream : {"eager", "compiled"}, default: "eager"
        Which code draws, as for :func:`replay`.
    dtype : str, default: "float32"
        Type of the input: "float16", "bfloat16", "float32", "float64" or torch's own. The eager
        mask is the same for each; compiled code compares with p rounded to the type.

    Returns
    -------
    numpy.ndarray
        Booleans, True where kept, in the shape of the input or of its channels.

    Raises
    ------
    ValueError or TypeError
        If an argument is out of its range, or not of the kind described.

    References
    ----------
    ``random64`` of PyTorch's ``aten/src/ATen/CPUGeneratorImpl.cpp``: what is kept has
    ``(random64() % 2**53) * 2**-53 < 1 - p``. Compiled, ``normalized_rand_cpu`` of its
    ``torch/csrc/inductor/cpp_prefix.h``.

    Examples
    --------
    >>> from dropout_explained import replay_mask
    >>> replay_mask((2, 2), 0.5, seed=0).astype(int)
    array([[0, 0],
           [1, 0]])
    """
    stream_of_seed = TorchStream(seed)
    return stream_of_seed.mask(shape, p, strides=strides, layer=layer, stream=stream, dtype=dtype)
