"""Read and write the bytes of ``torch.get_rng_state()`` of the CPU generator.

Source: ``CPUGeneratorImplState`` in PyTorch's ``aten/src/ATen/CPUGeneratorImpl.cpp``.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

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
WANTED = f"torch.get_rng_state() of a CPU, {LAYOUT.itemsize} bytes"


def decoded(state: Any) -> tuple[int, np.ndarray[Any, np.dtype[np.uint32]], int, bool]:
    """Return the seed, the block of words, the place in it, and whether it is unused."""
    raw = state if isinstance(state, bytes) else np.asarray(state, dtype=np.uint8).tobytes()
    if len(raw) != LAYOUT.itemsize:
        raise ValueError(f"state must be {WANTED}; got {len(raw)} bytes")
    (fields,) = np.frombuffer(raw, LAYOUT)
    left, following = int(fields["left"]), int(fields["next"])
    if not (fields["seeded"] == 1 and 1 <= left <= BLOCK and following <= BLOCK):
        raise ValueError(
            f"state must be {WANTED}, seeded; got seeded = {fields['seeded']}, left = {left}, "
            f"next = {following}"
        )
    # With one left the next draw makes a new block: in NumPy's twister, the place after the last.
    position = BLOCK if left == 1 else following
    return int(fields["seed"]), fields["words"].astype(np.uint32), position, following == 0


def encoded(
    seed: int, key: np.ndarray[Any, Any], position: int, *, unused: bool
) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Return the state's bytes; an unused one has made no block yet."""
    fields = np.zeros((), LAYOUT)
    fields["seed"] = seed % 2**64
    fields["seeded"] = 1
    fields["left"] = BLOCK - position + 1
    fields["next"] = 0 if unused else position
    fields["words"] = key
    return np.frombuffer(fields.tobytes(), np.uint8).copy()


def read(path: str | Path) -> bytes:
    """Return the state that a file holds: raw bytes, ``numpy.save`` or ``torch.save``."""
    raw = Path(path).read_bytes()
    if raw.startswith(b"\x93NUMPY"):
        array: np.ndarray[Any, Any] = np.load(io.BytesIO(raw), allow_pickle=False)
        return array.astype(np.uint8).tobytes()
    if zipfile.is_zipfile(io.BytesIO(raw)):
        # torch.save writes each tensor's bytes, as they are, into a member of a zip.
        with zipfile.ZipFile(io.BytesIO(raw)) as saved:
            for member in saved.infolist():
                if member.file_size == LAYOUT.itemsize and "/data/" in member.filename:
                    return saved.read(member)
        raise ValueError(f"rng-state must hold {WANTED}; {path} holds no tensor of that size")
    return raw
