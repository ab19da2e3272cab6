"""Fold the code of checks and figures where a script can unfold it again, and nowhere else."""

from __future__ import annotations

from selectolax.lexbor import LexborHTMLParser


def open_until_scripted(page: str) -> str:
    """Return a page whose folded cells are open, and say what they hold; a script closes them."""
    tree = LexborHTMLParser(page)
    for details in tree.css("div.cell details.hide"):
        details.attrs["open"] = ""
        cell = details.parent
        while cell is not None and "cell" not in (cell.attributes.get("class") or "").split():
            cell = cell.parent
        is_check = cell is not None and "tag_check" in (cell.attributes.get("class") or "")
        said = "How it was checked" if is_check else "How this is made"
        for summary in details.css("summary"):
            summary.inner_html = said
    return tree.html or page
