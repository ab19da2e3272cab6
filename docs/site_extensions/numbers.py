"""Numbers in a sentence that a reader can drag, type or step, and what follows from them.

::

    :::{numbers} many
    :p: 0.9
    :n: 1000
    :lab: v=1&x=1*{n}&p={p}&seed={seed}
    :::

    For {number}`n` ones at p = {number}`p` the standard error is {reading}`standard_error`,
    and 95 % of calls fall between {reading}`low:.2f` and {reading}`high:.2f`.
    {try}`Try these in the lab`.

The directive says where the numbers start. What stands behind it belongs to it, up to the next
directive, or names it, as in ``{number}`many.p```. ``rows`` shows the call as rows of cells,
``slider`` lets a slider and a button change it, too. All of it is computed when the page is built;
the script ``view/numbers.js`` computes it again where a reader changes a number.
"""

from __future__ import annotations

import json
import re
from html import escape
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective, SphinxRole

from site_extensions.readings import READINGS, ROWS, State, row, written

if TYPE_CHECKING:
    from sphinx.application import Sphinx

SCRIPT = "_static/lab/view/numbers.js"
GROUPS = "groups of numbers"
HINT = '<p class="numbers-hint">Drag or type the dotted numbers:</p>'


class Range(NamedTuple):
    """What a number is called, where it may go, and in which steps: 0 stands for 1, 2, 5, 10, ..."""

    name: str
    least: float
    greatest: float
    step: float


RANGES = {
    "p": Range("p, the drop probability", 0, 0.95, 0.05),
    "n": Range("n, how many values", 2, 1000, 0),
    "batch": Range("samples, the size of the batch", 1, 64, 1),
    "seed": Range("seed", 0, 2**32 - 1, 1),
}


class Group(NamedTuple):
    """Numbers that change together."""

    name: str
    state: State
    lab: str
    # A slider goes to its ends, a sentence need not make sense there.
    greatest_p: float


class Numbers(SphinxDirective):
    """Where the numbers of a sentence start, and the rows that follow them."""

    optional_arguments = 1
    option_spec: ClassVar[dict[str, Any]] = {
        "x": lambda text: tuple(float(one) for one in text.split(",")),
        "p": float,
        "n": int,
        "batch": int,
        "seed": int,
        "lab": directives.unchanged_required,
        "rows": str.split,
        "slider": directives.flag,
    }

    def run(self) -> list[nodes.Node]:
        """Return what holds the state, with its rows."""
        groups = groups_of(self)
        name = self.arguments[0] if self.arguments else f"numbers-{len(groups) + 1}"
        if name in groups:
            raise self.error(f"two groups of numbers are called {name}")
        unknown = [one for one in self.options.get("rows", []) if one not in ROWS]
        if unknown:
            raise self.error(f"there is no row {unknown[0]!r}; there are {', '.join(ROWS)}")
        given = {key: self.options[key] for key in State._fields if key in self.options}
        slider = "slider" in self.options
        greatest_p = 1 if slider else RANGES["p"].greatest
        group = Group(name, State(**given), self.options.get("lab", ""), greatest_p)
        script = "" if groups else f'<script type="module" src="{root(self)}{SCRIPT}"></script>'
        # The last one is what roles mean that name none.
        groups[name] = group
        shown = holder(group, self.options.get("rows", []), slider=slider)
        return [nodes.raw("", shown + script, format="html")]


def holder(group: Group, rows: list[str], *, slider: bool) -> str:
    """Return the element that holds the state of a group."""
    state = group.state
    data = f'data-state="{escape(json.dumps(state._asdict()))}" data-lab="{escape(group.lab)}"'
    hidden = "" if rows else " hidden"
    inside = table(state, rows) + (controls(state) if slider else HINT) if rows else ""
    return f'<div class="numbers" id="{group.name}" {data}{hidden}>{inside}</div>'


