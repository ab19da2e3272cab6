"""What was made of a page when the site was last built: a rebuild makes it only of the pages that changed.

Most of what is made of all pages together (which characters the fonts have, which rules the style sheet, what the
search looks through) is first made of each, and depends on nothing but its text. It is kept beside Sphinx's own cache.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import pickle
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, TypeVarTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Texts = TypeVarTuple("Texts")
Made = TypeVar("Made")
NAME = "remembered.pickle"
CODE = Path(__file__).parent


class Kept(NamedTuple):
    """What the last build knew, and what this one has asked for."""

    before: dict[tuple[str, ...], Any]
    now: dict[tuple[str, ...], Any]


BUILDING: ContextVar[Kept | None] = ContextVar("BUILDING", default=None)


def remembered(function: Callable[[*Texts], Made]) -> Callable[[*Texts], Made]:
    """Let what a function makes of texts be kept from one build to the next; outside of a build it is made anew."""

    @functools.wraps(function)
    def made(*texts: *Texts) -> Made:
        kept = BUILDING.get()
        if kept is None:
            return function(*texts)
        key = (function.__module__, function.__qualname__, *(digest(str(text)) for text in texts))
        if key not in kept.now:
            kept.now[key] = kept.before[key] if key in kept.before else function(*texts)
        found: Made = kept.now[key]
        return found

    return made


@functools.lru_cache(maxsize=1000)
def digest(text: str) -> str:
    """Return what stands for a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def heading(code: str, found: bytes) -> bytes:
    """Return the line that precedes what was found: by which code, and that it is all of it."""
    return f"{code} {hashlib.sha256(found).hexdigest()}".encode()


@contextlib.contextmanager
def between_builds(folder: Path) -> Iterator[None]:
    """Remember, in a folder, what is asked for meanwhile; what other code has made is forgotten."""
    path = folder / NAME
    code = digest(
        "".join(source.read_text(encoding="utf-8") for source in sorted(CODE.glob("*.py")))
    )
    head, _, found = path.read_bytes().partition(b"\n") if path.exists() else (b"", b"", b"")
    # Neither what was cut off nor what other code wrote, which may consist of what is no longer known.
    before = pickle.loads(found) if head == heading(code, found) else {}
    kept = Kept(before, {})
    token = BUILDING.set(kept)
    try:
        yield
    finally:
        BUILDING.reset(token)
    if kept.now.keys() != before.keys():
        found = pickle.dumps(kept.now)
        path.write_bytes(heading(code, found) + b"\n" + found)
