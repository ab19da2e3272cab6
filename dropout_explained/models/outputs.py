"""Find the tensors in what a model returns, and put others in their place.

Tensors, and tuples, lists, dictionaries and data classes of them, as deep as they go.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from dropout_explained.arguments import BadArgumentType

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch


def _fields(output: Any) -> dict[Any, Any] | None:
    """Return the parts of an output by key; None for what has none."""
    if isinstance(output, dict) or hasattr(output, "to_tuple"):  # a model's output class is both
        return dict(output)
    if dataclasses.is_dataclass(output) and not isinstance(output, type):
        return {field.name: getattr(output, field.name) for field in dataclasses.fields(output)}
    if isinstance(output, (tuple, list)):
        return dict(enumerate(output))
    return None


def tensors_of(output: Any) -> list[torch.Tensor]:
    """Return the floating tensors of an output, in order."""
    import torch

    if isinstance(output, torch.Tensor):
        return [output] if output.is_floating_point() else []
    parts = _fields(output)
    return [] if parts is None else [leaf for part in parts.values() for leaf in tensors_of(part)]


def checked_tensors(output: Any) -> list[torch.Tensor]:
    """Return them, where there is one."""
    tensors = tensors_of(output)
    if not tensors:
        raise BadArgumentType(
            "model must return a floating tensor, or a tuple, list, dictionary or data class "
            f"that holds one; it returns {type(output).__name__}"
        )
    return tensors


def with_tensors(output: Any, replaced: Callable[[], Any]) -> Any:
    """Return the output with each floating tensor replaced by the next that is handed out.

    A data class comes back as a dictionary of its fields if it cannot be built from them.
    """
    import torch

    if isinstance(output, torch.Tensor):
        return replaced() if output.is_floating_point() else output
    parts = _fields(output)
    if parts is None:
        return output
    return _rebuilt(output, {key: with_tensors(part, replaced) for key, part in parts.items()})


def _rebuilt(output: Any, parts: dict[Any, Any]) -> Any:
    if isinstance(output, tuple) and hasattr(output, "_fields"):
        return type(output)(*parts.values())
    if isinstance(output, (tuple, list)):
        return type(output)(parts.values())
    try:
        return type(output)(**parts)
    except TypeError:  # keys that are no names, or a constructor that wants others
        return parts
