"""Read the bytes of ``torch.get_rng_state()`` of the CPU generator.

Source: ``CPUGeneratorImplState`` in PyTorch's ``aten/src/ATen/CPUGeneratorImpl.cpp``.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from dropout_explained.arguments import BadArgument, BadArgumentType

BLOCK = 624
LAYOUT = np.dtype(
    [
        ("seed", "<u8"),
        ("left", "<i4"),
        ("seeded", "<i4"),
        ("next", "<u8"),
        ("words", "<u8", BLOCK),
        ("normals", "V40"),  # a cached normal deviate, which dropout does not use
    ]
)
# What NumPy and zipfile raise of a file that begins as theirs and goes on as something else.
BROKEN = (ValueError, TypeError, SyntaxError, EOFError, KeyError, NotImplementedError, RuntimeError)
WANTED = f"torch.get_rng_state() of a CPU, {LAYOUT.itemsize} bytes"


def decoded(state: Any) -> tuple[np.ndarray[Any, np.dtype[np.uint32]], int]:
    """Return the block of words, and the place in it."""
    raw = state if isinstance(state, bytes) else _bytes(state)
    if len(raw) != LAYOUT.itemsize:
        raise BadArgument(f"state must be {WANTED}; got {len(raw)} bytes")
    (fields,) = np.frombuffer(raw, LAYOUT)
    left, following = int(fields["left"]), int(fields["next"])
    if not (fields["seeded"] == 1 and 1 <= left <= BLOCK and following <= BLOCK):
        raise BadArgument(
            f"state must be {WANTED}, seeded; got seeded = {fields['seeded']}, left = {left}, "
            f"next = {following}"
        )
    # With one left the next draw makes a new block: in NumPy's twister, the place after the last.
    return fields["words"].astype(np.uint32), BLOCK if left == 1 else following


def _bytes(state: Any) -> bytes:
    """Return the bytes of an array or a tensor of them."""
    try:
        return np.asarray(state, dtype=np.uint8).tobytes()
    except (TypeError, ValueError, OverflowError, RuntimeError):
        raise BadArgumentType(f"state must be {WANTED}; got {type(state).__name__}") from None


def read(path: str | Path) -> bytes:
    """Return the state that a file holds: raw bytes, ``numpy.save`` or ``torch.save``."""
    raw = Path(path).read_bytes()
    try:
        if raw.startswith(b"\x93NUMPY"):
            return _bytes(np.load(io.BytesIO(raw), allow_pickle=False))
        if not zipfile.is_zipfile(io.BytesIO(raw)):
            return raw
        # torch.save writes each tensor's bytes, as they are, into a member of a zip.
        with zipfile.ZipFile(io.BytesIO(raw)) as saved:
            for member in saved.infolist():
                if member.file_size == LAYOUT.itemsize and "/data/" in member.filename:
                    return saved.read(member)
    except (*BROKEN, zipfile.BadZipFile, zlib.error) as error:
        raise BadArgument(f"rng-state must hold {WANTED}; {path} is broken: {error}") from None
    raise BadArgument(f"rng-state must hold {WANTED}; {path} holds no tensor of that size")
