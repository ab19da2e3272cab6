"""Show the catalogue of what the audit and the linter find: a section each, from the package's own text.

``{findings}`` stands on one page. The name of each section is the code in small letters, which is
where every finding points to.
"""

from __future__ import annotations

import re
from importlib import resources
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

from dropout_explained.audit import Rule, rules

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sphinx.application import Sphinx

# What is code in a sentence that is printed in terminals as well, and so has no marks.
CODE = re.compile(
    r"(?<![\w.])(?:\w+=[\w.]*\w|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+(?:\(\w*\))?|"
    r"[A-Za-z_]\w*\(\)|\w*[a-z]_\w+|__init__)"
)
FINDERS = {"audit": "audit()", "lint": "lint()"}
HEADINGS = ("Code", "Severity", "What is wrong")


class ShowFindings(SphinxDirective):
    """An index of all rules, and a section for each."""

    def run(self) -> list[nodes.Node]:
        """Return the index and the sections."""
        catalogue = resources.files("dropout_explained.audit").joinpath("rules.toml")
        self.env.note_dependency(str(catalogue))
        known = rules().values()
        return [index(known), *(self.section(rule) for rule in known)]

    def section(self, rule: Rule) -> nodes.section:
        """Return all that is said of a rule."""
        section = nodes.section(ids=[rule.code.lower()], names=[rule.code.lower()])
        self.state.document.note_explicit_target(section, section)  # for links of other pages
        self.set_source_info(section)
        name = rule.name.replace("-", " ")
        section += nodes.title("", f"{rule.code} {name[0].upper()}{name[1:]}")
        found = nodes.paragraph("", f"{rule.severity.capitalize()}, found by ")
        for number, finder in enumerate(rule.finds):
            found += [nodes.Text(" and ")] if number else []
            found += nodes.literal("", FINDERS[finder])
        section += found
        section += nodes.paragraph("", "", nodes.strong("", "", *in_words(rule.says)))
        section += labelled("Why.", *in_words(rule.why))
        section += labelled("Do this.", *in_words(rule.fix), nodes.Text(" "), self.story(rule))
        for label, code in (("Wrong:", rule.bad), ("Right:", rule.good)):
            section += labelled(label)
            section += nodes.literal_block(code, code, language="python")
        return section

    def story(self, rule: Rule) -> nodes.Node:
        """Return a link to the page that treats it, which has to exist."""
        page, _, label = rule.page.partition("#")
        what = "ref" if label else "doc"
        return addnodes.pending_xref(
            "", nodes.inline("", "The whole story"), refdomain="std", reftype=what,
            reftarget=label or f"/{page.removesuffix('.html')}", refexplicit=True, refwarn=True,
        )  # fmt: skip


def index(known: Iterable[Rule]) -> nodes.table:
    """Return a table with a row for each rule, which leads to its section."""
    group = nodes.tgroup("", *(nodes.colspec(colwidth=20) for _ in HEADINGS), cols=len(HEADINGS))
    head = nodes.row("", *(entry(nodes.Text(heading)) for heading in HEADINGS))
    group += nodes.thead("", head)
    body = nodes.tbody()
    for rule in known:
        link = nodes.reference("", rule.code, refid=rule.code.lower(), internal=True)
        body += nodes.row(
            "", entry(link), entry(nodes.Text(rule.severity)), entry(*in_words(rule.says))
        )
    group += body
    return nodes.table("", group)


def entry(*content: nodes.Node) -> nodes.entry:
    """Return a cell."""
    return nodes.entry("", nodes.paragraph("", "", *content))


def labelled(label: str, *content: nodes.Node) -> nodes.paragraph:
    """Return a paragraph that begins with a word in bold."""
    return nodes.paragraph("", "", nodes.strong("", label), nodes.Text(" "), *content)


def in_words(text: str) -> list[nodes.Node]:
    """Return a sentence with what is code in it set as code."""
    found: list[nodes.Node] = []
    last = 0
    for match in CODE.finditer(text):
        found += [nodes.Text(text[last : match.start()]), nodes.literal("", match.group())]
        last = match.end()
    return [*found, nodes.Text(text[last:])]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("findings", ShowFindings)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
