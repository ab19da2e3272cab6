"""See every random draw of torch while a model runs: which function asked, and where in the model.

A ``TorchFunctionMode`` outside knows the function by its name, a ``TorchDispatchMode`` inside
sees the operator that draws below it, also that of an attention or a recurrent layer.

Imports torch: whoever uses it, does so once a model has come in.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

TORCH = str(Path(torch.__file__).parent)
FUNCTIONAL = str(torch.nn.functional.__file__)
HERE = str(Path(__file__).parent.parent)
INSTALLED = (
    "site-packages",
    "dist-packages",
    str(Path(sys.modules["random"].__file__ or "").parent),
)
RUNS_THE_MODEL = "recorded"
_IMPLICIT = torch._C.DispatchKey.CompositeImplicitAutograd  # noqa: SLF001

# Under inference_mode torch does not take these apart before a dispatch mode sees them.
_WHOLE = {
    "lstm",
    "gru",
    "rnn_tanh",
    "rnn_relu",
    "scaled_dot_product_attention",
    "_scaled_dot_product_attention_math",
} | {
    f"{kind}{in_place}"
    for kind in ("dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout")
    for in_place in ("", "_")
}

Answer = Callable[[Any, tuple[Any, ...], dict[str, Any]], Any]


class Place(NamedTuple):
    """Where in a model something is called.

    ``path`` and ``kind`` are those of the innermost module known to the model; ``mode`` is
    ``"training"`` or ``"evaluation"``, as that module stands; ``line`` is ``file:number``
    of the caller's code, or of an installed library where no other code calls.
    ``function`` is that of ``torch.nn.functional``, if the module calls one. ``stranger`` is
    the class of a module below it that the model does not know, and ``held`` whether the module
    keeps it in an attribute.
    """

    path: str = ""
    kind: str = ""
    mode: str = ""
    line: str = ""
    in_checkpoint: bool = False
    function: str = ""
    stranger: str = ""
    held: bool = False


@cache
def _draws(operator: Any) -> bool:
    return torch.Tag.nondeterministic_seeded in operator.tags


@cache
def name_of(operator: Any) -> str:
    """Return the name of an operator without its overload: ``bernoulli_`` of ``bernoulli_.float``."""
    name: str = operator.overloadpacket.__name__
    return name


class Operators(TorchDispatchMode):
    """Answer the operators that draw, and watch all others.

    ``answer(operator, args, kwargs)`` returns what a drawing operator shall return;
    ``seen(operator, args, kwargs, result)`` is told of every other one.
    """

    def __init__(self, answer: Answer, seen: Callable[..., None] | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._answer, self._seen = answer, seen

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Decide what an operator returns."""
        kwargs = kwargs or {}
        if torch.is_inference_mode_enabled() and name_of(func) in _WHOLE:
            with self:
                return func._op_dk(_IMPLICIT, *args, **kwargs)  # noqa: SLF001
        if _draws(func):
            return self._answer(func, args, kwargs)
        result = func(*args, **kwargs)
        if self._seen is not None:
            self._seen(func, args, kwargs, result)
        return result


class Functions(TorchFunctionMode):
    """Know which function of torch the model is in."""

    def __init__(self) -> None:
        super().__init__()
        self._names: list[str] = []
        self._dimensions: list[int | None] = []

    @property
    def dimensions(self) -> int | None:
        """How many dimensions the first argument of the outermost function has."""
        return self._dimensions[0] if self._dimensions else None

    @property
    def current(self) -> str:
        """The outermost function that is running; empty outside of any, and in a backward pass."""
        return self._names[0] if self._names and self._names[0] != "backward" else ""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Note the name while the function runs."""
        self._names.append(getattr(func, "__name__", ""))
        first = args[0] if args else None
        self._dimensions.append(first.dim() if isinstance(first, torch.Tensor) else None)
        try:
            return func(*args, **(kwargs or {}))
        finally:
            self._names.pop()
            self._dimensions.pop()


def place_of(modules: dict[int, str]) -> Place:
    """Return where the model is, from the frames that are running; ``modules`` are its paths."""
    frame: Any = sys._getframe(1)  # noqa: SLF001
    line = owner = library = None
    function = ""
    stranger: Any = None
    in_checkpoint = False
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith(HERE):  # a mode's own frame, or the end: what runs the model
            if frame.f_code.co_name == RUNS_THE_MODEL:
                break
            frame = frame.f_back
            continue
        in_checkpoint |= file.endswith("checkpoint.py") and file.startswith(TORCH)
        if owner is None and file == FUNCTIONAL:
            function = frame.f_code.co_name
        if owner is None:
            first = _first_of(frame)
            owner = first if id(first) in modules else None
            if owner is None and stranger is None and isinstance(first, torch.nn.Module):
                stranger = first
        if not file.startswith((TORCH, "<eval_with_key>")):
            here = f"{file}:{frame.f_lineno}"
            installed = any(part in file for part in INSTALLED)
            library = library or here
            line = line or (None if installed else here)
        frame = frame.f_back
    mode = "" if owner is None else ("training" if owner.training else "evaluation")
    return Place(
        path="" if owner is None else modules[id(owner)],
        kind="" if owner is None else type(owner).__name__,
        mode=mode,
        line=line or library or "",
        in_checkpoint=in_checkpoint,
        function=function,
        stranger="" if stranger is None else type(stranger).__name__,
        held=stranger is not None and owner is not None and _holds(vars(owner), stranger),
    )


def _first_of(frame: Any) -> Any:
    """Return what a frame's method belongs to."""
    code = frame.f_code
    if not code.co_argcount or code.co_varnames[0] != "self":
        return None
    return frame.f_locals.get("self")


def _holds(value: Any, one: Any) -> bool:
    """Whether a module stands in an attribute, or in a list or dictionary of an attribute."""
    if value is one:
        return True
    if isinstance(value, dict):
        return any(_holds(item, one) for item in value.values())
    if isinstance(value, (list, tuple, set)):
        return any(_holds(item, one) for item in value)
    return False
