"""Give the cells of tables the names of their columns, so that a phone can stack them."""

from __future__ import annotations

from selectolax.lexbor import LexborHTMLParser

# Two columns fit; these look after themselves.
FEWEST_COLUMNS = 3
OTHERS = {"genindextable", "laws"}


def labelled(page: str) -> str:
    """Return a page whose wide tables say in each cell what the head of its column says."""
    tree = LexborHTMLParser(page)
    for table in tree.css("article table.docutils"):
        heads = [" ".join(head.text().split()) for head in table.css("thead th")]
        around = table.parent.parent if table.parent is not None else None
        classes = {
            name
            for node in (table, table.parent, around)
            if node is not None
            for name in (node.attributes.get("class") or "").split()
        }
        if len(heads) < FEWEST_COLUMNS or classes & OTHERS:
            continue
        table.attrs["class"] = f"{table.attributes.get('class') or ''} stacked".strip()
        for row in table.css("tbody tr"):
            for head, cell in zip(heads, row.css("td"), strict=False):
                if head:
                    cell.attrs["data-label"] = head
    return tree.html or page
