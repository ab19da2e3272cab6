"""Average a torch model over every mask of its dropout layers.

The model runs once for each mask, all masks of a chunk together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dropout_explained.arguments import BadArgument
from dropout_explained.masks import MaskMoments, checked_coins, mask_moments, weighted_masks
from dropout_explained.models.dropout_calls import (
    DropoutCall,
    record_dropout_calls,
    run_with_mask,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

    from dropout_explained.arrays import Floats


def _probabilities(calls: list[DropoutCall]) -> list[float]:
    """Return the drop probability of each coin."""
    checked_coins(sum(call.coins for call in calls), "coins")
    return [call.p for call in calls for _ in range(call.coins)]


def moments_over_all_masks(
    model: Callable[[Any], Any], x: torch.Tensor, calls: list[DropoutCall]
) -> MaskMoments:
    """Average the output of a model over every mask of the calls that it makes."""
    import torch

    p = _probabilities(calls)

    def outputs(masks: Any) -> Floats:
        run = torch.func.vmap(lambda mask: run_with_mask(model, x, calls, mask))
        with torch.no_grad():
            result: Floats = run(torch.from_numpy(masks)).double().numpy()
        return result

    return mask_moments(outputs, p)


def expected_gradient(
    model: torch.nn.Module, x: torch.Tensor, loss: Callable[[torch.Tensor], torch.Tensor]
) -> dict[str, torch.Tensor]:
    r"""Average the gradient of a loss over every mask of a model's dropout layers.

    Differentiation and the finite sum over masks commute, so that

    .. math::

       \mathrm{E}\Bigl[\frac{\partial L}{\partial w}\Bigr]
       = \frac{\partial}{\partial w} \mathrm{E}[L] :

    the gradient of the averaged loss, which is not the gradient of the loss in
    evaluation mode.

    Parameters
    ----------
    model : torch.nn.Module
        In training mode, with at most 20 coins for this x.
    x : torch.Tensor
        The input, of any shape and floating dtype.
    loss : callable
        Takes the model's output and returns a tensor with one element.

    Returns
    -------
    dict
        From names to tensors: the averaged gradient of each parameter that
        requires one, in its shape and dtype. The ``grad`` of the parameters is left alone.

    Raises
    ------
    ValueError
        If the dropout layers toss no coin or more than 20, the model draws random
        numbers that are no dropout masks, or no parameter requires a gradient.
    TypeError
        If x is not a tensor.

    References
    ----------
    Linearity of expectation and of the derivative.

    Examples
    --------
    >>> import torch
    >>> from dropout_explained import expected_gradient
    >>> model = torch.nn.Sequential(torch.nn.Dropout(0.5), torch.nn.Linear(2, 1, bias=False))
    >>> x = torch.tensor([1.0, 3.0])
    >>> expected_gradient(model, x, torch.Tensor.sum)["1.weight"]
    tensor([[1., 3.]])
    """
    import torch

    calls = record_dropout_calls(model, x)
    p = _probabilities(calls)
    named = {name: one for name, one in model.named_parameters() if one.requires_grad}
    if not named:
        raise BadArgument("model must have a parameter that requires a gradient; it has none")
    totals = [torch.zeros_like(one) for one in named.values()]
    one = torch.func.vmap(lambda mask: loss(run_with_mask(model, x, calls, mask)).reshape(()))
    for masks, weights in weighted_masks(p):
        losses = one(torch.from_numpy(masks))
        weighed = (torch.from_numpy(weights).to(losses.dtype) * losses).sum()
        parts = torch.autograd.grad(weighed, list(named.values()))
        totals = [total + part for total, part in zip(totals, parts, strict=True)]
    return dict(zip(named, totals, strict=True))
