"""Give the cells of tables the names of their columns, and a table its end.

With the names a phone can stack the cells. With the end a browser can tell whether all rows are there: each one that
arrives may change the widths of the columns, so that what one began to read would move.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from selectolax.lexbor import LexborHTMLParser

from site_extensions import mathml

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

# Two columns fit; the laws look after themselves.
FEWEST_COLUMNS = 3
TABLES = "article table.docutils"
# The style sheet shows no table before its end.
ENDLESS = f"{TABLES}:not(:has(tfoot))"
UNLABELLED = f"{TABLES}:not(.stacked):not(.laws *)"


def labelled(page: str) -> str:
    """Return a page whose tables have ends, and the wide ones in each cell what the head of its column says."""
    tree = LexborHTMLParser(page)
    for table in tree.css(ENDLESS):
        table.insert_child(tree.create_node("tfoot"))
    for table in tree.css(UNLABELLED):
        heads = [in_words(head) for head in table.css("thead th")]
        if len(heads) < FEWEST_COLUMNS:
            continue
        table.attrs["class"] = f"{table.attributes.get('class') or ''} stacked".strip()
        for row in table.css("tbody tr"):
            for head, cell in zip(heads, row.css("td"), strict=False):
                if head:
                    cell.attrs["data-label"] = head
    return tree.html or page


def in_words(head: LexborNode) -> str:
    """Return the text of a head, with its formulas as they are written in a line."""
    copy = LexborHTMLParser(head.inner_html or "")
    for formula in copy.css("math"):
        formula.replace_with(mathml.in_a_line(formula))
    return " ".join(copy.body.text().split()) if copy.body else ""
