"""See that NumPy or Python drew random numbers while a model ran, and in which module.

Imports torch: whoever uses it, does so once a model has come in.
"""

from __future__ import annotations

import random
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from torch.nn.modules import module as hooks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def other_generators(moved: Callable[[str, Any], None]) -> Iterator[None]:
    """Tell in which module the global generators of NumPy and of Python move."""

    def states() -> dict[str, Any]:
        numpys: Any = np.random.get_state(legacy=False)
        key, place = numpys["state"]["key"].tobytes(), numpys["state"]["pos"]
        return {
            "numpy.random": (key, place, numpys["has_gauss"], numpys["gauss"]),
            "random": random.getstate(),
        }

    running: list[Any] = []
    last = states()

    def compare() -> None:
        nonlocal last
        now = states()
        for name in now:
            if now[name] != last[name]:
                moved(name, running[-1] if running else None)
        last = now

    def enter(module: Any, _: Any) -> None:
        compare()
        running.append(module)

    def leave(module: Any, *_: Any) -> None:
        compare()
        while running and running.pop() is not module:
            pass

    with ExitStack() as stack:
        for handle in (
            hooks.register_module_forward_pre_hook(enter),
            hooks.register_module_forward_hook(leave),
        ):
            stack.callback(handle.remove)
        yield
        compare()