def table(state: State, rows: list[str]) -> str:
    """Return the rows of a call: a column an element, what was dropped hatched."""
    fates = ["kept" if one else "dropped" for one in row("mask", state)]
    lines = []
    for name in rows:
        cells = (
            f'<td class="{"cell" if name in ("x", "scale", "average") else f"cell {fate}"}">{written(value)}</td>'
            for fate, value in zip(fates, row(name, state), strict=True)
        )
        heading = f'<th scope="row">{ROWS[name][0]}</th>'
        lines.append(f'<tr data-row="{name}">{heading}{"".join(cells)}</tr>')
    label = "What happens to each element"
    return f'<table class="number-rows" aria-label="{label}">{"".join(lines)}</table>'


def controls(state: State) -> str:
    """Return a slider for p and a button for another seed."""
    return (
        '<div class="live-controls"><label for="live-p">Drop probability p</label>'
        f'<input id="live-p" type="range" min="0" max="1" step="0.05" value="{state.p}">'
        f'<output for="live-p">{written(state.p, ".2f")}</output>'
        '<button type="button">Resample</button></div>'
    )


class GroupRole(SphinxRole):
    """A role whose text may name its group before a dot."""

    @property
    def here(self) -> str:
        """Where the role stands."""
        return f"{self.env.doc2path(self.env.docname)}:{self.lineno}"

    def group(self) -> tuple[Group, str]:
        """Return the group, and what is asked of it."""
        groups = groups_of(self)
        name, dot, rest = self.text.partition(".")
        if dot and name in groups:
            return groups[name], rest
        if not groups:
            raise ExtensionError(f"{self.here}: {self.rawtext} stands before any {{numbers}}")
        return list(groups.values())[-1], self.text

    def of(self, names: Any, name: str) -> Any:
        """Return an entry, or say that there is none."""
        if name not in names:
            raise ExtensionError(f"{self.here}: {self.rawtext} names none of {', '.join(names)}")
        return names[name]


class Number(GroupRole):
    """A number that a reader can change."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the number of the built page."""
        group, name = self.group()
        limits = self.of(RANGES, name)
        if name == "p":
            limits = limits._replace(greatest=group.greatest_p)
        data = {
            "of": group.name,
            "number": name,
            "name": limits.name,
            "least": written(limits.least, ".9g"),
            "greatest": written(limits.greatest, ".12g"),
            "step": written(limits.step, ".9g"),
        }
        value = written(getattr(group.state, name), ".12g")
        return [span("number", data, value)], []


class Reading(GroupRole):
    """What follows from the numbers: its name and, behind a colon, its form."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the text of the built page."""
        group, asked = self.group()
        name, _, form = asked.partition(":")
        form = form or ".3g"
        if not re.fullmatch(r"\.\d[fg]", form):
            raise ExtensionError(f"{self.here}: {self.rawtext} has a form like .3g or .2f")
        value = written(self.of(READINGS, name)(group.state), form)
        return [span("reading", {"of": group.name, "reading": name, "form": form}, value)], []


class Try(GroupRole):
    """A link to the lab with the numbers of a group, which may stand before its text and a colon."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the link."""
        name, colon, text = self.text.partition(": ")
        named = colon and name in groups_of(self)
        self.text = f"{name}.{text}" if named else self.text
        group, text = self.group()
        fragment = group.lab.format(**group.state._asdict())
        address = escape(f"{root(self)}lab/index.html#{fragment}")
        link = f'<a class="reference internal" data-of="{group.name}" href="{address}">{escape(text)}</a>'
        return [nodes.raw("", link, format="html")], []


def span(kind: str, data: dict[str, str], text: str) -> nodes.raw:
    """Return a piece of a sentence that the script may change."""
    attributes = "".join(f' data-{key}="{escape(value)}"' for key, value in data.items())
    return nodes.raw("", f'<span class="{kind}"{attributes}>{escape(text)}</span>', format="html")


def groups_of(part: SphinxDirective | SphinxRole) -> dict[str, Group]:
    """Return the groups of the page so far, the last one last."""
    groups: dict[str, Group] = part.env.temp_data.setdefault(GROUPS, {})  # type: ignore[assignment]
    return groups


def root(of: SphinxDirective | SphinxRole) -> str:
    """Return the way from a page to the site."""
    return "../" * of.env.docname.count("/")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive and its roles."""
    app.add_directive("numbers", Numbers)
    app.add_role("number", Number())
    app.add_role("reading", Reading())
    app.add_role("try", Try())
    return {"parallel_read_safe": True, "parallel_write_safe": True}
