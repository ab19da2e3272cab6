"""The box that opens a page: its question, its claim, the answer in ten seconds, and where to try it.

::

    :::{lead}
    :question: Why does dropout change the values that it keeps?
    :claim: Divided by $1 - p$, they average to the input.
    :lab: v=1&x=1,2,3,4&p=0.5&seed=0
    :needs: {term}`mask`, {term}`expected output`

    What one should know after ten seconds, in a sentence or three.
    :::

``lab`` is the fragment of the lab's address that sets its state; ``needs`` says what one must
know first. A page without a lead does not build.
"""

from __future__ import annotations

import posixpath
from html import escape
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment


# Written by sphinx-gallery from scripts, whose first lines are their leads; the first page has its answer.
GENERATED = ("auto_examples/", "gen_modules/")
FIRST = "index"


class LeadNode(nodes.General, nodes.Element):
    """The box of one page."""


class Lead(SphinxDirective):
    """Open a page."""

    has_content = True
    option_spec: ClassVar = {
        "question": directives.unchanged_required,
        "claim": directives.unchanged_required,
        "lab": directives.unchanged_required,
        "needs": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        """Return the box; what it lacks is an error that names the page's line."""
        self.assert_has_content()
        missing = [name for name in ("question", "claim") if not self.options.get(name)]
        if missing:
            raise self.error(f"a lead needs its {' and its '.join(missing)}")
        box = LeadNode("", classes=["lead"])
        questions(self.env)[self.env.docname] = self.options["question"]
        for name, label in (("question", "The question"), ("claim", "The claim")):
            box += self.part(name, label, *self.inline(self.options[name]))
        answer = nodes.container("", classes=["lead-answer"])
        answer += nodes.paragraph("", "In ten seconds", classes=["lead-label"])
        self.state.nested_parse(self.content, self.content_offset, answer)
        box += answer
        after = nodes.container("", classes=["lead-after"])
        if "lab" in self.options:
            after += self.way_to_the_lab()
        if "needs" in self.options:
            after += self.part("needs", "Know first", *self.inline(self.options["needs"]))
        if after.children:
            box += after
        return [box]

    def part(self, name: str, label: str, *content: nodes.Node) -> nodes.container:
        """Return one labelled line."""
        part = nodes.container("", classes=[f"lead-{name}"])
        part += nodes.paragraph("", label, classes=["lead-label"])
        part += nodes.paragraph("", "", *content)
        return part

    def inline(self, text: str) -> list[nodes.Node]:
        """Parse what an option says, as a line of the page."""
        content, messages = self.state.inline_text(text, self.lineno)
        return [*content, *messages]

    def way_to_the_lab(self) -> nodes.paragraph:
        """Return a link to the lab in the state that the option names."""
        root = "../" * self.env.docname.count("/")
        address = f"{root}lab/index.html#{self.options['lab']}"
        link = nodes.reference("", "Try it in the lab", refuri=address, classes=["lead-lab"])
        return nodes.paragraph("", "", link)


def questions(env: BuildEnvironment) -> dict[str, str]:
    """Return what each page asks, as its source says it."""
    if not hasattr(env, "questions_of_pages"):
        env.questions_of_pages = {}  # type: ignore[attr-defined]
    kept: dict[str, str] = env.questions_of_pages  # type: ignore[attr-defined]
    return kept


def forget(_app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Forget the question of a page that is read again or gone."""
    questions(env).pop(docname, None)


def merge(_app: Sphinx, env: BuildEnvironment, _names: object, other: BuildEnvironment) -> None:
    """Take over what another process has read."""
    questions(env).update(questions(other))


def ask_on(
    app: Sphinx, pagename: str, _template: str, context: dict[str, Any], _doctree: object
) -> None:
    """Let the links to the neighbours of a page say what those ask."""
    asked = questions(app.env)
    for name in ("prev", "next"):
        neighbour = context.get(name)
        if not neighbour:
            continue
        target = posixpath.normpath(
            posixpath.join(posixpath.dirname(pagename), neighbour["link"].split("#")[0])
        ).removesuffix(".html")
        # A formula would have to be typeset, and the title stands beside it.
        if "$" not in asked.get(target, "$") and "`" not in asked[target]:
            question = f'<span class="next-question">{escape(asked[target])}</span>'
            context[name] = {**neighbour, "title": neighbour["title"] + question}


def refuse_pages_without(app: Sphinx, doctree: nodes.document) -> None:
    """Stop the build at a page that does not open with a lead."""
    name = app.env.docname
    needs_none = name == FIRST or name.startswith(GENERATED)
    if not needs_none and not next(doctree.findall(LeadNode), None):
        place = f"{app.env.doc2path(name)}:1"
        raise ExtensionError(f"{place}: a page opens with a lead (question, claim, ten seconds)")


def visit(translator: Any, node: LeadNode) -> None:
    """Open the box."""
    translator.body.append(translator.starttag(node, "div"))


def depart(translator: Any, _node: LeadNode) -> None:
    """Close the box."""
    translator.body.append("</div>\n")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive, and look at each page that was read."""
    app.add_node(LeadNode, html=(visit, depart))
    app.add_directive("lead", Lead)
    app.connect("doctree-read", refuse_pages_without)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    app.connect("html-page-context", ask_on)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
