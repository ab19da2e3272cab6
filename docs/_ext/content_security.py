"""Let every page run under a strict Content-Security-Policy, and say so in the page.

``default-src 'self'`` forbids inline scripts and styles and data: addresses, all of
which the theme and the extensions write. What they write moves into files of the
site, named by their content: a page then needs nothing but the site itself, and
nothing that a page shows can be run.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from pathlib import Path

    from sphinx.application import Sphinx

FOLDER = "_static/inline"
POLICY = "default-src 'self'"
META = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
STYLED = re.compile(
    r'<(?P<tag>[\w-]+)(?P<before>[^<>]*?) style="(?P<style>[^"]*)"(?P<after>[^<>]*)>'
)
DATA = re.compile(r"""url\((["'])data:image/svg\+xml;charset=utf-8,(.*?)\1\)""", re.DOTALL)


def stored(site: Path, text: str, suffix: str) -> str:
    """Write text into a file of the site, and return its name."""
    name = f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.{suffix}"
    target = site / FOLDER / name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    return name


def without_inline(page: str, site: Path, root: str) -> str:
    """Return a page whose scripts and styles are files, found from the page at ``root``."""
    where = f"{root}{FOLDER}/"
    page = SCRIPT.sub(
        lambda found: f'<script src="{where}{stored(site, found[1].strip(), "js")}"></script>', page
    )
    page = STYLE.sub(
        lambda found: (
            f'<link rel="stylesheet" href="{where}{stored(site, found[1].strip(), "css")}">'
        ),
        page,
    )
    rules: dict[str, str] = {}

    def named(found: re.Match[str]) -> str:
        name = f"styled-{hashlib.sha256(found['style'].encode()).hexdigest()[:8]}"
        rules[name] = found["style"]
        rest = found["before"] + found["after"]
        if ' class="' in rest:
            rest = rest.replace(' class="', f' class="{name} ', 1)
        else:
            rest = f' class="{name}"{rest}'
        return f"<{found['tag']}{rest}>"

    page = STYLED.sub(named, page)
    links = [META]
    if rules:
        # An attribute beats any selector: so does what stands for it.
        lines = (
            f".{name} {{ {'; '.join(f'{rule.strip()} !important' for rule in style.split(';') if rule.strip())} }}"
            for name, style in sorted(rules.items())
        )
        links.append(
            f'<link rel="stylesheet" href="{where}{stored(site, chr(10).join(lines), "css")}">'
        )
    return page.replace('<meta charset="utf-8">', '<meta charset="utf-8">' + "".join(links), 1)


def secure(app: Sphinx, failure: Exception | None) -> None:
    """Rewrite the pages, and the pictures in the theme's style sheets."""
    # While pages are edited, a reloading script stands inline in each.
    if failure or app.builder.format != "html" or app.tags.has("live"):
        return
    for page in app.outdir.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        if META not in text:
            root = "../" * (len(page.relative_to(app.outdir).parts) - 1)
            page.write_text(without_inline(text, app.outdir, root), encoding="utf-8")
    for style in (app.outdir / "_static").rglob("*.css"):
        text = style.read_text(encoding="utf-8")
        root = "../" * (len(style.relative_to(app.outdir).parts) - 1)

        def picture(found: re.Match[str], root: str = root) -> str:
            return f'url("{root}{FOLDER}/{stored(app.outdir, unquote(found[2]), "svg")}")'

        moved = DATA.sub(picture, text)
        if moved != text:
            style.write_text(moved, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to Sphinx after all that writes into pages."""
    app.connect("build-finished", secure, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
