"""Which words in a source file speak of the mode, of training, or of another switch."""

from __future__ import annotations

import ast
import re

# What a part of a name is that speaks of training, of the mode, and of another switch.
TRAINING = re.compile(r"train\w*|fit", re.IGNORECASE)
MODE = re.compile(
    r"train\w*|fit|eval\w*|infer\w*|predict\w*|test\w*|validat\w*|determin\w*", re.IGNORECASE
)
SWITCH = re.compile(
    r"modes?|switch\w*|loops?|mc|phases?|grad|enabled?|disabled?|sampl\w*|stoch\w*|always|forced?",
    re.IGNORECASE,
)
PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def speaks_of(name: str, words: re.Pattern[str]) -> bool:
    """Return whether a part of a name is one of these words."""
    return any(words.fullmatch(part) for part in PARTS.findall(name))


def mentions(node: ast.AST, words: re.Pattern[str]) -> bool:
    """Return whether a name, an attribute or a string in an expression has one of these words."""
    for inner in ast.walk(node):
        for field in ("id", "attr", "value"):
            text = getattr(inner, field, None)
            if isinstance(text, str) and speaks_of(text, words):
                return True
    return False
