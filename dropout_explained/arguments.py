"""Refuse bad input in one sentence: the argument, what is allowed, and what came."""

from __future__ import annotations

import operator
import reprlib
import sys
from collections.abc import Iterable
from math import inf, prod
from typing import TYPE_CHECKING, Any

import numpy as np

from dropout_explained.arrays import as_float64, is_tensor, mask_like

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dropout_explained.arrays import Array

FLOATING = ("float16", "bfloat16", "float32", "float64")
STREAMS = ("eager", "compiled")
MOST_DIMENSIONS = 64  # of NumPy's arrays


class _Sentence(Exception):
    """One sentence on one line, whatever it quotes."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


class BadArgument(_Sentence, ValueError):
    """What the caller passed is of the right kind and out of its range."""


class BadArgumentType(_Sentence, TypeError):
    """What the caller passed is of the wrong kind."""


def _converted(convert: Callable[[Any], Any], given: Any) -> Any:
    """Return ``convert(given)``, or None where given is no number."""
    if isinstance(given, (bool, np.bool_, str, bytes)):
        return None
    try:
        return convert(given)
    except (TypeError, ValueError, RuntimeError, OverflowError):
        return None


def checked_p(p: Any) -> float:
    """Return the drop probability p as a float in [0, 1]."""
    number = _converted(float, p)
    if number is None:
        raise BadArgumentType(f"p must be a number in [0, 1]; got p = {p!r}")
    if not 0 <= number <= 1:
        raise BadArgument(f"p must lie in [0, 1]: it is the probability to DROP; got p = {p!r}")
    return float(number)


def checked_flag(name: str, given: Any) -> bool:
    """Return what counts as true as True, and what counts as false as False."""
    try:
        return bool(given)
    except (TypeError, ValueError, RuntimeError):
        raise BadArgumentType(f"{name} must be True or False; got {_short(given)}") from None


def checked_positive(name: str, given: Any) -> float:
    """Return a finite number above 0."""
    number = _converted(float, given)
    if number is None:
        raise BadArgumentType(f"{name} must be a number above 0; got {name} = {given!r}")
    if not 0 < number < inf:
        raise BadArgument(f"{name} must be a number above 0; got {name} = {given!r}")
    return float(number)


def _checked_integer(name: str, given: Any, allowed: str, low: int, high: int) -> int:
    number = _converted(operator.index, given)
    if number is None:
        raise BadArgumentType(f"{name} must be an integer {allowed}; got {name} = {given!r}")
    if not low <= number <= high:
        raise BadArgument(f"{name} must be an integer {allowed}; got {name} = {number}")
    return int(number)


def checked_seed(seed: Any) -> int:
    """Return seed as an integer that ``torch.manual_seed`` accepts."""
    return _checked_integer("seed", seed, "from -2**63 to 2**64 - 1", -(2**63), 2**64 - 1)


def checked_count(n: Any, name: str = "n") -> int:
    """Return a number of things as an integer of at least 1."""
    return _checked_integer(name, n, "from 1 to 2**53", 1, 2**53)


def checked_shape(name: str, shape: Any, like: Sequence[int] | None = None) -> tuple[int, ...]:
    """Return a shape, or strides like a shape, as a tuple of integers of at least 0."""
    sizes = shape if isinstance(shape, Iterable) else (shape,)
    numbers = [_converted(operator.index, size) for size in sizes]
    if None in numbers:
        raise BadArgumentType(f"{name} must be integers of at least 0; got {name} = {shape!r}")
    if any(number < 0 for number in numbers):
        raise BadArgument(f"{name} must be integers of at least 0; got {name} = {shape!r}")
    if len(numbers) > MOST_DIMENSIONS:
        raise BadArgument(
            f"{name} must have at most {MOST_DIMENSIONS} dimensions; got {len(numbers)}"
        )
    if prod(filter(None, numbers)) > sys.maxsize:
        raise BadArgument(
            f"{name} must have at most {sys.maxsize} elements; got {name} = {shape!r}"
        )
    if like is not None and len(numbers) != len(like):
        raise BadArgument(f"{name} must have one entry a dimension, {len(like)}; got {shape!r}")
    return tuple(numbers)


def checked_stream(stream: Any) -> str:
    """Return the name of a stream that torch draws from on a CPU."""
    if not isinstance(stream, str) or stream not in STREAMS:
        raise BadArgument(f"stream must be one of {', '.join(STREAMS)}; got stream = {stream!r}")
    return stream


def checked_dtype(dtype: Any) -> str:
    """Return the name of a floating dtype, given as a name, as torch's or as NumPy's."""
    name = str(dtype).removeprefix("torch.")
    if name not in FLOATING:
        raise BadArgument(f"dtype must be one of {', '.join(FLOATING)}; got dtype = {dtype!r}")
    return name


def refuse_other_streams(x: Array) -> None:
    """Refuse a tensor whose dropout does not draw from the CPU generator's stream."""
    if not is_tensor(x):
        return
    if x.device.type != "cpu":
        raise BadArgument(
            f"x must be on the CPU to replay a seed, got device {x.device}, which draws from a "
            "generator of its own: pass x.cpu(), or the mask that the device drew"
        )
    torch_module = sys.modules["torch"]
    if torch_module.compiler.is_compiling():
        raise RuntimeError(
            "a seed cannot be replayed inside torch.compile: call this outside, with "
            'stream="compiled" for what compiled code draws, and without it where '
            "torch._inductor.config.fallback_random is set"
        )


