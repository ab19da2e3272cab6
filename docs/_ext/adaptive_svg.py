"""Let every figure of the built site follow the reader's light or dark scheme.

A figure is an image of its own: it sees no style of the page, but it does see
``prefers-color-scheme``, which browsers take from the ``color-scheme`` of the
element that shows it. So the ink and the paper of a figure swap in its own style.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

MARK = "<style>@media (prefers-color-scheme: dark)"
# What house.mplstyle draws with, and what stands for it in the dark: the
# background and the ink of the theme.
IN_THE_DARK = {"#ffffff": "#131416", "#24292f": "#d8dee4"}
RULES = "".join(
    f'[style*="{attribute}: {light}"]{{{attribute}:{dark}!important}}'
    for light, dark in IN_THE_DARK.items()
    for attribute in ("fill", "stroke")
)
STYLE = f"{MARK}{{{RULES}}}</style>"


def follow_the_scheme(app: Sphinx, failure: Exception | None) -> None:
    """Add the style to each figure of the built site."""
    if failure or app.builder.format != "html":
        return
    for image in (app.outdir / "_images").glob("*.svg"):
        text = image.read_text(encoding="utf-8")
        if MARK not in text:
            start = text.index(">", text.index("<svg")) + 1
            image.write_text(text[:start] + STYLE + text[start:], encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to Sphinx after it has copied the images."""
    app.connect("build-finished", follow_the_scheme)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
