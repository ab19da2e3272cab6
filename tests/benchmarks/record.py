"""Keep what was measured for the pages that state it: with its day, torch's version and the kind of machine."""

from __future__ import annotations

import json
import platform
from datetime import UTC, datetime
from pathlib import Path

import torch

FOLDER = Path(__file__).parents[2] / "docs" / "measured"


def renew(name: str, **measured: object) -> None:
    """Write what was measured in place of what was there."""
    found = {
        "date": datetime.now(UTC).date().isoformat(),
        "torch": torch.__version__.partition("+")[0],
        "machine": platform.machine(),
    }
    text = json.dumps(found | measured, indent=2) + "\n"
    (FOLDER / f"{name}.json").write_text(text, encoding="utf-8")
