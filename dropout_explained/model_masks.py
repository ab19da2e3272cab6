"""Average a torch model over every mask of its dropout layers.

The layers are found by running the model: whatever calls a dropout function of
``torch.nn.functional``, as a layer or by hand, is recorded in call order. Then the
model runs once for each mask, all masks of a chunk together.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from dropout_explained.layers import LAYERS, apply_mask, noise_shape
from dropout_explained.masks import MaskMoments, checked_coins, mask_moments, weighted_masks

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    import numpy as np
    import torch


class Drop(NamedTuple):
    """One dropout call of a model: its layer, the shape of its noise, its probability."""

    layer: str
    shape: tuple[int, ...]
    p: float

    @property
    def coins(self) -> int:
        """How many coins the call tosses."""
        return prod(self.shape)


def _intercepting(answer: Callable[[str, Any, float], Any]) -> AbstractContextManager[Any]:
    """Return a context in which dropout calls that draw are answered by a function."""
    import torch
    import torch.nn.functional as F
    from torch.overrides import TorchFunctionMode

    layers: dict[Any, str] = {getattr(F, name): name for name in LAYERS}
    layers[torch.dropout] = "dropout"
    # The alpha layers are the only ones that are off unless told otherwise.
    trains = {name: not name.endswith("alpha_dropout") for name in LAYERS}

    class Intercept(TorchFunctionMode):
        def __torch_function__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            kwargs = kwargs or {}
            layer = layers.get(func)
            if layer is None:
                return func(*args, **kwargs)
            given = dict(zip(("input", "p", "training", "inplace"), args, strict=False)) | kwargs
            p = float(given.get("p", given.get("train", 0.5)))
            training = given.get("training", given.get("train", trains[layer]))
            if not training or p in (0.0, 1.0):
                return func(*args, **kwargs)
            return answer(layer, given["input"], p)

    return Intercept()


def recorded(model: Callable[[Any], Any], x: torch.Tensor) -> list[Drop]:
    """Run a model once, and return its dropout calls in order."""
    import torch

    drops: list[Drop] = []

    def note(layer: str, given: torch.Tensor, p: float) -> torch.Tensor:
        drops.append(Drop(layer, noise_shape(layer, tuple(given.shape)), p))
        return given

    before = torch.get_rng_state()
    with torch.no_grad(), _intercepting(note):
        model(x)
    if not torch.equal(before, torch.get_rng_state()):
        torch.set_rng_state(before)
        raise ValueError(
            "model must draw random numbers only through the dropout functions of "
            "torch.nn.functional, whose masks are known; it draws others, as attention "
            "with dropout_p, recurrent layers with dropout, or torch.rand do"
        )
    return drops


def _run(
    model: Callable[[Any], Any], x: torch.Tensor, drops: list[Drop], mask: torch.Tensor
) -> torch.Tensor:
    """Run a model with one mask for all of its coins, one after the other."""
    calls = zip(drops, mask.split([drop.coins for drop in drops]), strict=True)

    def answer(layer: str, given: torch.Tensor, p: float) -> Any:
        drop, coins = next(calls)
        return apply_mask(layer, given, coins.reshape(drop.shape), p)

    with _intercepting(answer):
        output: torch.Tensor = model(x)
    return output


def _coins(model: Callable[[Any], Any], x: Any) -> tuple[list[Drop], list[float]]:
    import torch

    if not isinstance(x, torch.Tensor):
        raise TypeError(f"x must be a torch tensor; got {type(x).__name__}")
    drops = recorded(model, x)
    if not drops:
        raise ValueError(
            "model must have a dropout layer in training mode with p inside (0, 1); "
            "it draws nothing: call model.train() first"
        )
    total = sum(drop.coins for drop in drops)
    checked_coins(total, "coins")
    return drops, [drop.p for drop in drops for _ in range(drop.coins)]


def expected_output(model: Callable[[Any], Any], x: torch.Tensor) -> MaskMoments:
    r"""Average a model's output over every mask of its dropout layers.

    .. math::

       \mathrm{E}[f(x; m)] = \sum_m \Pr[m]\, f(x; m),

    which is what Monte Carlo dropout estimates, and in general not what evaluation
    mode returns.

    Parameters
    ----------
    model : torch.nn.Module or callable
        In training mode. Its dropout layers may toss 20 coins in all for this x; what
        else depends on the mode, as batch normalisation, runs as it would.
    x : torch.Tensor
        The input, of any shape and floating dtype.

    Returns
    -------
    MaskMoments
        Mean and variance of the output over masks, float64 arrays in its shape.

    Raises
    ------
    ValueError
        If the dropout layers toss no coin or more than 20, or the model draws random
        numbers that are no dropout masks.
    TypeError
        If x is not a tensor.

    References
    ----------
    Gal and Ghahramani, "Dropout as a Bayesian Approximation", ICML 2016,
    arXiv:1506.02142, estimate this average by sampling.

    Examples
    --------
    >>> import torch
    >>> from dropout_explained import expected_output
    >>> model = torch.nn.Sequential(torch.nn.Dropout(0.5), torch.nn.ReLU())
    >>> law = expected_output(model, torch.tensor([1.0, -2.0, 3.0]))
    >>> law.mean
    array([1., 0., 3.])
    >>> law.variance
    array([1., 0., 9.])
    """
    import torch

    drops, p = _coins(model, x)

    def outputs(masks: Any) -> np.ndarray[Any, Any]:
        run = torch.func.vmap(lambda mask: _run(model, x, drops, mask))
        with torch.no_grad():
            result: np.ndarray[Any, Any] = run(torch.from_numpy(masks)).double().numpy()
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

    drops, p = _coins(model, x)
    named = {name: one for name, one in model.named_parameters() if one.requires_grad}
    if not named:
        raise ValueError("model must have a parameter that requires a gradient; it has none")
    totals = [torch.zeros_like(one) for one in named.values()]
    one = torch.func.vmap(lambda mask: loss(_run(model, x, drops, mask)).reshape(()))
    for masks, weights in weighted_masks(p):
        losses = one(torch.from_numpy(masks))
        weighed = (torch.from_numpy(weights).to(losses.dtype) * losses).sum()
        parts = torch.autograd.grad(weighed, list(named.values()))
        totals = [total + part for total, part in zip(totals, parts, strict=True)]
    return dict(zip(named, totals, strict=True))
