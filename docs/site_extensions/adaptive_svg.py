"""Let every figure of the built site follow the reader's light or dark scheme.

A figure is an image of its own: it sees no style of the page, but it does see
``prefers-color-scheme``, which browsers take from the ``color-scheme`` of the
element that shows it. So the ink and the paper of a figure swap in its own style.
"""

from __future__ import annotations

import re

from site_extensions.minified import smaller

MARK = "<style>@media (prefers-color-scheme: dark)"
# What house.mplstyle draws with, as the minifier writes it, and what stands for it in the
# dark: the background and the ink of the theme, and lighter shades of the four colours.
IN_THE_DARK = {
    "#fff": "#131416",
    "#24292f": "#d8dee4",
    "#009e73": "#2cc295",
    "#d55e00": "#ff8b45",
    "#0072b2": "#56b4e9",
    "#cc79a7": "#e3a3c6",
}
# A short colour may begin a longer one, so it must end its declaration.
RULES = "".join(
    f'[style*="{attribute}:{light};"],[style$="{attribute}:{light}"]{{{attribute}:{dark}!important}}'
    for light, dark in IN_THE_DARK.items()
    for attribute in ("fill", "stroke")
)
STYLE = f"{MARK}{{{RULES}}}</style>"


def following_the_scheme(drawing: str) -> str:
    """Return a figure, made smaller, with a style for the dark; once is enough."""
    if MARK in drawing:
        return drawing
    drawing = without_idle_names(smaller(drawing, ".svg"))
    start = drawing.index(">", drawing.index("<svg")) + 1
    return drawing[:start] + STYLE + drawing[start:]


def without_idle_names(drawing: str) -> str:
    """Return a drawing without the names of parts that nothing refers to; a text keeps its own."""
    named = set(re.findall(r"#([\w.-]+)", drawing))
    return re.sub(
        r' id="([^"]*)"',
        lambda found: found[0] if found[1] in named or found[1].startswith("text") else "",
        drawing,
    )
