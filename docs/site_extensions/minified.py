"""Serve scripts, styles and drawings without what only their authors need."""

from __future__ import annotations

import re

import minify

# A figure is some hundred pixels wide: of its coordinates, matplotlib writes six decimals.
minify.config({"svg-precision": 4})
KINDS = {".css": "text/css", ".js": "application/javascript", ".svg": "image/svg+xml"}
# What a style sheet consists of, where it can go wrong: the rest may be anything.
PIECES = re.compile(
    r"""(/\*.*?\*/)|("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|(/\*|["'])|([{}()])""", re.DOTALL
)
OPENED = {"}": "{", ")": "("}


def smaller(text: str, suffix: str) -> str:
    """Return what a browser takes for the same; other kinds of files are returned as they are.

    A style sheet or script that is none is a ValueError, which says where.
    """
    if suffix == ".css":
        refuse_unbalanced(text)
    return minify.string(KINDS[suffix], text) if suffix in KINDS else text


def refuse_unbalanced(style_sheet: str) -> None:
    """Refuse a style sheet in which something is opened and not closed, or closed and not opened.

    A browser would skip what comes after it, and the minifier takes it as it is.
    """
    open_ones: list[tuple[str, int]] = []
    for found in PIECES.finditer(style_sheet):
        line = style_sheet.count("\n", 0, found.start()) + 1
        _comment, _text, endless, sign = found.groups()
        if endless:
            raise ValueError(f"{endless} is not closed, on line {line}")
        if sign in OPENED:
            if not open_ones or open_ones[-1][0] != OPENED[sign]:
                raise ValueError(f"{sign} closes nothing, on line {line}")
            open_ones.pop()
        elif sign:
            open_ones.append((sign, line))
    if open_ones:
        sign, line = open_ones[-1]
        raise ValueError(f"{sign} is not closed, on line {line}")
