"""Let every page run under a strict Content-Security-Policy, and say so in the page.

``default-src 'self'`` forbids inline scripts and styles and data: addresses, all of
which the theme and the extensions write. What they write moves into files of the
site, named by their content: a page then needs nothing but the site itself, and
nothing that a page shows can be run.
"""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple
from urllib.parse import unquote

from selectolax.lexbor import LexborHTMLParser, LexborNode

FOLDER = "_static/inline"
POLICY = "default-src 'self'"
META = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
DATA = re.compile(r"""url\((["'])data:image/svg\+xml;charset=utf-8,(.*?)\1\)""", re.DOTALL)


class Moved(NamedTuple):
    """A text without what stood inline, and the files of the site that hold it now."""

    text: str
    files: dict[str, str]


def keep(files: dict[str, str], text: str, suffix: str, root: str) -> str:
    """Add a text to the files, and return its address from a page with this way to the root."""
    name = f"{FOLDER}/{hashlib.sha256(text.encode()).hexdigest()[:16]}.{suffix}"
    files[name] = text
    return root + name


def without_inline(page: str, root: str) -> Moved:
    """Return a page whose scripts and styles are files, found from the page at ``root``."""
    if META in page:
        return Moved(page, {})
    tree = LexborHTMLParser(page)
    files: dict[str, str] = {}
    # Data is not run, and is read nowhere but in the page.
    for script in tree.css("script:not([src], [type='application/ld+json'])"):
        script.attrs["src"] = keep(files, script.text().strip(), "js", root)
        script.inner_html = ""
    for style in tree.css("style"):
        address = keep(files, style.text().strip(), "css", root)
        style.replace_with(_link(tree, address), move=True)
    start = tree.css("meta[charset]")[0]
    if rules := _attributes_as_rules(tree):
        start.insert_after(_link(tree, keep(files, rules, "css", root)), move=True)
    policy = tree.create_node("meta")
    policy.attrs["http-equiv"], policy.attrs["content"] = "Content-Security-Policy", POLICY
    start.insert_after(policy, move=True)
    return Moved(tree.html or page, files)


def _link(tree: LexborHTMLParser, address: str) -> LexborNode:
    """Return a new element that loads a style sheet."""
    link = tree.create_node("link")
    link.attrs["rel"], link.attrs["href"] = "stylesheet", address
    return link


def _attributes_as_rules(tree: LexborHTMLParser) -> str:
    """Replace style attributes by classes, and return the rules of these."""
    rules = set()
    for element in tree.css("[style]"):
        style = element.attrs["style"] or ""
        name = f"styled-{hashlib.sha256(style.encode()).hexdigest()[:8]}"
        # An attribute beats any selector: so does what stands for it.
        parts = [f"{part.strip()} !important" for part in style.split(";") if part.strip()]
        rules.add(f".{name} {{ {'; '.join(parts)} }}")
        others = element.attrs.get("class")
        element.attrs["class"] = f"{name} {others}" if others else name
        del element.attrs["style"]
    return "\n".join(sorted(rules))


def pictures_as_files(style_sheet: str, root: str) -> Moved:
    """Return a style sheet whose pictures are files, found from it at ``root``."""
    files: dict[str, str] = {}

    def picture(found: re.Match[str]) -> str:
        return f'url("{keep(files, unquote(found[2]), "svg", root)}")'

    return Moved(DATA.sub(picture, style_sheet), files)
