"""What tests of compiled code need: what torch.compile needs, and that it forgets the last test."""

from __future__ import annotations

import sysconfig
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch._inductor.cpp_builder import get_cpp_compiler
from torch._inductor.exc import InvalidCxxCompiler

if TYPE_CHECKING:
    from collections.abc import Callable

with warnings.catch_warnings():  # torch's compiler imports what torch has deprecated
    warnings.simplefilter("ignore", DeprecationWarning)
    import torch.utils.mkldnn
RELEASE = tuple(map(int, torch.__version__.split(".")[:2]))


def can_compile() -> bool:
    """Return whether there is a compiler, with Python's header files, and a torch that is compared."""
    if RELEASE < (2, 13):
        return False
    try:
        get_cpp_compiler()
    except InvalidCxxCompiler:
        return False
    return Path(sysconfig.get_path("include"), "Python.h").exists()


needs_compiler = pytest.mark.skipif(
    not can_compile(),
    reason="compares with torch.compile of torch 2.13 or newer, which needs a C++ compiler and "
    "Python.h: install g++ and python3-dev",
)


def compiled(function: Callable[..., Any], *, dynamic: bool = False) -> Callable[..., Any]:
    """Compile as one graph; what was compiled before does not count as a version of it."""
    torch._dynamo.reset()
    graph: Callable[..., Any] = torch.compile(function, dynamic=dynamic, fullgraph=True)
    return graph
