"""Average a torch model over every mask of its dropout.

The model runs once for each mask, all masks of a chunk together where it lets itself be batched.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from dropout_explained.arguments import BadArgument, BadArgumentType
from dropout_explained.masks import MaskMoments, checked_coins, mask_moments, weighted_masks
from dropout_explained.models.dropout_calls import checked_model, record_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import torch

    from dropout_explained.arrays import Floats
    from dropout_explained.models.recorder import Draw


def refuse_other_draws(draws: Sequence[Draw]) -> None:
    """Refuse draws in whose place no mask can be put, and a model that draws nothing."""
    if not draws:
        raise BadArgument(
            "model must have a dropout layer in training mode with p inside (0, 1); "
            "it draws nothing: call model.train() first"
        )
    for draw in draws:
        where = f" at {draw.place.line}" if draw.place.line else ""
        if not draw.answers:
            raise BadArgument(
                "model must draw random numbers only as coins that keep or drop, for all masks "
                f"to be visited; {draw.function}{where} draws others"
            )
        assert draw.coins is not None
        if draw.coins.read:
            raise BadArgument(
                "model must toss the same coins in every run, for all masks to be visited; "
                f"{draw.function}{where} decides what else is run"
            )


def coin_probabilities(draws: Sequence[Draw]) -> list[float]:
    """Return the drop probability of each coin, in order; at most 20 of them."""
    checked_coins(sum(prod(draw.shape) for draw in draws), "coins")
    each: list[float] = []
    for draw in draws:
        p = record_of(draw).p
        count = prod(draw.shape)
        each += [p] * count if isinstance(p, float) else p.reshape(-1).tolist()  # type: ignore[union-attr]
    return each


def moments_over_all_masks(
    model: Callable[..., Any],
    inputs: tuple[Any, ...],
    kwargs: dict[str, Any],
    draws: Sequence[Draw],
) -> MaskMoments:
    """Average the tensors that a model returns, one after the other, over every mask.

    The model must be left as it was by the caller.
    """
    import torch

    from dropout_explained.models.many_passes import ManyPasses, progress

    p = coin_probabilities(draws)
    passes = ManyPasses(model, inputs, kwargs, draws)

    def outputs(masks: Any) -> Floats:
        tensors = passes.run(len(masks), torch.from_numpy(masks))
        flat = torch.cat([one.double().reshape(len(masks), -1) for one in tensors], dim=1)
        bar.update(len(masks))
        result: Floats = flat.numpy()
        return result

    with progress(2 ** len(p)) as bar:
        return mask_moments(outputs, p)


def expected_gradient(
    model: torch.nn.Module, x: torch.Tensor, loss: Callable[[torch.Tensor], torch.Tensor]
) -> dict[str, torch.Tensor]:
    r"""Average the gradient of a loss over every mask of a model's dropout.

    Differentiation and the finite sum over masks commute, so that

    .. math::

       \mathrm{E}\Bigl[\frac{\partial L}{\partial w}\Bigr]
       = \frac{\partial}{\partial w} \mathrm{E}[L] :

    the gradient of the averaged loss, which is not the gradient of the loss in
    evaluation mode.

    Parameters
    ----------
    model : torch.nn.Module
        In training mode, with at most 20 coins for this x; left as it was.
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
        If the model tosses no coin or more than 20, draws random numbers that are
        no coins, or no parameter requires a gradient.
    TypeError
        If x is not a tensor, or the model not a module.

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

    checked_model(model)
    if not isinstance(x, torch.Tensor):
        raise BadArgumentType(f"x must be a torch tensor; got {type(x).__name__}")
    from dropout_explained.models.as_it_was import left_as_it_was
    from dropout_explained.models.many_passes import ManyPasses
    from dropout_explained.models.recorder import eager, recorded

    with torch.no_grad():
        draws = recorded(model, (x,), {}).draws
    refuse_other_draws(draws)
    p = coin_probabilities(draws)
    with left_as_it_was(model), eager(), torch.enable_grad():
        named = {name: one for name, one in model.named_parameters() if one.requires_grad}
        if not named:
            raise BadArgument("model must have a parameter that requires a gradient; it has none")
        totals = [torch.zeros_like(one) for one in named.values()]
        losses_of = ManyPasses(model, (x,), {}, draws, lambda output: [loss(output).reshape(())])
        for masks, weights in weighted_masks(p):
            (losses,) = losses_of.run(len(masks), torch.from_numpy(masks))
            weighed = (torch.from_numpy(weights).to(losses.dtype) * losses).sum()
            parts = torch.autograd.grad(
                weighed, list(named.values()), allow_unused=True, materialize_grads=True
            )
            totals = [total + part for total, part in zip(totals, parts, strict=True)]
    return dict(zip(named, totals, strict=True))
