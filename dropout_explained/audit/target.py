"""Find a model by its name on the command line: ``module:factory`` or ``file.py:factory``."""

from __future__ import annotations

import importlib
import sys
from functools import reduce
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from dropout_explained.arguments import BadArgument, checked_shape

WANTED = "module:factory or file.py:factory"


def model_and_inputs(target: str, shapes: list[str]) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
    """Return what a target names: a model, and what it shall be given.

    The factory is a model, or returns one without arguments, alone or with its inputs: a
    tensor, a tuple of positional or a dictionary of named ones. Shapes, as ``2,3`` or
    ``2,5:int64``, take the place of inputs: normal numbers, or zeros of an integer type.
    """
    made = _found(target)
    from torch import nn

    if not isinstance(made, nn.Module):
        if not callable(made):
            raise BadArgument(f"target must name a model or what makes one; {target} is {made!r}")
        made = made()
    inputs: Any = ()
    if isinstance(made, tuple):
        if not 1 <= len(made) <= 2:
            raise BadArgument(
                f"target must make a model, or a model and its inputs; {target} makes {len(made)}"
            )
        made, inputs = (*made, ())[:2]
    if shapes:
        inputs = tuple(map(_tensor, shapes))
    if isinstance(inputs, dict):
        return made, (), inputs
    return made, inputs if isinstance(inputs, tuple) else (inputs,), {}


def _found(target: str) -> Any:
    home, colon, name = target.rpartition(":")
    if not colon or not home or not name:
        raise BadArgument(f"target must be {WANTED}; got {target!r}")
    module = _from_file(Path(home)) if home.endswith(".py") else _imported(home)
    try:
        return reduce(getattr, name.split("."), module)
    except AttributeError:
        known = [one for one in vars(module) if not one.startswith("_")]
        raise BadArgument(
            f"target must be {WANTED}; {home} has no {name}, but {', '.join(known[:8])}"
        ) from None


def _imported(name: str) -> Any:
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not name.startswith(error.name):
            raise
        raise BadArgument(f"target must be {WANTED}; there is no module {name}") from None


def _from_file(path: Path) -> Any:
    if not path.is_file():
        raise BadArgument(f"target must be {WANTED}; there is no file {path}")
    spec = spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[path.stem] = module
    sys.path.insert(0, str(path.parent.resolve()))
    spec.loader.exec_module(module)
    return module


def _tensor(text: str) -> Any:
    import torch

    sizes, _, kind = text.partition(":")
    shape = checked_shape(
        "input-shape", [int(one) if one.strip().isdigit() else one for one in sizes.split(",")]
    )
    dtype = getattr(torch, kind or "float32", None)
    if not isinstance(dtype, torch.dtype):
        raise BadArgument(f"input-shape must end in a dtype of torch, as 2,5:int64; got {text!r}")
    if dtype.is_floating_point:
        return torch.randn(shape, dtype=dtype)
    return torch.zeros(shape, dtype=dtype)
