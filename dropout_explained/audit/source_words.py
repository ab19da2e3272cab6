"""Which words in a source file speak of the mode, of training, or of another switch."""

from __future__ import annotations

import ast
import re

# How the parts of a name begin that speaks of training, of the mode, and of another switch.
TRAINING = ("train", "fit")
MODE = (*TRAINING, "eval", "infer", "predict", "test", "validat", "determin")
SWITCH = ("mode", "switch", "loop", "sampl", "stoch", "mc", "phase", "gener", "always", "forc")
PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def speaks_of(name: str, beginnings: tuple[str, ...]) -> bool:
    """Return whether a part of a name begins like one of these."""
    return any(part.lower().startswith(beginnings) for part in PARTS.findall(name))


def mentions(node: ast.AST, beginnings: tuple[str, ...]) -> bool:
    """Return whether a name, an attribute or a string in an expression begins like one of these."""
    for inner in ast.walk(node):
        for field in ("id", "attr", "value"):
            text = getattr(inner, field, None)
            if isinstance(text, str) and speaks_of(text, beginnings):
                return True
    return False
