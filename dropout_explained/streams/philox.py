"""Philox 4x32-10, the generator of compiled code and of GPUs: a counter and a key give four words.

Nothing is carried from one number to the next, so any element's words can be computed alone.

Source: Salmon, Moraes, Dror and Shaw, Parallel random numbers: as easy as 1, 2, 3, SC 2011,
https://doi.org/10.1145/2063384.2063405.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Words = np.ndarray[Any, np.dtype[np.uint32]]
    Numbers = np.ndarray[Any, np.dtype[np.uint64]]

ROUNDS = 10
MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
KEY_STEPS = (0x9E3779B9, 0xBB67AE85)
LOW = 0xFFFFFFFF
# Counters whose words are computed at a time: four buffers of it stay in a processor's cache.
CHUNK = 2**14
# Bytes that a processor takes from memory at once: passes over whole ones are a sixth faster.
CACHE_LINE = 64


def _number(value: int) -> Numbers:
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
        if 0 < count - start < CHUNK < count:
            rounds = _Rounds(key, count - start)
        yield rounds.first_words(start % 2**32)


class _Products(NamedTuple):
    """Products of 64 bits, one a counter, and their halves, which alternate in memory.

    The view of the high halves starts one half later than that of the low ones. So one pass over
    both, halves with halves, meets high with low at every even place; at the odd ones it makes
    what the next pass erases.
    """

    whole: Numbers
    low: Words
    high: Words

    @classmethod
    def in_memory(cls, whole: Numbers) -> _Products:
        halves = whole.view("<u4")
        return cls(whole, halves[:-1], halves[1:])


class _Rounds:
    """The ten rounds for one key, in memory that is used again for each piece."""

    def __init__(self, key: int, size: int) -> None:
        k0, k1 = _round_keys(key, 0)
        # After round 1 the counter is (k0, 0, high(a), low(a)), with a = M0 j: a of round 2 is
        # one number, and what it brings to c2 joins the keys.
        a_of_round_2 = MULTIPLIERS[0] * k0[0]
        self._key_of_b3 = _number(a_of_round_2 >> 32 ^ k1[1])
        # b takes keys in even rounds and a in odd ones.
        pairs = [(k1 if n % 2 else k0)[n - 1 : n + 1] for n in range(2, ROUNDS)]
        self._keys = {n: _number(this << 32 | next_) for n, (this, next_) in enumerate(pairs, 2)}
        self._keys[3] ^= _number((a_of_round_2 & LOW) << 32)
        self._last_key = np.uint32(k0[-1])
        self._first_products = np.arange(size, dtype=np.uint64) * M0
        block = _aligned(4 * size)
        self._lanes = [_Products.in_memory(lane) for lane in np.split(block, 4)]
        # Products of one round lie side by side: what both need alike takes one pass.
        self._of_parity = block[2 * size :], block[: 2 * size]

    def first_words(self, start: int) -> Words:
        """Return word 0 for the counters from ``start`` on."""
        a_before, b_before, a, b = self._up_to_round_4(start)
        for n in range(4, 9):
            keyed = (a if n % 2 else b).whole
            np.bitwise_xor(keyed, self._keys[n], keyed)
            # The next products take the memory of those before.
            np.bitwise_xor(a.high, a_before.low, a_before.low)
            np.bitwise_xor(b.high, b_before.low, b_before.low)
            both = self._of_parity[(n + 1) % 2]
            np.bitwise_and(both, LOW_HALF, both)
            np.multiply(a_before.whole, M1, a_before.whole)
            np.multiply(b_before.whole, M0, b_before.whole)
            a_before, b_before, a, b = a, b, b_before, a_before
        np.bitwise_xor(a.whole, self._keys[9], a.whole)
        _multiply_words(a, a_before, M1)
        np.bitwise_xor(a_before.high, b.low, b.low)
        words = b.whole.astype(np.uint32)
        np.bitwise_xor(words, self._last_key, words)
        return words

    def _up_to_round_4(self, start: int) -> list[_Products]:
        """Return a and b of round 3, and a and b of round 4."""
        (a3, _, _), (b3, _, _), (b2, _, _), (b4, _, _) = self._lanes
        a1 = b3
        np.add(self._first_products, _number(MULTIPLIERS[0] * start), a1)
        np.right_shift(a1, HALF, b2)
        np.multiply(b2, M1, b2)
        np.bitwise_xor(b2, self._keys[2], b2)
        np.bitwise_and(a1, LOW_HALF, b3)
        np.bitwise_xor(b3, self._key_of_b3, b3)
        np.multiply(b3, M1, b3)
        np.right_shift(b2, HALF, a3)
        np.multiply(a3, M0, a3)
        np.bitwise_xor(a3, self._keys[3], a3)
        np.right_shift(a3, HALF, b4)
        np.multiply(b4, M1, b4)
        _multiply_words(self._lanes[1], self._lanes[2], M0)  # a of round 4
        return self._lanes


def _aligned(size: int) -> Numbers:
    """Return memory that begins with a cache line."""
    spare = CACHE_LINE // 8
    block = np.empty(size + spare, "<u8")
    skipped = -block.__array_interface__["data"][0] % CACHE_LINE // 8
    return block[skipped : skipped + size]


def _multiply_words(product: _Products, before: _Products, multiplier: Numbers) -> None:
    """Multiply high(product) ^ low(before), into the memory of ``before``."""
    np.bitwise_xor(product.high, before.low, before.low)
    np.bitwise_and(before.whole, LOW_HALF, before.whole)
    np.multiply(before.whole, multiplier, before.whole)
