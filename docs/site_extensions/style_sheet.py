"""Serve one style sheet for all pages: what the theme, the extensions and the site itself say, purged.

Each sheet that a page would load is taken out of the page, and so are the rules that stood inline in
it. A build writes some pages only, so what was taken is kept beside Sphinx's own cache, and the sheet
is made of all of it: it depends on what the pages are, not on which of them were built today.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from site_extensions import content_security, leftovers, minified, purged
from site_extensions.content_security import Moved

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sphinx.application import Sphinx

STATIC = Path("_static")
SHEET = STATIC / "site.css"
# The lab's own sheet is served on its own, where the lab is.
APART = {"lab.css": 'class="lab-part"'}
SHEETS = re.compile(
    r'\s*<link rel="stylesheet"[^>]*? href="((?:\.\./)*)_static/((?!inline/)[^"?]+)[^"]*"[^>]*>'
)
INLINE = re.compile(
    rf'\s*<link rel="stylesheet" href="(?:\.\./)*({content_security.FOLDER}/[^"]+)">'
)
OF_ATTRIBUTES = re.compile(r"^\.styled-[0-9a-f]+ ")
LINKED = re.compile(
    r'(?:<link rel="preload"[^>]* as="font"[^>]*>)*'
    rf'<link rel="stylesheet" href="([^"]*){SHEET.as_posix()}(?:\?v=[0-9a-f]+)?">'
)
URL = re.compile(r"""url\((["']?)(?!data:|https?:|/|#)([^"')]+)\1\)""")


class Memory(NamedTuple):
    """Where what was taken out of the site is kept, for the builds that come."""

    sheets: Path  # of the theme and the extensions
    rules: Path  # that stood in attributes, each in a file of the name of its class
    everywhere: Path  # what stood in the head of each page
    record: Path  # what the last sheet was made from

    @classmethod
    def of(cls, doctrees: Path) -> Memory:
        """Return the places in Sphinx's cache."""
        root = doctrees / "style_sheets"
        (root / "rules").mkdir(parents=True, exist_ok=True)
        (root / "sheets").mkdir(exist_ok=True)
        return cls(root / "sheets", root / "rules", root / "everywhere.css", root / "record.json")


def with_one_sheet(page: Moved, memory: Memory) -> Moved:
    """Return a page that links the one sheet; what else it linked in its head is kept in memory."""
    head, end, body = page.text.partition("</head>")
    files = dict(page.files)
    for name in INLINE.findall(head):
        text = files.pop(name, "")
        if OF_ATTRIBUTES.match(text):
            for rule in text.splitlines():
                keep(rule, memory.rules / rule.split()[0].removeprefix("."))
        elif text:
            keep(text, memory.everywhere)
    head = INLINE.sub("", head)

    first = True

    def link(found: re.Match[str]) -> str:
        nonlocal first
        root, name = found.groups()
        if name in APART:
            return found[0] if APART[name] in body else ""
        now = f'<link rel="stylesheet" href="{root}{SHEET.as_posix()}">' if first else ""
        first = False
        return now

    return Moved(SHEETS.sub(link, head) + end + body, files)


def keep(text: str, path: Path) -> None:
    """Write a file if it says something new."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def names(app: Sphinx) -> list[str]:
    """Return the sheets that Sphinx would link in each page, in their order."""
    assets = getattr(app.builder, "_css_files", [])
    ordered = sorted(assets, key=lambda asset: asset.priority)
    found = [str(asset.filename).partition("?")[0].removeprefix("_static/") for asset in ordered]
    return [name for name in dict.fromkeys(found) if name not in APART]


def taken(site: Path, own: Path, memory: Memory, wanted: Iterable[str]) -> str:
    """Take the sheets out of the site, and return them as one, seen from where that is served."""
    for path in sorted((site / STATIC).rglob("*.css")):
        place = path.relative_to(site / STATIC)
        if place.as_posix() not in {SHEET.name, *APART} and place.parts[0] != "inline":
            target = memory.sheets / place
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(path, target)
    texts = []
    for name in wanted:
        source = own / name if (own / name).exists() else memory.sheets / name
        folder = posixpath.dirname(name)

        def from_static(found: re.Match[str], folder: str = folder) -> str:
            return f'url("{posixpath.normpath(posixpath.join(folder, found[2]))}")'

        texts.append(URL.sub(from_static, source.read_text(encoding="utf-8")))
    # The theme's own come behind the sheets, and rules that stood in attributes win anyway.
    texts += [memory.everywhere.read_text(encoding="utf-8")] if memory.everywhere.exists() else []
    texts += [rule.read_text(encoding="utf-8") for rule in sorted(memory.rules.iterdir())]
    return "\n".join(texts)


def scripts(site: Path, pages: Iterable[str]) -> str:
    """Return the scripts that the pages load, and the modules that these load."""
    named = {name for page in pages for name in re.findall(r'<script[^>]* src="([^"?]+)', page)}
    loaded = {re.sub(r"^(?:.*/)?_static/", "", name) for name in named}
    modules = {
        path.relative_to(site / STATIC).as_posix() for path in site.glob("_static/lab/**/*.js")
    }
    there = [site / STATIC / name for name in sorted(loaded | modules)]
    return "\n".join(path.read_text(encoding="utf-8") for path in there if path.is_file())


def write(app: Sphinx, pages: Collection[str], fonts: str) -> tuple[str, set[str]]:
    """Write the sheet for these pages; return its version and the pictures that it names."""
    site, own, memory = Path(app.outdir), Path(app.srcdir) / STATIC, Memory.of(Path(app.doctreedir))
    sheet = fonts + taken(site, own, memory, names(app))
    apart = [own / name for name in APART if (own / name).exists()]
    beside = "".join(path.read_text(encoding="utf-8") for path in apart)
    used = purged.used(pages, [scripts(site, pages)])
    made_from = digest(json.dumps([sheet, beside, *map(sorted, used), digest_of_purging()]))
    target = site / SHEET
    if not (target.exists() and memory.record.exists() and memory.record.read_text() == made_from):
        moved = content_security.pictures_as_files(sheet, "../")
        text = minified.smaller(purged.purged(moved.text, used, beside=beside), ".css")
        for name in leftovers.files_named(text) & moved.files.keys():
            (site / name).parent.mkdir(parents=True, exist_ok=True)
            (site / name).write_text(moved.files[name], encoding="utf-8")
        target.write_text(text, encoding="utf-8")
        memory.record.write_text(made_from)
    text = target.read_text(encoding="utf-8")
    return digest(text), leftovers.files_named(text)


def digest(text: str) -> str:
    """Return eight digits that change with a text, as Sphinx puts them behind an address."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def digest_of_purging() -> str:
    """Return a digest of the code that makes the sheet."""
    sources = [Path(module.__file__ or "") for module in (purged, minified, content_security)]
    return digest("".join(path.read_text(encoding="utf-8") for path in [Path(__file__), *sources]))


def linked(page: str, version: str, early: Iterable[str]) -> str:
    """Return a page that names the sheet in its version, behind the fonts that it needs early."""

    def links(found: re.Match[str]) -> str:
        preloads = "".join(
            f'<link rel="preload" href="{found[1]}{font}" as="font" type="font/woff2" crossorigin>'
            for font in early
        )
        return f'{preloads}<link rel="stylesheet" href="{found[1]}{SHEET.as_posix()}?v={version}">'

    return LINKED.sub(links, page, count=1)
