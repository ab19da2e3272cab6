"""Show a table as plain text for terminals and as HTML for notebooks."""

from __future__ import annotations

import textwrap
from html import escape
from typing import NamedTuple

WIDTH = 62  # what a page has room for; terminals have more


class Row(NamedTuple):
    """One line of a table: a cell for each column, a remark, and a name to style it by."""

    cells: tuple[str, ...]
    remark: str = ""
    kind: str = ""


class Fact(NamedTuple):
    """One quantity with its value, and what there is to say of it."""

    name: str
    value: str
    remark: str = ""


class Table(NamedTuple):
    """A title, columns of cells, and under them facts and notes; each part may be missing.

    The title may have several lines.
    ``remarks`` heads the column of remarks in HTML; in text they need no head.
    Values of facts stand flush right, so that digits align, unless ``ragged``.
    """

    title: str
    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    remarks: str = ""
    facts: tuple[Fact, ...] = ()
    notes: tuple[str, ...] = ()
    ragged: bool = False


def as_text(table: Table) -> str:
    """Return the table as text that reads well in 62 columns, without colour."""
    parts = [[line for long in table.title.split("\n") for line in textwrap.wrap(long, WIDTH)]]
    if table.rows:
        rows = [Row(table.columns), *table.rows]
        widths = [max(len(row.cells[i]) for row in rows) for i in range(len(table.columns))]
        lines = [_line(row, widths) for row in rows]
        if max(map(len, lines)) > WIDTH:  # then each remark has a line of its own
            lines = [line for row in rows for line in _two_lines(row, widths)]
        parts.append(lines)
    if table.facts:
        names = max(len(fact.name) for fact in table.facts)
        values = max(len(fact.value) for fact in table.facts)
        side = "<" if table.ragged else ">"
        parts.append(
            [
                f"  {name:<{names}}  {value:{side}{values}}   {remark}".rstrip()
                for name, value, remark in table.facts
            ]
        )
    parts += [textwrap.wrap(f"Note: {note}", width=WIDTH) for note in table.notes]
    return "\n\n".join("\n".join(part) for part in parts)


def _line(row: Row, widths: list[int]) -> str:
    cells = (cell.rjust(width) for cell, width in zip(row.cells, widths, strict=True))
    return f"  {'  '.join(cells)}   {row.remark}".rstrip()


def _two_lines(row: Row, widths: list[int]) -> list[str]:
    remark = textwrap.wrap(row.remark, WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 6)
    return [_line(row._replace(remark=""), widths), *remark]


def as_html(table: Table) -> str:
    """Return the table as semantic HTML; pages style it by its class names."""
    title = escape(table.title).replace("\n", "<br>\n")
    caption = f"<caption>{title}</caption>"
    tables = []
    if table.rows:
        heads = "".join(
            f'<th scope="col">{escape(head)}</th>' for head in (*table.columns, table.remarks)
        )
        body = "".join(_html_row(row.cells, row.remark, row.kind) for row in table.rows)
        tables.append(f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody>")
    if table.facts:
        facts = "".join(_html_row((name, value), remark) for name, value, remark in table.facts)
        tables.append(f"<tbody>{facts}</tbody>")
    tables[:1] = [caption + first for first in tables[:1]]
    shown = "".join(f"<table>{inner}</table>" for inner in tables)
    notes = "".join(f"<p>Note: {escape(note)}</p>" for note in table.notes)
    return f'<div class="told-as-table">{shown}{notes}</div>'


def _html_row(cells: tuple[str, ...], remark: str, kind: str = "") -> str:
    head, *rest = (escape(cell).replace("\n", "<br>\n") for cell in (*cells, remark))
    named = f' class="{kind}"' if kind else ""
    data = "".join(f"<td>{cell}</td>" for cell in rest)
    return f'<tr{named}><th scope="row">{head}</th>{data}</tr>'
