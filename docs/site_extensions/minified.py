"""Serve scripts, styles and drawings without what only their authors need."""

from __future__ import annotations

import minify

# A figure is some hundred pixels wide: of its coordinates, matplotlib writes six decimals.
minify.config({"svg-precision": 4})
KINDS = {".css": "text/css", ".js": "application/javascript", ".svg": "image/svg+xml"}


def smaller(text: str, suffix: str) -> str:
    """Return what a browser takes for the same; other kinds of files are returned as they are."""
    return minify.string(KINDS[suffix], text) if suffix in KINDS else text
