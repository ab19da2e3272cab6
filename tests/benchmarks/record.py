"""Keep what was measured for the pages that state it: when, with which torch, on what kind of machine."""

from __future__ import annotations

import json
import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import torch

FOLDER = Path(__file__).parents[2] / "docs" / "measured"


class Limited(NamedTuple):
    """What was measured, beside what it may be at most, or must be at least."""

    what: str
    measured: float
    limit: float
    unit: str = ""  # none for a ratio or a number
    at_least: bool = False

    @property
    def is_met(self) -> bool:
        """Whether what was measured is on the right side of its limit."""
        return self.measured >= self.limit if self.at_least else self.measured <= self.limit

    def __str__(self) -> str:
        """Say in one line what was measured, what was wanted, and whether it is met."""
        wanted = f"at {'least' if self.at_least else 'most'} {self.limit:g}"
        verdict = "" if self.is_met else ": NOT MET"
        return f"{self.what}: {self.measured:.4g} {self.unit}".rstrip() + f", {wanted}{verdict}"


def renew(name: str, *limits: Limited, **measured: object) -> bool:
    """Write what was measured in place of what was there, if all limits are met; say whether they are."""
    found: dict[str, object] = {
        "date": datetime.now(UTC).date().isoformat(),
        "versions": {
            "Python": platform.python_version(),
            "torch": torch.__version__.partition("+")[0],
        },
        "machine": platform.machine(),
        "processors": os.cpu_count(),
        "limits": [limited._asdict() for limited in limits],
    }
    for limited in limits:
        print(limited)
    if not all(limited.is_met for limited in limits):
        print(f"not recorded: {name}")
        return False
    text = json.dumps(found | measured, indent=2) + "\n"
    (FOLDER / f"{name}.json").write_text(text, encoding="utf-8")
    return True
