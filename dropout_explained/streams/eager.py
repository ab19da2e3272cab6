"""Follow the generator from which torch draws masks on a CPU, from the seed, with NumPy alone.

Older releases of torch drew from another generator on Intel processors, and a GPU has its
own: :func:`dropout_explained.verify` tells whether the installed torch agrees.

Source: ``at::mt19937`` (``aten/src/ATen/core/MT19937RNGEngine.h``), seeded with the low 32 bits of
the seed; ``bernoulli_`` takes one 53-bit uniform (``random64`` of ``CPUGeneratorImpl.cpp``) for
each element, whatever the dtype, in the memory order of ``empty_like``.
"""

from __future__ import annotations

from math import ceil, prod
from typing import TYPE_CHECKING, Any

import numpy as np

from dropout_explained.arguments import (
    BadArgument,
    checked_dtype,
    checked_p,
    checked_seed,
    checked_shape,
    checked_stream,
    checked_values,
    refuse_other_streams,
)
from dropout_explained.arrays import mask_like
from dropout_explained.layers import DROPOUT, Layer, apply_mask, checked_layer
from dropout_explained.streams import inductor
from dropout_explained.streams.memory_layout import arranged, element_strides
from dropout_explained.streams.rng_state import decoded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dropout_explained.arrays import Array

    Mask = np.ndarray[Any, np.dtype[np.bool_]]

# Elements drawn at a time: the words of one chunk stay in a processor's cache.
CHUNK = 2**15


