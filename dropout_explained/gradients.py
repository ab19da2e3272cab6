"""What backward does through dropout, given the mask and on average over masks."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from dropout_explained.arguments import checked_mask, checked_p, checked_values
from dropout_explained.arrays import as_float64, is_tensor
from dropout_explained.layers import DROPOUT, apply_mask, scale
from dropout_explained.masks import MaskMoments

if TYPE_CHECKING:
    from dropout_explained.arrays import Array


def dropout_gradient(mask: Any, p: float, upstream: Any = None) -> Array:
    r"""Differentiate one dropout call, element by element, given its mask.

    Dropout is linear once the mask m is drawn, :math:`y_i = m_i x_i / q`, so

    .. math::

       \frac{\partial L}{\partial x_i}
       = \frac{m_i}{q} \, \frac{\partial L}{\partial y_i} .

    Parameters
    ----------
    mask : array_like of bool or 0/1
        The mask, 1 = kept, of any shape.
    p : float
        Drop probability, in [0, 1]. At p = 1 every gradient is 0.
    upstream : array_like of float, optional
        Incoming gradient dL/dy, in the shape of ``mask``. Without it the result is dy/dx itself:
        float64 for a list or an array, torch's default dtype for a tensor.

    Returns
    -------
    numpy.ndarray or torch.Tensor
        Gradient dL/dx, in the shape of ``mask`` and the dtype of ``upstream``: a
        tensor for a tensor, an array otherwise.

    Raises
    ------
    ValueError
        If p is outside [0, 1], the mask holds something else than 0 and 1 or
        keeps an element at p = 1, or the shapes differ.
    TypeError
        If an argument does not hold numbers, or ``upstream`` is not floating.

    References
    ----------
    ``_dropout_impl`` in PyTorch's ``aten/src/ATen/native/Dropout.cpp``: the
    output is ``input * noise``, so autograd multiplies by the same noise.

    Examples
    --------
    >>> from dropout_explained import dropout_gradient
    >>> dropout_gradient([0, 0, 1, 0], 0.5)
    array([0., 0., 2., 0.])
    >>> dropout_gradient([0, 0, 1, 0], 0.5, upstream=[1.0, 1.0, 3.0, 1.0])
    array([0., 0., 6., 0.], dtype=float32)
    """
    p = checked_p(p)
    if upstream is None:
        kept = checked_mask(mask, p=p)
        if is_tensor(kept):
            import torch

            upstream = torch.ones(kept.shape, device=kept.device)
        else:
            upstream = np.ones(kept.shape)
    else:
        upstream = checked_values(upstream, "upstream")
        kept = checked_mask(mask, like=upstream, name="upstream", p=p)
    # A linear map is its own derivative.
    return apply_mask(DROPOUT, upstream, kept, p)


def mean_square_gradient(x: Any, mask: Any, p: float) -> Array:
    r"""Differentiate the loss mean(y^2) of a dropped-out x, given the mask.

    With :math:`L = \frac1n \sum_i y_i^2` and :math:`y_i = m_i x_i / q`,

    .. math::

       \frac{\partial L}{\partial x_i}
       = \frac{2\, y_i}{n} \cdot \frac{m_i}{q}
       = \frac{2\, m_i x_i}{n\, q^2} ,

    which is exactly zero where the mask dropped the element.

    Parameters
    ----------
    x : array_like of float
        The input, of any shape; n is the number of its elements.
    mask : array_like of bool or 0/1
        The mask, 1 = kept, in the shape of x.
    p : float
        Drop probability, in [0, 1].

    Returns
    -------
    numpy.ndarray or torch.Tensor
        Gradient dL/dx, in the shape and dtype of x.

    Raises
    ------
    ValueError
        If p is outside [0, 1], x is empty, or the mask does not fit x and p.
    TypeError
        If an argument does not hold numbers, or x is not floating.

    References
    ----------
    The chain rule through ``_dropout_impl`` (``aten/src/ATen/native/Dropout.cpp``).

    Examples
    --------
    >>> from dropout_explained import mean_square_gradient
    >>> mean_square_gradient([1.0, 2.0, 3.0, 4.0], [0, 0, 1, 0], p=0.5)
    array([0., 0., 6., 0.], dtype=float32)
    """
    p = checked_p(p)
    values = checked_values(x)
    kept = checked_mask(mask, like=values, p=p)
    output = apply_mask(DROPOUT, values, kept, p)
    return apply_mask(DROPOUT, output * (2.0 / prod(values.shape)), kept, p)


def mean_square_gradient_moments(x: Any, p: float) -> MaskMoments:
    r"""Average the gradient of mean(y^2) over all masks, in closed form.

    Only :math:`m_i` is random in :math:`g_i = 2 m_i x_i / (n q^2)`, so

    .. math::

       \mathrm{E}[g_i] = \frac{2 x_i}{n q}, \qquad
       \mathrm{Var}[g_i] = \frac{4 x_i^2 \, p}{n^2 q^3} .

    The mean is :math:`1/q` times the gradient without dropout,
    :math:`2 x_i / n`: it is the gradient of the loss averaged over masks,
    not the gradient of the loss in evaluation mode.

    Parameters
    ----------
    x : array_like of float
        The input, of any shape; n is the number of its elements.
    p : float
        Drop probability, in [0, 1]. At p = 1 both moments are 0.

    Returns
    -------
    MaskMoments
        ``mean`` and ``variance``, float64 arrays in the shape of x.

    Raises
    ------
    ValueError
        If p is outside [0, 1] or x is empty.
    TypeError
        If an argument does not hold numbers, or x is not floating.

    References
    ----------
    Mean and variance of a Bernoulli variable applied to :func:`mean_square_gradient`.

    Examples
    --------
    >>> from dropout_explained import mean_square_gradient_moments
    >>> mean_square_gradient_moments([1.0, 2.0, 3.0, 4.0], p=0.5).mean
    array([1., 2., 3., 4.])
    """
    p = checked_p(p)
    x64 = as_float64(checked_values(x))
    if_kept = 2.0 * x64 * scale(p) ** 2 / x64.size
    return MaskMoments(if_kept * (1.0 - p), if_kept**2 * (p * (1.0 - p)))
