"""Average over every mask, each with its probability: exact, where sampling would only be close.

The masks of n coins are the 2**n numbers from 0 to 2**n - 1, read as bits. They are
taken a chunk at a time, so that memory does not grow with their number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dropout_explained.arguments import (
    BadArgument,
    BadArgumentType,
    checked_count,
    checked_p,
    real_array,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import ArrayLike

    from dropout_explained.arrays import Floats

    Masks = np.ndarray[Any, np.dtype[np.bool_]]

# A million masks: a fraction of a second for a small network. Each coin more doubles that.
MOST_COINS = 20
# Masks at a time: a few thousand amortise the call, and fit a processor's cache.
CHUNK = 2**13
# Sums of a few dozen terms differ by some last digits of sixteen when their order does;
# outcomes that are meant to differ do so in an earlier digit.
ROUNDING = 1e-13


@dataclass(frozen=True, eq=False)
class MaskMoments:
    """Exact moments over all masks, from :func:`mask_moments` and closed forms.

    Attributes
    ----------
    mean : numpy.ndarray
        Expectation over masks, float64, in the shape of one value of the function.
    variance : numpy.ndarray
        Variance over masks, float64, in the same shape.
    """

    mean: Floats
    variance: Floats


def checked_coins(n: int, what: str = "n") -> int:
    """Return a number of coins whose masks can all be visited."""
    n = checked_count(n, what)
    if n > MOST_COINS:
        raise BadArgument(
            f"{what} must be at most {MOST_COINS} for all 2**{what} masks to be visited; "
            f"got {what} = {n}: average over sampled masks instead"
        )
    return n


def weighted_masks(p: Sequence[float]) -> Iterator[tuple[Masks, Floats]]:
    """Yield all masks in chunks, (k, n) of bool, with their k probabilities.

    One drop probability for each coin: layers of one network may differ in theirs.
    """
    n = len(p)
    q = 1.0 - np.asarray(p, np.float64)
    for start in range(0, 2**n, CHUNK):
        numbers = np.arange(start, min(start + CHUNK, 2**n))
        masks = (numbers[:, None] >> np.arange(n)) & 1 == 1
        yield masks, np.where(masks, q, 1.0 - q).prod(axis=1)


def _checked_probabilities(p: ArrayLike, n: int | None) -> list[float]:
    if not hasattr(p, "__len__") or getattr(p, "ndim", 1) == 0 or isinstance(p, str | bytes):
        if n is None:
            raise BadArgument(f"n must say how many coins have p = {p!r}; got n = None")
        return [checked_p(p)] * checked_coins(n)
    each = [checked_p(one) for one in real_array("p", p).reshape(-1)]
    if n is not None and checked_count(n) != len(each):
        raise BadArgument(f"n must be the number of probabilities in p, {len(each)}; got n = {n}")
    checked_coins(len(each))
    return each


def _refuse_what_is_no_function(function: object) -> None:
    if not callable(function):
        raise BadArgumentType(f"function must be callable with masks; got {function!r}")


def mask_moments(
    function: Callable[[Masks], ArrayLike], p: ArrayLike, n: int | None = None
) -> MaskMoments:
    r"""Average a function of the mask over all 2**n masks, each with its probability.

    .. math::

       \mathrm{E}[f(m)] = \sum_{m \in \{0, 1\}^n} f(m)
       \prod_{i=1}^{n} q_i^{m_i}\, p_i^{1 - m_i}, \qquad q_i = 1 - p_i .

    Parameters
    ----------
    function : callable
        Takes masks of shape (k, n), bool, True where kept, and returns k values:
        an array of shape (k, ...), the same trailing shape for every k.
    p : float or array_like of float
        Drop probability of every coin, in [0, 1], or of each one.
    n : int, optional
        Number of coins, 1 to 20. Needed if p is a single number.

    Returns
    -------
    MaskMoments
        Mean and variance in the trailing shape of the function's values.

    Raises
    ------
    ValueError
        If p is outside [0, 1], there are more than 20 coins, n does not fit p, or
        the function returns another number of values than it got masks.
    TypeError
        If p or n is not a number.

    References
    ----------
    The definition of an expectation; the masks are independent in ``_dropout_impl``
    of PyTorch's ``aten/src/ATen/native/Dropout.cpp``.

    Examples
    --------
    The output of [1, 2, 3, 4] has the input as its mean, and the variance x^2 p / q:

    >>> import numpy as np
    >>> from dropout_explained import mask_moments
    >>> x, p = np.array([1.0, 2.0, 3.0, 4.0]), 0.5
    >>> law = mask_moments(lambda m: m * x / (1 - p), p, n=4)
    >>> law.mean
    array([1., 2., 3., 4.])
    >>> law.variance
    array([ 1.,  4.,  9., 16.])
    """
    each = _checked_probabilities(p, n)
    _refuse_what_is_no_function(function)
    first: Any = None
    total: Any = 0.0
    squares: Any = 0.0
    for masks, weights in weighted_masks(each):
        values = np.asarray(function(masks), np.float64)
        if values.shape[:1] != weights.shape:
            raise BadArgument(
                f"function must return one value for each of {weights.size} masks; "
                f"got an array of shape {values.shape}"
            )
        # Squares of differences from any value that occurs lose no digits to a large mean.
        if first is None:
            first = values[0]
        away = values - first
        total = total + np.tensordot(weights, away, 1)
        squares = squares + np.tensordot(weights, away**2, 1)
    mean = np.asarray(first + total)
    return MaskMoments(mean, np.maximum(squares - total**2, 0.0))


def mask_distribution(
    function: Callable[[Masks], ArrayLike], p: ArrayLike, n: int | None = None
) -> tuple[Floats, Floats]:
    """Return the exact distribution over masks of a number that depends on the mask.

    Parameters
    ----------
    function : callable
        Takes masks of shape (k, n), bool, True where kept, and returns k numbers.
    p : float or array_like of float
        Drop probability of every coin, in [0, 1], or of each one.
    n : int, optional
        Number of coins, 1 to 20. Needed if p is a single number.

    Returns
    -------
    values : numpy.ndarray
        The values that occur, ascending, float64. Values that differ by rounding
        alone, in the last three of sixteen digits, count as one.
    probabilities : numpy.ndarray
        Their probabilities, float64, in the same shape.

    Raises
    ------
    ValueError
        If p is outside [0, 1], there are more than 20 coins, n does not fit p, or
        the function does not return one number for each mask.
    TypeError
        If p or n is not a number.

    References
    ----------
    The definition of a distribution, summed over the masks that give the same value.

    Examples
    --------
    The mean of four ones at p = 0.5 counts the survivors, which is binomial:

    >>> from dropout_explained import mask_distribution
    >>> values, probabilities = mask_distribution(lambda m: m.mean(axis=1) / 0.5, 0.5, n=4)
    >>> values
    array([0. , 0.5, 1. , 1.5, 2. ])
    >>> probabilities
    array([0.0625, 0.25  , 0.375 , 0.25  , 0.0625])
    """
    each = _checked_probabilities(p, n)
    _refuse_what_is_no_function(function)
    seen, weighed = [], []
    for masks, weights in weighted_masks(each):
        values = np.asarray(function(masks), np.float64)
        if values.shape != weights.shape:
            raise BadArgument(
                f"function must return one number for each of {weights.size} masks; "
                f"got an array of shape {values.shape}"
            )
        seen.append(values)
        weighed.append(weights)
    values, weights = np.concatenate(seen), np.concatenate(weighed)
    order = np.argsort(values, kind="stable")
    values, weights = values[order], weights[order]
    close = ROUNDING * max(float(np.abs(values).max()), np.finfo(float).tiny)
    starts = np.flatnonzero(np.concatenate([[True], np.diff(values) > close]))
    return values[starts], np.add.reduceat(weights, starts)
