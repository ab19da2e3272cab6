"""A twin of each page in Markdown, and llms.txt, which lists them: for programs that read text.

It is made from the page as it is served, so that it has the numbers that the page computed; formulas stand in
a line, as in results of the search. Folded code is not folded, and what only a browser can show is left out.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from selectolax.lexbor import LexborHTMLParser, LexborNode

from site_extensions import mathml
from site_extensions.remembered import remembered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

SUFFIX = ".md"
LIST = "llms.txt"
LEFT_OUT = ("-comment", "script", "style", "button", "form", "noscript", "svg", "link", "wbr")
# What is not looked into.
WHOLE: dict[str, Callable[[LexborNode], str]] = {
    **dict.fromkeys(LEFT_OUT, lambda _: ""),
    "-text": lambda node: node.text_content or "",
    "br": lambda _: " ",
    "code": lambda node: f"`{node.text()}`",
    "img": lambda node: f"![{node.attrs.get('alt') or ''}]({node.attrs.get('src') or ''})",
    "math": mathml.in_a_line,
}
# Links of headings to themselves, and labels that only a layout needs.
UNREAD = (
    ".headerlink, .sphx-glr-download-link-note, .sphx-glr-footer, .sphx-glr-signature, .lab-part, "
    ".copybtn"
)
INLINE = {"strong": "**", "b": "**", "em": "*", "i": "*"}
BLOCKS = {
    *("article", "aside", "blockquote", "dd", "details", "div", "dl", "dt", "figcaption", "figure"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "hr", "img", "li", "ol", "p", "pre", "section"),
    *("summary", "table", "ul", "nav", "header", "footer"),
}


@remembered
def twin(page: str) -> str:
    """Return what a page says, in Markdown; "" if it has no article."""
    tree = LexborHTMLParser(page)
    article = tree.css_first("article")
    if article is None:
        return ""
    for unread in article.css(UNREAD):
        unread.decompose()
    return "\n\n".join(_blocks(article)) + "\n"


def _blocks(node: LexborNode) -> Iterable[str]:
    """Yield the blocks inside of a node; text between them is a paragraph."""
    loose = ""
    for child in node.iter(include_text=True):
        if child.tag in BLOCKS:
            if loose.strip():
                yield " ".join(loose.split())
            loose = ""
            yield from _block(child)
        else:
            loose += _inline(child)
    if loose.strip():
        yield " ".join(loose.split())


def _block(node: LexborNode) -> Iterable[str]:
    tag = node.tag or ""
    if tag in {"h1", "h2", "h3", "h4", "h5", "h6"}:
        yield f"{'#' * int(tag[1])} {_line(node)}"
    elif tag == "pre":
        yield f"```{_language(node)}\n{node.text().rstrip()}\n```"
    elif tag in {"ul", "ol"}:
        yield "\n".join(_items(node))
    elif tag == "table":
        yield from _table(node)
    elif tag == "img":
        yield _line(node)
    elif tag in {"p", "dt", "summary"}:
        if text := _line(node):
            yield text
    elif "math" in (node.attrs.get("class") or "").split() and (formula := node.css_first("math")):
        yield mathml.in_a_line(formula)
    elif tag == "blockquote":
        yield "\n>\n".join(re.sub("^", "> ", block, flags=re.MULTILINE) for block in _blocks(node))
    else:
        yield from _blocks(node)


def _line(node: LexborNode) -> str:
    """Return the text of a node in one line."""
    return " ".join(_inline(node).split())


def _items(node: LexborNode) -> Iterable[str]:
    for number, item in enumerate(node.iter(), 1):
        mark = f"{number}. " if node.tag == "ol" else "- "
        text = "\n\n".join(_blocks(item))
        yield mark + re.sub(r"\n(?=[^\n])", "\n" + " " * len(mark), text)


def _table(node: LexborNode) -> Iterable[str]:
    rows = [
        [_line(cell).replace("|", "\\|") for cell in row.css("th, td")] for row in node.css("tr")
    ]
    if rows:
        head, *body = rows
        lines = [head, ["---"] * len(head), *body]
        yield "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _inline(node: LexborNode) -> str:
    """Return the text of a node in a line."""
    tag = node.tag or ""
    if tag in WHOLE:
        return WHOLE[tag](node)
    text = "".join(map(_inline, node.iter(include_text=True)))
    if tag == "a" and node.attrs.get("href") and text.strip():
        return f"[{text}]({node.attrs['href']})"
    if tag in INLINE and text.strip():
        return f"{INLINE[tag]}{text.strip()}{INLINE[tag]}"
    return f" {text} " if tag in BLOCKS else text


def _language(node: LexborNode) -> str:
    parent = node.parent
    while parent is not None and parent.tag == "div":
        found = re.search(r"highlight-(\w+)", parent.attrs.get("class") or "")
        if found:
            name = found[1].lower()
            return {"ipython3": "python", "default": "python", "myst": "", "none": ""}.get(
                name, name
            )
        parent = parent.parent
    return ""


def announced(page: str, name: str) -> str:
    """Return a page that names its twin, for programs that look for it."""
    link = f'<link rel="alternate" type="text/markdown" href="{escape(name)}{SUFFIX}">'
    return page if link in page else page.replace("</head>", f"{link}</head>", 1)


@remembered
def description(page: str) -> str:
    """Return what a page says of itself, "" if nothing."""
    meta = LexborHTMLParser(page).css_first("meta[name=description]")
    return (meta.attrs["content"] or "") if meta else ""


def write(site: Path, title: str, pages: Mapping[str, str]) -> None:
    """Write the twin of each page of a site and their list, and remove those of pages that are gone."""
    entries = []
    for name, page in sorted(pages.items()):
        text = twin(page)
        (site / f"{name}{SUFFIX}").write_text(text, encoding="utf-8")
        said = f": {described}" if (described := description(page)) else ""
        heading = re.search(r"^# (.*)", text, re.MULTILINE)
        entries.append((name, f"- [{heading[1] if heading else name}]({name}{SUFFIX}){said}"))
    for path in site.rglob(f"*.html{SUFFIX}"):
        if path.relative_to(site).as_posix().removesuffix(SUFFIX) not in pages:
            path.unlink()
    first = next((line for name, line in entries if name == "index.html"), "")
    said = first.partition(f"{SUFFIX}): ")[2]
    lines = [f"# {title}", "", *([f"> {said}", ""] if said else []), "## Pages", ""]
    text = "\n".join([*lines, *(line for _, line in entries)]) + "\n"
    (site / LIST).write_text(text, encoding="utf-8")
