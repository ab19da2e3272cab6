"""Draw the masks that torch will draw on a CPU, from the seed, with NumPy alone.

Verified bit for bit with the torch releases in ``VERIFIED_WITH``; the same call
of older releases on Intel processors drew from another generator, and a GPU has
its own. :func:`dropout_explained.verify` tells in seconds whether the installed
torch agrees.

Source: ``at::mt19937`` (``aten/src/ATen/core/MT19937RNGEngine.h``), seeded with
the low 32 bits of the seed; ``bernoulli_`` takes one 53-bit uniform (``random64``
of ``aten/src/ATen/CPUGeneratorImpl.cpp``) for each element, whatever the dtype, in
the memory order of ``empty_like``.
"""

from __future__ import annotations

from math import ceil, prod
from typing import TYPE_CHECKING, Any

import numpy as np

from dropout_explained.arguments import (
    checked_p,
    checked_seed,
    checked_shape,
    checked_values,
    refuse_other_streams,
)
from dropout_explained.layers import apply_mask, checked_layer, drops_channels, noise_shape
from dropout_explained.memory_layout import element_strides, memory_order
from dropout_explained.rng_state import decoded, encoded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dropout_explained.arguments import Array

    Mask = np.ndarray[Any, np.dtype[np.bool_]]

VERIFIED_WITH = ("2.13.0", "2.14.1")
# Elements drawn at a time: the words of one chunk stay in a processor's cache.
CHUNK = 2**15


class TorchStream:
    """The stream of torch's CPU generator, for dropout calls in call order.

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
    ValueError
        If the seed is out of range.
    TypeError
        If the seed is not an integer.

    See Also
    --------
    replay : The first call after a seed.

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
    """

    def __init__(self, seed: Any) -> None:
        self._seed = checked_seed(seed)
        seeded: Any = np.random.RandomState(self._seed & 0xFFFFFFFF).get_state(legacy=False)
        self._twister = np.random.MT19937()
        self._twister.state = seeded
        self.draws = 0
        self._unused = True

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
        seed, key, position, unused = decoded(state)
        stream = cls(seed)
        stream._twister.state = {"bit_generator": "MT19937", "state": {"key": key, "pos": position}}
        stream._unused = unused
        return stream

    def rng_state(self) -> np.ndarray[Any, np.dtype[np.uint8]]:
        """Return where the stream stands, as ``torch.set_rng_state`` takes it.

        Returns
        -------
        numpy.ndarray
            The 5056 bytes of torch's state, uint8; wrap them with
            ``torch.from_numpy``. A cached normal deviate is not part of the stream.
        """
        held: Any = self._twister.state["state"]
        unused = self._unused and self.draws == 0
        return encoded(self._seed, held["key"], held["pos"], unused=unused)

    def chunks(self, count: int, p: float) -> Iterator[Mask]:
        """Draw the masks of ``count`` elements piece by piece, in constant memory.

        Parameters
        ----------
        count : int
            How many elements; the pieces are those of one call of that size.
        p : float
            Drop probability, inside (0, 1): torch draws nothing at its ends.

        Yields
        ------
        numpy.ndarray
            Booleans in memory order, True where kept.

        Raises
        ------
        ValueError
            If p is not inside (0, 1).
        """
        p = checked_p(p)
        if p in (0.0, 1.0):
            raise ValueError(f"p must lie inside (0, 1) for torch to draw; got p = {p}")
        # u * 2**-53 < 1 - p, compared as integers.
        threshold = np.uint64(ceil((1.0 - p) * 2**53))
        for start in range(0, count, CHUNK):
            size = min(CHUNK, count - start)
            words = self._twister.random_raw(2 * size)
            self.draws += 2 * size
            uniform = words[0::2] & np.uint64(0x1FFFFF)
            uniform <<= np.uint64(32)
            uniform |= words[1::2]
            yield uniform < threshold

    def mask(
        self,
        shape: int | Sequence[int],
        p: float,
        *,
        strides: Sequence[int] | None = None,
        layer: str = "dropout",
    ) -> Mask:
        """Draw the mask of the next call.

        Parameters
        ----------
        shape : int or sequence of int
            Shape of the input.
        p : float
            Drop probability, in [0, 1].
        strides : sequence of int, optional
            Strides of the input in elements, ``tensor.stride()``; row-major
            without it. The noise follows the memory order, so they matter.
        layer : str, default: "dropout"
            Which layer of torch.nn.functional; :data:`dropout_explained.LAYERS`.

        Returns
        -------
        numpy.ndarray
            Booleans, True where kept, in the shape of the layer's noise: that of
            the input, or one coin a channel.

        Raises
        ------
        ValueError
            If an argument is out of its range.
        TypeError
            If shape or strides are not integers.
        """
        p, shape, layer = checked_p(p), checked_shape("shape", shape), checked_layer(layer)
        drawn = noise_shape(layer, shape)
        if p in (0.0, 1.0) or 0 in shape:  # torch returns before it draws
            return np.full(drawn, p < 1)
        flat = np.empty(prod(drawn), bool)
        start = 0
        for piece in self.chunks(flat.size, p):
            flat[start : start + piece.size] = piece
            start += piece.size
        if strides is None or drops_channels(layer):  # a coin a channel is drawn row-major
            return flat.reshape(drawn)
        order = memory_order(shape, checked_shape("strides", strides, like=shape))
        return flat.reshape([shape[axis] for axis in order]).transpose(np.argsort(order))

    def dropout(self, x: Any, p: float, *, layer: str = "dropout") -> Array:
        """Return the output of the next call on x.

        Parameters
        ----------
        x : array_like of float
            The input; its memory order matters. A list counts as float32.
        p : float
            Drop probability, in [0, 1].
        layer : str, default: "dropout"
            Which layer of torch.nn.functional; :data:`dropout_explained.LAYERS`.

        Returns
        -------
        numpy.ndarray or torch.Tensor
            What torch returns, bit for bit: a tensor for a tensor, else an array.

        Raises
        ------
        ValueError
            If an argument is out of its range, or x is not on a CPU.
        TypeError
            If x is not of a floating dtype.
        """
        p, layer = checked_p(p), checked_layer(layer)
        x = checked_values(x, copy=False, empty=True)
        refuse_other_streams(x)
        shape = tuple(x.shape)
        mask = self.mask(shape, p, strides=element_strides(x), layer=layer)
        return apply_mask(layer, x, mask, p)
