"""Let a model run, and leave it as it was: parameters, buffers, attributes, modes, generators.

The model runs on copies of what it holds. Afterwards each module gets its own ``__dict__``
back, with the objects that were in it before: identity, values, versions and gradients stand.
"""

from __future__ import annotations

import copy
import random
import types
from collections import deque
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from dropout_explained.arguments import BadArgument

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import torch

KEPT = (types.FunctionType, types.MethodType, types.BuiltinFunctionType, types.ModuleType, type)


def modules_of(model: Any) -> list[torch.nn.Module]:
    """Return every module that a model runs, also those that a function or a method closes over."""
    from torch import nn

    found: dict[int, torch.nn.Module] = {}
    seen: set[int] = set()
    waiting = [model]
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, nn.Module):
            found.update((id(module), module) for module in one.modules())
        elif isinstance(one, partial):
            waiting += [one.func, *one.args, *one.keywords.values()]
        elif isinstance(one, types.MethodType):
            waiting.append(one.__self__)
        elif isinstance(one, types.FunctionType):
            waiting += [cell.cell_contents for cell in one.__closure__ or () if _is_filled(cell)]
    return list(found.values())


def _is_filled(cell: types.CellType) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:  # a name that is not bound yet
        return False


def paths_of(model: Any) -> dict[int, str]:
    """Return the path of each module by its identity, for a module that is run or closed over."""
    from torch import nn

    if isinstance(model, nn.Module):
        return {id(module): path for path, module in model.named_modules()}
    return {id(module): type(module).__name__ for module in modules_of(model)}


def own_copy(value: Any, memo: dict[int, Any]) -> Any:
    """Copy what a forward pass may write to; modules and what ``memo`` knows stand for themselves."""
    import torch

    if id(value) in memo:
        return memo[id(value)]
    if isinstance(value, torch.Tensor):
        made: Any = value.detach().clone()
        if isinstance(value, torch.nn.Parameter):
            made = torch.nn.Parameter(made, requires_grad=value.requires_grad)
            made.__dict__.update(value.__dict__)
        else:
            made.requires_grad_(value.requires_grad)
    elif isinstance(value, torch.Generator):
        made = value.clone_state()
    elif type(value) in (list, set, deque, tuple):
        made = type(value)(own_copy(item, memo) for item in value)
    elif isinstance(value, dict) and hasattr(value, "copy"):
        made = value.copy()  # keeps its type and what it was ordered by
        for key, item in value.items():
            made[key] = own_copy(item, memo)
    elif isinstance(value, KEPT):
        made = value
    else:
        _set_aside(value, memo)
        try:
            made = copy.deepcopy(value, memo)
        except Exception:  # noqa: BLE001  what cannot be copied, as a lock, is shared
            made = value
    memo[id(value)] = made
    return made


def _set_aside(value: Any, memo: dict[int, Any]) -> None:
    """Let data sets, loaders and optimizers stand for themselves, which a trainer or its like holds.

    A forward pass does not write to them, and their copies may be larger than the model.
    """
    from torch.optim import Optimizer
    from torch.utils.data import DataLoader, Dataset

    seen: set[int] = set()
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if id(one) in seen or id(one) in memo or isinstance(one, KEPT):
            continue
        seen.add(id(one))
        if isinstance(one, (Optimizer, Dataset, DataLoader)):
            memo[id(one)] = one
        elif isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, (list, tuple, set)):
            waiting += one
        else:
            waiting += getattr(one, "__dict__", {}).values()


def _refuse_unfinished(modules: list[torch.nn.Module]) -> None:
    from torch.nn.parameter import is_lazy

    for module in modules:
        if any(is_lazy(one) for one in (*module.parameters(False), *module.buffers(False))):
            raise BadArgument(
                f"model must have run once, so that its layers have their sizes; "
                f"{type(module).__name__} is lazy: call model(...) first"
            )


@contextmanager
def _attributes(modules: list[torch.nn.Module]) -> Iterator[None]:
    """Let modules work on copies of their attributes."""
    import torch

    scripted = [one for one in modules if isinstance(one, torch.jit.ScriptModule)]
    plain = [one for one in modules if not isinstance(one, torch.jit.ScriptModule)]
    plain = [one for one in plain if not type(one).__module__.startswith("torch._dynamo")]
    memo: dict[int, Any] = {id(one): one for one in modules}
    # A deep copy keeps in its memo what must live as long as the memo does.
    before = [(one, dict(vars(one))) for one in plain]
    tensors = [t for one in scripted for t in (*one.parameters(), *one.buffers())]
    values = [(tensor, tensor.detach().clone()) for tensor in tensors]
    modes = [(one, one.training) for one in scripted]
    copies = [{name: own_copy(item, memo) for name, item in own.items()} for _, own in before]
    for (module, _), copied in zip(before, copies, strict=True):
        vars(module).update(copied)
    try:
        yield
    finally:
        for module, own in before:
            vars(module).clear()
            vars(module).update(own)
        for module, mode in modes:
            module.training = mode
        with torch.no_grad():
            for tensor, value in values:
                if not torch.equal(tensor, value):
                    tensor.copy_(value)


@contextmanager
def _generators() -> Iterator[None]:
    """Put back where the generators of torch, NumPy and Python stood."""
    import torch

    devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else ()
    here = random.getstate()
    numpys = np.random.get_state()
    try:
        with torch.random.fork_rng(devices=devices):
            yield
    finally:
        random.setstate(here)
        np.random.set_state(numpys)


@contextmanager
def left_as_it_was(model: Callable[..., Any]) -> Iterator[None]:
    """Let a model run, and put everything back that a run may change, also after an error.

    A generator that lives outside of the model and is none of the three global ones moves on.
    """
    modules = modules_of(model)
    _refuse_unfinished(modules)
    with ExitStack() as stack:
        stack.enter_context(_generators())
        stack.enter_context(_attributes(modules))
        yield


@contextmanager
def averages_at_rest(model: Callable[..., Any]) -> Iterator[None]:
    """Let batch normalisation use its running averages, as Monte Carlo dropout wants it."""
    from torch.nn.modules.batchnorm import _NormBase

    awake = [one for one in modules_of(model) if isinstance(one, _NormBase) and one.training]
    averaging = [one for one in awake if one.track_running_stats]
    for one in averaging:
        one.training = False
    try:
        yield
    finally:
        for one in averaging:
            one.training = True
