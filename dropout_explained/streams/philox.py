"""Philox 4x32-10, the generator of compiled code and of GPUs: a counter and a key give four words.

Nothing is carried from one number to the next, so any element's words can be computed alone.

Source: Salmon, Moraes, Dror and Shaw, Parallel random numbers: as easy as 1, 2, 3, SC 2011,
https://doi.org/10.1145/2063384.2063405.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Words = np.ndarray[Any, np.dtype[np.uint32]]
    Products = np.ndarray[Any, np.dtype[np.uint64]]

ROUNDS = 10
MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
KEY_STEPS = (0x9E3779B9, 0xBB67AE85)
LOW = 0xFFFFFFFF
# Counters whose words are computed at a time: four buffers of it stay in a processor's cache.
CHUNK = 2**14


def _number(value: int) -> Products:
    # NumPy takes an array of one number as it is, and converts a scalar at each call.
    return np.array(value, np.uint64)


M0, M1, HALF, LOW_HALF = map(_number, (*MULTIPLIERS, 32, LOW))


def philox4x32(counter: Sequence[int], key: Sequence[int]) -> tuple[int, int, int, int]:
    """Return the four words of a counter (four words) and a key (two words)."""
    c0, c1, c2, c3 = counter
    for k0, k1 in zip(*_round_keys(*key), strict=True):
        a, b = MULTIPLIERS[0] * c0, MULTIPLIERS[1] * c2
        c0, c1, c2, c3 = b >> 32 ^ c1 ^ k0, b & LOW, a >> 32 ^ c3 ^ k1, a & LOW
    return c0, c1, c2, c3


def _round_keys(*key: int) -> list[list[int]]:
    """Return what each round adds to the words 0 and 2: the key, moved on by a constant."""
    return [
        [(start + number * step) & LOW for number in range(ROUNDS)]
        for start, step in zip(key, KEY_STEPS, strict=True)
    ]


def first_words(key: int, count: int) -> Iterator[Words]:
    """Give word 0 for the counters (j, 0, 0, 0), j = 0 ... count - 1, and the key (key, 0).

    In pieces that follow one another. Time goes into passes over memory, so there are few of
    them. With a = M0 c0 and b = M1 c2, the products of a round, the next round's counter is

        c0 = high(b) ^ low(b of the round before) ^ k0,
        c2 = high(a) ^ low(a of the round before) ^ k1,

    so that products of 64 bits are all that is kept. A product's high half goes into the next
    round and its low half into the one after: XORed once with both keys, side by side, every
    other product brings two keys along. What a counter with three zeros makes constant is
    computed once.
    """
    rounds = _Rounds(key, min(CHUNK, count))
    for start in range(0, count, CHUNK):
        yield rounds.first_words(start % 2**32)[: count - start]


@dataclass(slots=True)
class _Buffer:
    """Products of 64 bits, and their halves, which alternate in memory.

    The view of the high halves starts one half later than that of the low ones. So one pass over
    both, halves with halves, meets high with low at every even place; at the odd ones it makes
    what the next pass erases.
    """

    whole: Products
    low: Words
    high: Words

    @classmethod
    def of(cls, size: int) -> _Buffer:
        whole = np.empty(size, "<u8")
        halves = whole.view("<u4")
        return cls(whole, halves[:-1], halves[1:])


class _Rounds:
    """The ten rounds for one key, in four buffers that are used again for each piece."""

    def __init__(self, key: int, size: int) -> None:
        k0, k1 = _round_keys(key, 0)
        # After round 1 the counter is (k0, 0, high(a), low(a)), with a = M0 j: a of round 2 is
        # one number, and what it brings to c2 joins the keys.
        a_of_round_2 = MULTIPLIERS[0] * k0[0]
        self._key_of_round_2 = _number(a_of_round_2 >> 32 ^ k1[1])
        # b takes keys in even rounds and a in odd ones.
        keys = {
            number: (k1 if number % 2 else k0)[number - 1 : number + 1] for number in range(2, 10)
        }
        both = {number: this << 32 | following for number, (this, following) in keys.items()}
        both[3] ^= (a_of_round_2 & LOW) << 32
        self._keys = {number: _number(pair) for number, pair in both.items()}
        self._last_key = np.uint32(k0[9])
        self._buffers = [_Buffer.of(size) for _ in range(4)]
        self._first_products = np.arange(size, dtype=np.uint64) * M0

    def first_words(self, start: int) -> Words:
        """Return word 0 for the counters from ``start`` on."""
        a_before, a, b_before, b = self._up_to_round_4(start)
        for number in range(4, 9):
            (a if number % 2 else b).whole ^= self._keys[number]
            # The new product takes the memory of the older one.
            b_next = _product(a, a_before, M1)
            a_next = _product(b, b_before, M0)
            a_before, a, b_before, b = a, a_next, b, b_next
        a.whole ^= self._keys[9]
        last = _product(a, a_before, M1)
        np.bitwise_xor(last.high, b.low, out=b.low)
        words = b.whole.astype(np.uint32)
        words ^= self._last_key
        return words

    def _up_to_round_4(self, start: int) -> tuple[_Buffer, ...]:
        """Return a of the rounds 3 and 4, and b of them."""
        w, x, y, z = self._buffers
        np.add(self._first_products, _number(MULTIPLIERS[0] * start), out=w.whole)
        np.right_shift(w.whole, HALF, out=x.whole)
        x.whole *= M1
        x.whole ^= self._keys[2]  # b of round 2
        w.whole &= LOW_HALF
        w.whole ^= self._key_of_round_2
        w.whole *= M1  # b of round 3
        np.right_shift(x.whole, HALF, out=y.whole)
        y.whole *= M0
        y.whole ^= self._keys[3]  # a of round 3
        np.right_shift(y.whole, HALF, out=z.whole)
        z.whole *= M1  # b of round 4
        return y, _product(w, x, M0), w, z


def _product(product: _Buffer, before: _Buffer, multiplier: Products) -> _Buffer:
    """Return the multiple of high(product) ^ low(before), in the memory of ``before``."""
    np.bitwise_xor(product.high, before.low, out=before.low)
    before.whole &= LOW_HALF
    before.whole *= multiplier
    return before