def _refuse_unreadable(name: str, tensor: Any) -> None:
    """Refuse a tensor whose values do not stand one after the other in memory."""
    if str(tensor.layout) != "torch.strided" or tensor.device.type == "meta":
        found = f"{tensor.layout}, device {tensor.device}"
        raise BadArgumentType(f"{name} must be a dense tensor with values; got {found}")


def real_array(name: str, given: Any) -> np.ndarray[Any, Any]:
    """Convert a list, a number, an array or a tensor; name what is ragged or not a number."""
    if is_tensor(given) and not given.is_complex():
        _refuse_unreadable(name, given)
        return as_float64(given)
    try:
        array = np.asarray(given)
    except (ValueError, TypeError, RuntimeError, OverflowError):
        raise BadArgument(
            f"{name} must be rectangular, every row as long as the others; got {_short(given)}"
        ) from None
    if array.dtype.kind not in "biuf":
        raise BadArgumentType(f"{name} must hold real numbers; got {_short(given)} ({array.dtype})")
    return array


def _short(given: Any) -> str:
    """Return the start of what came: a message needs no million numbers."""
    shown = reprlib.Repr()
    shown.maxother = 60  # arrays and tensors; lists are cut by their number of items
    return shown.repr(given)


def checked_values(x: Any, name: str = "x", *, copy: bool = True, empty: bool = False) -> Array:
    """Return x as a floating tensor or array; a copy shares no memory with the caller's.

    Tensors keep their dtype and memory layout, and so do NumPy arrays; Python
    numbers become float32, which is what torch makes of them.
    """
    if is_tensor(x):
        dtype = str(x.dtype).removeprefix("torch.")
        if dtype not in FLOATING or str(x.layout) != "torch.strided" or x.device.type == "meta":
            raise BadArgumentType(
                f"{name} must be a dense tensor of dtype {', '.join(FLOATING)}; "
                f"got {x.dtype} ({x.layout}, device {x.device})"
            )
        _refuse_empty(name, () if empty else tuple(x.shape))
        return x.detach().clone() if copy else x.detach()
    array = real_array(name, x)
    _refuse_empty(name, () if empty else array.shape)
    if hasattr(x, "dtype"):
        if array.dtype.name not in FLOATING:
            raise BadArgumentType(
                f"{name} must have a floating dtype (float16, float32 or float64); "
                f"got {array.dtype}: convert it, for example with {name}.astype('float32')"
            )
        return array.astype(array.dtype.newbyteorder("="), order="K", copy=copy)
    if array.dtype.kind == "b":
        raise BadArgumentType(f"{name} must hold floating-point numbers; got {_short(x)} (bool)")
    with np.errstate(over="ignore"):
        single = array.astype(np.float32)
    if not np.array_equal(np.isinf(single), np.isinf(array)):
        raise BadArgument(
            f"{name} must fit float32 (absolute value up to 3.4e38) when given as a list; "
            f"got {_short(x)}: pass a float64 array instead"
        )
    return single


def _refuse_empty(name: str, shape: tuple[int, ...]) -> None:
    if 0 in shape:
        raise BadArgument(f"{name} must hold at least one value; got shape {shape}")


def checked_mask(
    mask: Any, like: Array | None = None, name: str = "x", *, p: float | None = None
) -> Array:
    """Return mask (1 = kept) as booleans, in the shape and the kind of array of ``like``.

    With p, which is checked before, a mask that keeps something at p = 1 is refused.
    """
    if is_tensor(mask):
        _refuse_unreadable("mask", mask)
        given: Any = mask.detach()
        binary = bool(((given == 0) | (given == 1)).all())
    else:
        given = real_array("mask", mask)
        binary = bool(np.isin(given, (0, 1)).all())
    if like is not None and tuple(given.shape) != tuple(like.shape):
        raise BadArgument(
            f"mask must have the shape of {name}, {tuple(like.shape)}; got {tuple(given.shape)}"
        )
    _refuse_empty("mask", tuple(given.shape))
    if not binary:
        raise BadArgument(f"mask must hold only 0 (dropped) and 1 (kept); got {_short(mask)}")
    given = given.bool() if is_tensor(given) else given  # NumPy has no bfloat16
    kept = mask_like(given if like is None else like, given)
    if p == 1 and bool(kept.any()):
        raise BadArgument(
            f"mask must be all 0 at p = 1, which drops everything; it keeps {int(kept.sum())}"
        )
    return kept
