"""Every random draw that a model makes, found by running it once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dropout_explained.arguments import BadArgument, BadArgumentType, checked_seed
from dropout_explained.models.call_records import DropoutCall, DropoutCalls

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

    from dropout_explained.models.recorder import Draw


def checked_start(seed: Any) -> Any:
    """Return a seed, or a generator's state, from which a run may start."""
    import torch

    if seed is None:
        return None
    if isinstance(seed, torch.Tensor):
        size = torch.get_rng_state().shape
        if seed.dtype != torch.uint8 or seed.shape != size:
            raise BadArgument(
                "seed must be an integer or what torch.get_rng_state() returned, "
                f"{size[0]} bytes; got a tensor of {seed.dtype} and shape {tuple(seed.shape)}"
            )
        return seed
    return checked_seed(seed)


def checked_model(model: Any) -> None:
    """Refuse what cannot be called."""
    if not callable(model):
        raise BadArgumentType(
            f"model must be a torch.nn.Module or another callable; got {type(model).__name__}"
        )


def drop_probability(q: float) -> float:
    """Return the p of a keep probability q = 1 - p in the fewest digits that give this q."""
    shortest = (round(1.0 - q, digits) for digits in range(1, 18))
    return next((p for p in shortest if 1.0 - p == q), 1.0 - q)


def _probability(draw: Draw) -> Any:
    coins = draw.coins
    if coins is None or coins.true is None or coins.probability is None:
        return None
    keeps = coins.keeps is not False
    if isinstance(coins.probability, float):
        return drop_probability(coins.probability) if keeps else coins.probability
    each = coins.probability.detach().expand(coins.true.shape)
    return 1 - each if keeps else each.clone()


def record_of(draw: Draw) -> DropoutCall:
    """Return what is told of a draw."""
    return DropoutCall(
        module=draw.place.path,
        kind=draw.place.kind,
        mode=draw.place.mode,
        function=draw.function,
        line=draw.place.line,
        p=_probability(draw),
        shape=draw.shape,
        mask=None if draw.coins is None else draw.coins.mask,
        generator=draw.generator,
        recomputed=draw.recomputed,
        strides=draw.strides,
        dtype=draw.dtype,
        decides=draw.coins is not None and draw.coins.read,
        toss=None if draw.coins is None else draw.coins.toss,
        operator=draw.operator,
        own_generator=draw.own_generator,
        keeps=draw.coins is None or draw.coins.keeps is not False,
    )


def dropout_calls(
    model: Callable[..., Any], *inputs: Any, seed: int | torch.Tensor | None = None, **kwargs: Any
) -> DropoutCalls:
    """Run a model once as it stands, and return a record of each random draw, in order.

    Layers, functions, attention, recurrent layers and masks made by hand are all seen. The
    model is left as it was: modes, parameters, buffers, attributes, gradients and the
    generators of torch, NumPy and Python, also if the model raises.

    Parameters
    ----------
    model : torch.nn.Module or callable
        What is in training mode drops. A compiled model runs as it was written, with the
        eager masks.
    *inputs
        What the model takes; copies are passed on.
    seed : int or torch.Tensor, optional
        What ``torch.manual_seed`` would get, or what ``torch.get_rng_state()`` returned before
        a step: the masks are then those of that step. Without it, those that come next.
    **kwargs
        Named arguments of the model.

    Returns
    -------
    DropoutCalls
        A tuple of :class:`DropoutCall`; printed, a table. Its ``replay(seed)`` gives the
        masks for another seed without the model.

    Raises
    ------
    ValueError
        If the seed is out of range, or the model has lazy layers that have not run yet.
    TypeError
        If the model is not callable, or the seed not an integer.

    Notes
    -----
    Where a checkpoint is used and gradients are on, the backward pass is run too, and
    what it draws again is marked ``recomputed``. A generator of the model's own is put back
    if the model holds it, and not if it lives elsewhere. On another device than a CPU, draws
    inside of a fused attention kernel have no mask.

    References
    ----------
    What draws is what carries ``torch.Tag.nondeterministic_seeded`` in PyTorch's
    ``aten/src/ATen/native/native_functions.yaml`` and moves the generator.

    Examples
    --------
    >>> import torch
    >>> from dropout_explained import dropout_calls
    >>> model = torch.nn.Sequential(torch.nn.Linear(2, 4), torch.nn.Dropout(0.5))
    >>> (call,) = dropout_calls(model, torch.ones(1, 2), seed=0)
    >>> call.module, call.function, call.p, call.mask.int()
    ('1', 'dropout', 0.5, tensor([[0, 0, 1, 0]], dtype=torch.int32))
    """
    checked_model(model)
    start = checked_start(seed)
    from dropout_explained.models.recorder import recorded

    recording = recorded(model, inputs, kwargs, start)
    return DropoutCalls(record_of(draw) for draw in recording.draws)
