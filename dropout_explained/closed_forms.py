"""What dropout does on average, in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from dropout_explained.arguments import checked_count, checked_p

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def scale(p: float, dtype: str = "float64") -> float:
    """Return the factor 1 / (1 - p) of the survivors, as torch computes it in a dtype.

    Float64 divides in double precision; float32 and the half types divide in
    float32 (the caller rounds the result to a half type). At p = 1 nothing
    survives, the quotient does not exist, and torch multiplies by 0:
    ``_dropout_impl`` in ``aten/src/ATen/native/Dropout.cpp``.
    """
    if p == 1:
        return 0.0
    q = 1.0 - p
    return 1.0 / q if dtype == "float64" else float(np.float32(1) / np.float32(q))


def relative_deviation(p: float) -> float:
    """Return the standard deviation of the output for an input of 1, sqrt(p / q)."""
    return sqrt(p * scale(p))


@dataclass(frozen=True)
class Moments:
    """Exact moments of inverted dropout, from :func:`moments`.

    Attributes
    ----------
    p : float
        Drop probability.
    n : int
        Number of equal values that are averaged.
    value : float or numpy.ndarray
        The input value x. Arrays are taken element by element, and every
        attribute below then has the shape of ``value``.
    mean : float or numpy.ndarray
        E[y] = x (0 at p = 1), in the unit of x.
    variance : float or numpy.ndarray
        Var[y] = x^2 p / q of one output, in the squared unit of x.
    second_moment : float or numpy.ndarray
        E[y^2] = x^2 / q of one output, in the squared unit of x.
    standard_error : float or numpy.ndarray
        Standard deviation of the mean of n outputs, abs(x) sqrt(p / (q n)).
    interval_95 : tuple
        Lower and upper end of the central 95 % interval of the mean of n
        outputs, from the exact binomial distribution of the number kept.
    """

    p: float
    n: int
    value: Any
    mean: Any
    variance: Any
    second_moment: Any
    standard_error: Any
    interval_95: tuple[Any, Any]


def moments(p: float, *, value: ArrayLike = 1.0, n: int = 1) -> Moments:
    r"""Compute the exact moments of dropout and of the mean of n dropped-out values.

    With :math:`m \sim \mathrm{Bernoulli}(q)`, :math:`q = 1 - p` and
    :math:`y = m x / q`, the number kept among n equal values is binomial, and

    .. math::

       \mathrm{E}[y] = x, \qquad
       \mathrm{Var}[y] = x^2 \frac{p}{q}, \qquad
       \mathrm{E}[y^2] = \frac{x^2}{q}, \qquad
       \mathrm{SE}[\bar y] = |x| \sqrt{\frac{p}{q\,n}} .

    Parameters
    ----------
    p : float
        Drop probability, in [0, 1].
    value : array_like of float, default: 1.0
        The input value x, of any shape and unit.
    n : int, default: 1
        How many values, all equal to ``value``, are averaged; 1 to 2**53.

    Returns
    -------
    Moments
        Floats for a scalar ``value``, arrays of its shape otherwise.

    Raises
    ------
    ValueError
        If p is outside [0, 1] or NaN, ``value`` is not finite, or n is below 1
        or above 2**53.
    TypeError
        If p or ``value`` is not a real number, or n is not an integer.

    References
    ----------
    Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, "Dropout: A
    Simple Way to Prevent Neural Networks from Overfitting", JMLR 15:1929-1958,
    2014. There p is the probability to KEEP, and the weights are scaled at test
    time; the inverted form scaled here is that of ``_dropout_impl`` in PyTorch's
    ``aten/src/ATen/native/Dropout.cpp``.

    Examples
    --------
    The mean of a thousand ones at p = 0.9 misses 1 by about a tenth, and 95 %
    of the runs fall between 0.82 and 1.19:

    >>> from dropout_explained import moments
    >>> ones = moments(0.9, n=1000)
    >>> round(ones.standard_error, 4)
    0.0949
    >>> [round(end, 2) for end in ones.interval_95]
    [0.82, 1.19]
    """
    # scipy.stats takes longer to import than everything else here together.
    from scipy.stats import binom

    p, n = checked_p(p), checked_count(n)
    x = np.asarray(value)
    if x.dtype.kind not in "iuf":
        raise TypeError(f"value must be a real number or an array of them; got value = {value!r}")
    if not np.isfinite(x).all():
        raise ValueError(f"value must be finite; got value = {value!r}")
    x = x.astype(np.float64)
    q, s = 1.0 - p, scale(p)
    fewest, most = (float(binom.ppf(level, n, q)) for level in (0.025, 0.975))
    ends = x * (fewest / n * s), x * (most / n * s)
    return Moments(
        p=p,
        n=n,
        value=_unwrapped(x),
        mean=_unwrapped(x * (p < 1)),
        variance=_unwrapped(x**2 * (p * s)),
        second_moment=_unwrapped(x**2 * s),
        standard_error=_unwrapped(np.abs(x) * (relative_deviation(p) / sqrt(n))),
        interval_95=(_unwrapped(np.minimum(*ends)), _unwrapped(np.maximum(*ends))),
    )


def _unwrapped(x: Any) -> Any:
    return float(x) if np.ndim(x) == 0 else x
