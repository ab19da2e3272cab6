"""Take one dropout call apart: input, mask, scale, output, gradient."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, SupportsIndex

import numpy as np

from dropout_explained import tables
from dropout_explained.arguments import (
    BadArgument,
    checked_flag,
    checked_mask,
    checked_p,
    checked_seed,
    checked_values,
)
from dropout_explained.arrays import as_float64, in_kind_of, mask_like
from dropout_explained.closed_forms import relative_deviation
from dropout_explained.explanation_table import explanation_table
from dropout_explained.gradients import dropout_gradient
from dropout_explained.layers import DROPOUT, apply_mask, scale_in_dtype
from dropout_explained.streams import TorchStream

if TYPE_CHECKING:
    from dropout_explained.arrays import Array, Floats


@dataclass(frozen=True, eq=False, repr=False)
class Explanation:
    """One dropout call, taken apart, from :func:`explain`.

    ``print()`` shows it as a table of x, m, the scale and y, and notebooks show
    the same table as HTML. Arrays are torch tensors where the input was one,
    NumPy arrays otherwise, all of the input's shape. What follows from input, p
    and mask is computed when it is asked for.

    Attributes
    ----------
    input : numpy.ndarray or torch.Tensor
        x, a copy of what was passed, float32 if that was a list.
    p : float
        Drop probability.
    mask : numpy.ndarray or torch.Tensor
        m, of bool: True where the element was kept.
    output : numpy.ndarray or torch.Tensor
        y = m x scale, in the dtype of x.
    seed : int or None
        The seed that was passed or drawn; None without one, where the mask was given
        or where none had to be drawn.
    training : bool
        False where the call was explained in evaluation mode.
    """

    input: Array
    p: float
    mask: Array
    output: Array
    seed: int | None
    training: bool

    @cached_property
    def scale(self) -> float:
        """1 / (1 - p) in the dtype of x; 1 in evaluation, 0 at p = 1, where torch multiplies by 0."""
        return scale_in_dtype(self._effective_p, self.input)

    @cached_property
    def expected_output(self) -> Array:
        """E[y] over masks: x for p < 1, NaN where x is not finite and may be dropped."""
        return in_kind_of(self.input, self._expected)

    @cached_property
    def standard_deviation(self) -> Array:
        """Standard deviation of each output over masks, abs(x) sqrt(p / q), in the unit of x."""
        return in_kind_of(self.input, self._deviation)

    @cached_property
    def mean_input(self) -> float:
        """Mean of x, accumulated in double precision."""
        with np.errstate(invalid="ignore", over="ignore"):
            return float(as_float64(self.input).mean())

    @cached_property
    def mean_output(self) -> float:
        """Mean of y, accumulated in double precision."""
        with np.errstate(invalid="ignore", over="ignore"):
            return float(as_float64(self.output).mean())

    @cached_property
    def standard_error(self) -> float:
        """Standard deviation of ``mean_output`` over masks, sqrt(p / q * sum(x^2)) / n."""
        with np.errstate(invalid="ignore", over="ignore"):
            return float(np.sqrt(np.sum(self._deviation**2))) / self._deviation.size

    @property
    def _effective_p(self) -> float:
        return self.p if self.training else 0.0

    @property
    def _expected(self) -> Floats:
        p, x = self._effective_p, as_float64(self.input)
        with np.errstate(invalid="ignore"):
            # 0 x is 0, and NaN where x is not finite: there the output is NaN if dropped.
            return x if p == 0 else x * 0 if p == 1 else x + x * 0

    @property
    def _deviation(self) -> Floats:
        with np.errstate(invalid="ignore", over="ignore"):
            return np.asarray(np.abs(self._expected) * relative_deviation(self._effective_p))

    def gradient(self, upstream: Any = None) -> Array:
        """Multiply the incoming gradient by the same factors as the input.

        Parameters
        ----------
        upstream : array_like of float, optional
            Incoming gradient dL/dy in the shape of the input. Ones by default, for
            which the result is dy/dx = m / (1 - p), element by element.

        Returns
        -------
        numpy.ndarray or torch.Tensor
            Gradient dL/dx, in the shape of the input; exactly 0 where the mask dropped
            the element (NaN where it meets an infinite upstream gradient, as in torch).

        Raises
        ------
        ValueError
            If ``upstream`` has another shape than the input.
        TypeError
            If ``upstream`` does not hold floating-point numbers.

        Examples
        --------
        >>> from dropout_explained import explain
        >>> explain([1.0, 2.0, 3.0, 4.0], p=0.5, seed=0).gradient()
        array([0., 0., 2., 0.], dtype=float32)
        """
        if upstream is None:
            upstream = in_kind_of(self.input, np.ones(tuple(self.input.shape)))
        return dropout_gradient(self.mask, self._effective_p, upstream=upstream)

    def __repr__(self) -> str:
        """Return one line; ``print()`` gives the table."""
        return (
            f"Explanation(shape={tuple(self.input.shape)}, p={self.p:g}, seed={self.seed}, "
            f"kept={int(self.mask.sum())} of {int(np.prod(self.input.shape, dtype=np.int64))})"
        )

    def __str__(self) -> str:
        """Return the table that reads well in 80 columns, without colour."""
        return tables.as_text(explanation_table(self))

    def _repr_html_(self) -> str:
        return tables.as_html(explanation_table(self))


def explain(
    x: Any,
    p: float = 0.5,
    *,
    seed: SupportsIndex | None = None,
    mask: Any = None,
    training: bool = True,
) -> Explanation:
    r"""Take one dropout call apart: input, mask, scale, output and gradient.

    .. math::

       y_i = \frac{m_i x_i}{1 - p}, \qquad m_i \sim \mathrm{Bernoulli}(1 - p) .

    With a seed, the output equals ``torch.manual_seed(seed); F.dropout(x, p)``
    bit for bit, and torch's own generator is not touched: the mask is replayed as
    by :func:`replay`, for lists and arrays without torch being installed.

    Parameters
    ----------
    x : array_like of float
        The input, of any shape: a (nested) list, a NumPy array or a torch tensor
        of a floating dtype. A list counts as float32, as in ``torch.tensor``.
    p : float, default: 0.5
        Drop probability, in [0, 1].
    seed : int, optional
        Seed of torch's CPU generator, -2**63 to 2**64 - 1. Without seed and mask
        one is drawn at random and kept in the result.
    mask : array_like of bool or 0/1, optional
        The mask to explain instead of drawing one, 1 = kept, in the shape of x.
    training : bool, default: True
        False explains evaluation mode: nothing is drawn, the output is the input.

    Returns
    -------
    Explanation
        Print it for the table.

    Raises
    ------
    ValueError
        If p is outside [0, 1] or NaN, x is empty or ragged, the seed is out of
        range, seed and mask are both given, or the mask does not fit.
    TypeError
        If x is not of a floating dtype, or another argument is not a number.

    References
    ----------
    ``_dropout_impl`` in PyTorch's ``aten/src/ATen/native/Dropout.cpp``. The inverted
    scaling keeps the expected output equal to the input, where Srivastava et al.
    (JMLR 15:1929-1958, 2014) scaled the weights at test time instead.

    Examples
    --------
    >>> from dropout_explained import explain
    >>> print(explain([1.0, 2.0, 3.0, 4.0], p=0.5, seed=0))
    Dropout of 4 values (float32), p = 0.5, seed 0
    y = m x scale, scale = 1/(1 - p) = 2
    <BLANKLINE>
      element  x  m  scale  y
          [0]  1  0      2  0   dropped
          [1]  2  0      2  0   dropped
          [2]  3  1      2  6   kept
          [3]  4  0      2  0   dropped
    <BLANKLINE>
      kept       1 of 4   expected 2
      mean of x     2.5
      mean of y     1.5   -0.73 standard errors off
      expected      2.5   standard error 1.36931
    """
    p = checked_p(p)
    values, training = checked_values(x), checked_flag("training", training)
    effective_p = p if training else 0.0
    if seed is not None:
        seed = checked_seed(seed)
    if mask is not None:
        if seed is not None:
            raise BadArgument(f"pass seed or mask, not both; got seed = {seed} and a mask")
        if not training:
            raise BadArgument("mask must be left out with training=False: evaluation draws no mask")
        kept = checked_mask(mask, like=values, p=p)
    elif 0 < effective_p < 1:
        seed = secrets.randbits(32) if seed is None else seed
        kept = TorchStream(seed).mask_of(values, effective_p)
    else:
        kept = mask_like(values, np.full(tuple(values.shape), effective_p < 1))
    output = apply_mask(DROPOUT, values, kept, effective_p)
    return Explanation(values, p, kept, output, seed, training)