class TorchStream:
    """The stream of torch's CPU generator, for dropout calls in call order, eager and compiled.

    Parameters
    ----------
    seed : int
        What ``torch.manual_seed`` would get, -2**63 to 2**64 - 1.

    Attributes
    ----------
    draws : int
        Words of 32 bits drawn through this object: where the stream stands.

    Raises
    ------
    ValueError or TypeError
        If the seed is out of range, or not an integer.

    Examples
    --------
    The masks of two successive calls, as in a model with two dropout layers:

    >>> from dropout_explained import TorchStream
    >>> stream = TorchStream(seed=0)
    >>> stream.mask((4,), p=0.5).astype(int)
    array([0, 0, 1, 0])
    >>> stream.mask((4,), p=0.5).astype(int)
    array([0, 0, 1, 1])
    >>> stream.draws
    16

    Compiled code takes one seed a call from the same generator, however many elements the
    mask has. All calls of a graph take theirs at its first dropout, the next execution goes on:

    >>> stream = TorchStream(seed=0)
    >>> stream.mask((8,), p=0.5, stream="compiled").astype(int)
    array([0, 0, 1, 1, 0, 0, 0, 1])
    >>> stream.mask((8,), p=0.5, stream="compiled").astype(int)
    array([0, 0, 1, 1, 0, 1, 0, 1])
    >>> stream.draws
    4
    """

    def __init__(self, seed: Any) -> None:
        self._twister = np.random.MT19937(0)
        # The seeding of the original twister, which NumPy keeps in its older interface.
        np.random.RandomState(self._twister).seed(checked_seed(seed) & 0xFFFFFFFF)
        self.draws = 0

    @classmethod
    def from_rng_state(cls, state: Any) -> TorchStream:
        """Start where ``torch.get_rng_state()`` says that the generator stands.

        Parameters
        ----------
        state : torch.Tensor, numpy.ndarray or bytes
            The state, 5056 bytes, captured before the call in question.

        Returns
        -------
        TorchStream
            A stream whose next call is the next call of that generator.

        Raises
        ------
        ValueError
            If the state is not one of torch's CPU generator.
        """
        key, position = decoded(state)
        stream = cls(0)
        stream._twister.state = {"bit_generator": "MT19937", "state": {"key": key, "pos": position}}
        return stream

    def mask(
        self,
        shape: int | Sequence[int],
        p: float,
        *,
        strides: Sequence[int] | None = None,
        layer: str = "dropout",
        stream: str = "eager",
        dtype: Any = "float32",
    ) -> Mask:
        """Draw the mask of the next call: :func:`replay_mask` says of what, and what it refuses."""
        p, sizes, row = checked_p(p), checked_shape("shape", shape), checked_layer(layer)
        compiled, dtype = _is_compiled(stream, row), checked_dtype(dtype)
        if strides is not None:
            strides = checked_shape("strides", strides, like=sizes)
        return self._drawn(sizes, p, strides, row, dtype if compiled else None)

    def dropout(self, x: Any, p: float, *, layer: str = "dropout", stream: str = "eager") -> Array:
        """Return what the next call returns for x: :func:`replay` says what, and what it refuses."""
        p, row = checked_p(p), checked_layer(layer)
        compiled = _is_compiled(stream, row)
        x = checked_values(x, copy=False, empty=True)
        if not compiled:
            return apply_mask(row, x, self.mask_of(x, p, row), p)
        return inductor.output(x, self._mask_like(x, p, row, checked_dtype(x.dtype)), p)

    def uniform(
        self,
        shape: int | Sequence[int],
        dtype: str = "float32",
        *,
        strides: Sequence[int] | None = None,
    ) -> np.ndarray[Any, Any]:
        """Return what the next ``torch.rand(shape)`` of a dtype returns: one word each, or two.

        Parameters
        ----------
        shape : int or sequence of int
            Shape of the numbers.
        dtype : {"float32", "float64"}, optional
            Precision, which decides how many words a number takes.
        strides : sequence of int, optional
            Strides of the tensor that torch fills, in elements; contiguous if left out.

        Returns
        -------
        ndarray
            Numbers in [0, 1), of that shape and precision.

        Raises
        ------
        BadArgument
            If the shape, the precision or the strides are none.

        Notes
        -----
        Source: ``uniform_real_distribution`` of PyTorch's
        ``aten/src/ATen/core/DistributionsHelper.h``: the low 24 bits of a word times
        2**-24, or the low 53 of two words times 2**-53.
        """
        sizes = checked_shape("shape", shape)
        if dtype not in ("float32", "float64"):
            raise BadArgument(f"dtype must be float32 or float64; got dtype = {dtype!r}")
        words_each = 2 if dtype == "float64" else 1
        words = self._twister.random_raw(words_each * prod(sizes))
        self.draws += words.size
        flat: np.ndarray[Any, Any]
        if dtype == "float64":
            flat = _low_53_bits(words) * 2.0**-53
        else:
            flat = (words & np.uint64(0xFFFFFF)).astype(np.float32) * np.float32(2.0**-24)
        return arranged(flat, sizes, strides)

    def mask_of(self, x: Array, p: float, layer: Layer = DROPOUT) -> Array:
        """Draw the eager mask of the next call on x, in x's kind; all arguments are checked before."""
        return self._mask_like(x, p, layer, None)

    def _mask_like(self, x: Array, p: float, layer: Layer, compiled_for: str | None) -> Array:
        refuse_other_streams(x)
        drawn = self._drawn(tuple(x.shape), p, element_strides(x), layer, compiled_for)
        return mask_like(x, drawn)

    def _drawn(
        self,
        shape: tuple[int, ...],
        p: float,
        strides: Sequence[int] | None,
        layer: Layer,
        compiled_for: str | None,
    ) -> Mask:
        drawn = layer.noise_shape(shape)
        if p in (0.0, 1.0) or 0 in shape:  # torch returns before it draws
            return np.full(drawn, p < 1)
        flat = np.empty(prod(drawn), bool)
        if compiled_for is None:
            pieces = self._chunks(flat.size, p)
        else:
            pieces = inductor.masks(self._call_seed(), flat.size, p, compiled_for)
        start = 0
        for piece in pieces:
            flat[start : start + piece.size] = piece
            start += piece.size
        # A coin a channel is drawn row-major.
        return arranged(flat, drawn, None if layer.channels else strides)

    def _call_seed(self) -> int:
        """Draw what one dropout call of a compiled graph gets."""
        high, low = self._twister.random_raw(2).tolist()
        self.draws += 2
        return inductor.call_seed(high, low)

    def _chunks(self, count: int, p: float) -> Iterator[Mask]:
        """Draw ``count`` elements in memory order, piece by piece, in constant memory."""
        # u * 2**-53 < 1 - p, compared as integers.
        threshold = np.uint64(ceil((1.0 - p) * 2**53))
        for start in range(0, count, CHUNK):
            size = min(CHUNK, count - start)
            words = self._twister.random_raw(2 * size)
            self.draws += 2 * size
            yield _low_53_bits(words) < threshold


def _low_53_bits(words: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the low 53 bits of each pair of words, the first of which is the higher."""
    bits: np.ndarray[Any, Any] = words[0::2] & np.uint64(0x1FFFFF)
    bits <<= np.uint64(32)
    bits |= words[1::2]
    return bits


def _is_compiled(stream: Any, layer: Layer) -> bool:
    compiled = checked_stream(stream) == "compiled"
    if compiled and layer is not DROPOUT:
        raise BadArgument(
            f"layer must be dropout for stream = 'compiled'; got layer = {layer.name!r}, whose mask "
            "compiled code draws from the eager stream"
        )
    return compiled
