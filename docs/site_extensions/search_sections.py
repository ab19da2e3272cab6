"""Cut the built pages into the sections that the search looks through.

A section is what stands between one heading and the next: readers look for a passage, and
a page is too long to be an answer. The list is a script that assigns it, because a page that
was opened as a file may load scripts and may fetch nothing.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from selectolax.lexbor import LexborHTMLParser

from site_extensions import leftovers, mathml
from site_extensions.remembered import remembered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from selectolax.lexbor import LexborNode

# What was, and what leads nowhere.
UNSEARCHED = {"changelog", "404"}
LISTED = Path("_static") / "search" / "sections.js"
HEADINGS = ("h1", "h2", "h3")
# What a reader of a result would not read: links of headings to themselves, labels, buttons.
UNREAD = (
    "script",
    "style",
    ".headerlink",
    ".lead-after",
    ".lead-label",
    ".sphx-glr-footer",
    ".sphx-glr-download-link-note",
    ".sphx-glr-signature",
    ".law",
    "aside.footnote-list",
    ".footnote-reference",
)
# A result quotes some lines; what stands far behind its heading is found by its own.
LONGEST_TEXT, LONGEST_CODE = 1600, 600


class Section(NamedTuple):
    """One passage of the site, with where it stands."""

    address: str
    page: str
    heading: str
    text: str
    code: str


@remembered
def sections(page: str, address: str) -> list[Section]:
    """Return the passages of one page."""
    return list(passages(page, address))


def passages(page: str, address: str) -> Iterator[Section]:
    """Yield the passages of one page."""
    if address.removesuffix(".html") in leftovers.GENERATED | UNSEARCHED:
        return  # an index of names or of results leads to answers and is none
    tree = LexborHTMLParser(page.replace("<wbr>", ""))  # a word is one, wherever a line may end
    article = tree.css_first("article")
    if article is None:
        return
    for unread in tree.css(", ".join(UNREAD)):
        unread.decompose()
    for formula in tree.css("math"):
        formula.replace_with(mathml.in_a_line(formula))
    title = article.css_first("h1")
    name = words(title) if title is not None else ""
    for section in article.css("section[id]"):
        heading = next((child for child in section.iter() if child.tag in HEADINGS), None)
        if heading is None:
            continue
        own = [child for child in section.iter() if child.tag not in {"section", *HEADINGS}]
        described = [(child, described_name(child)) for child in own]
        prose = [child for child, described in described if described is None]
        yield passage(f"{address}#{section.attrs['id']}", name, words(heading), prose)
        for entry, place in described:
            if place is not None:
                yield passage(f"{address}#{place}", name, f"{place.rsplit('.', 1)[-1]}()", [entry])


def described_name(node: LexborNode) -> str | None:
    """Return the full name of what a node describes, if it is an entry of the package's reference."""
    signature = node.css_first("dt.sig[id]") if node.tag == "dl" else None
    return None if signature is None else str(signature.attrs["id"])


def passage(address: str, page: str, heading: str, content: Iterable[LexborNode]) -> Section:
    """Return one section, its code apart from its words."""
    text, code = [], []
    for node in content:
        blocks = [node] if node.tag == "pre" else node.css("pre")
        code += [" ".join(block.text().split()) for block in blocks]
        for block in node.css("pre"):
            block.decompose()
        if node.tag != "pre":
            text.append(words(node))
    return Section(
        address, page, heading, " ".join(text)[:LONGEST_TEXT], " ".join(code)[:LONGEST_CODE]
    )


def words(node: LexborNode) -> str:
    """Return what a node says, on one line."""
    return " ".join(node.text(separator=" ").split()).replace(" ,", ",").replace(" .", ".")


def script(found: Iterable[Section]) -> str:
    """Return the script that assigns the list."""
    listed = [section._asdict() for section in found if section.text or section.code]
    return f"globalThis.searchSections={json.dumps(listed, ensure_ascii=False)};\n"
