"""State a law on the page that derives it, and show all laws in one table.

``{law}`` stands behind an equation and says what implements the law and which test holds it;
``{laws}`` shows every law of the site with its departure. A law without a departure, a departure
without a law, and a law that was compared in another way than it says are warnings, and so fail
the build.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from site_extensions.laws import GLUED, KINDS, Law, departures, in_reading_order, problems, record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

LOG = logging.getLogger(__name__)
HEADINGS = ("Law", "Departure", "Derived", "Implemented", "Tested by")
# The test that runs a script of the gallery, whose assertions then hold the law.
SCRIPT_TEST = "tests/test_gallery.py::test_a_script_runs_from_an_empty_folder[{script}]"


class LinkToRow(nodes.reference):
    """A link to a law's row, whose address is known when all pages are."""


class TableOfLaws(nodes.General, nodes.Element):
    """Where the table will stand when all laws are known."""


class StateLaw(SphinxDirective):
    """A line that names a law, what implements or shows it, and the test that holds it."""

    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[dict[str, Any]] = {
        "kind": lambda given: directives.choice(given, KINDS),
        "equation": directives.unchanged_required,
        "function": directives.unchanged_required,
        "script": directives.unchanged_required,
        "test": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        """Record the law, and return its line."""
        given = {name: self.options.get(name, "") for name in self.option_spec}
        if not given["kind"] or not given["equation"]:
            raise self.error("a law has a :kind: and an :equation:")
        if bool(given["function"]) == bool(given["script"]):
            raise self.error("a law is implemented by a :function: or shown by a :script:")
        if given["script"] and not given["test"]:
            given["test"] = SCRIPT_TEST.format(script=given["script"].rsplit("/", 1)[-1])
        if not given["test"]:
            raise self.error("a law has a :test:")
        law = Law(self.arguments[0], **given)
        record(self.env).laws.setdefault(self.env.docname, []).append(law)
        test = law.test.rsplit("::", 1)[-1].split("[")[0]
        line = nodes.paragraph("", classes=["law"])
        line += [
            nodes.strong("", "Law"),
            nodes.Text(f" {law.name} · {'implemented' if law.function else 'shown'} by "),
            implementation(law),
            nodes.Text(" · tested by "),
            nodes.literal(test, test),
            nodes.Text(" · "),
            LinkToRow("", "checked against torch", law=law.row, internal=True),
        ]
        self.set_source_info(line)
        return [line]


class ShowLaws(SphinxDirective):
    """The table of every law of the site."""

    def run(self) -> list[nodes.Node]:
        """Return a place for the table."""
        record(self.env).tables.add(self.env.docname)
        place = TableOfLaws()
        self.set_source_info(place)
        return [place]


def implementation(law: Law) -> nodes.Node:
    """Return a reference to the function or to the script of a law."""
    if law.script:
        target = f"/auto_examples/{law.script}"
        return addnodes.pending_xref(
            "", nodes.inline("", law.script), refdomain="std", reftype="doc", reftarget=target,
            refexplicit=False, refwarn=True,
        )  # fmt: skip
    shown = nodes.literal("", f"{law.function}()", classes=["xref", "py", "py-func"])
    return addnodes.pending_xref(
        "", shown, refdomain="py", reftype="func", reftarget=f"dropout_explained.{law.function}",
        refexplicit=True, refwarn=True,
    )  # fmt: skip


def equation(law: Law) -> nodes.Node:
    """Return a reference to the equation of a law."""
    return addnodes.pending_xref(
        "", nodes.inline("", law.equation), refdomain="math", reftype="eq",
        reftarget=law.equation, refexplicit=False, refwarn=True,
    )  # fmt: skip


def table(laws: Iterable[Law], found: Mapping[str, tuple[str, str]]) -> nodes.Node:
    """Return the table, with references to be resolved."""
    group = nodes.tgroup("", *(nodes.colspec(colwidth=20) for _ in HEADINGS), cols=len(HEADINGS))
    group += nodes.thead("", row([nodes.Text(heading) for heading in HEADINGS]))
    body = nodes.tbody()
    for law in laws:
        kind, departure = found.get(law.name, (law.kind, "not run"))
        shown = nodes.inline("", departure, classes=[kind])
        cells = [nodes.Text(law.name), shown, equation(law), implementation(law)]
        body += row([*cells, nodes.literal(law.test, law.test)], ids=[law.row])
    group += body
    return nodes.table("", group, classes=["laws"])


def row(cells: Iterable[nodes.Node], **attributes: Any) -> nodes.row:
    """Return a row of a table."""
    entries = (nodes.entry("", nodes.paragraph("", "", cell)) for cell in cells)
    return nodes.row("", *entries, **attributes)


class FillTables(SphinxPostTransform):
    """Put the table in its place before Sphinx resolves references (at 10)."""

    default_priority = 4

    def run(self, **_: Any) -> None:
        """Fill the places of this page, of which there are mostly none."""
        for place in list(self.document.findall(TableOfLaws)):
            found = departures(self.env, self.env.docname) or {}
            place.replace_self(table(in_reading_order(self.env), found))


def link_to_rows(app: Sphinx, page: nodes.document, docname: str) -> None:
    """Give the links of a page to the table their addresses."""
    tables = sorted(record(app.env).tables)
    for link in list(page.findall(LinkToRow)):
        if tables:
            address = f"{app.builder.get_relative_uri(docname, tables[0])}#{link['law']}"
            link.replace_self(nodes.reference("", link.astext(), refuri=address, internal=True))
        else:
            link.replace_self(nodes.Text(link.astext()))


def settle(app: Sphinx, env: BuildEnvironment) -> Iterable[str]:
    """Say what does not match, and name the pages whose table shows other laws than before."""
    kept, laws = record(env), in_reading_order(env)
    for page in sorted(kept.tables):
        found = departures(env, page)
        if found is None and app.config.nb_execution_mode != "off":
            LOG.warning("no cell glues %r", GLUED, location=page, type="laws")
        for problem in problems(laws, found):
            LOG.warning("the law %s", problem, location=page, type="laws")
    changed, kept.shown = kept.shown != laws, laws
    return kept.tables if changed else ()


def purge(_app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Forget what a page held that is read again or is gone."""
    record(env).laws.pop(docname, None)
    record(env).tables.discard(docname)


def merge(
    _app: Sphinx, env: BuildEnvironment, docnames: Iterable[str], other: BuildEnvironment
) -> None:
    """Take over what another process read."""
    for docname in docnames:
        if docname in record(other).laws:
            record(env).laws[docname] = record(other).laws[docname]
    record(env).tables |= record(other).tables & set(docnames)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives, and connect to what Sphinx does with what it has read."""
    app.add_node(LinkToRow)
    app.add_node(TableOfLaws)
    app.add_directive("law", StateLaw)
    app.add_directive("laws", ShowLaws)
    app.add_post_transform(FillTables)
    app.connect("doctree-resolved", link_to_rows)
    app.connect("env-updated", settle)
    app.connect("env-purge-doc", purge)
    app.connect("env-merge-info", merge)
    return {"env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
