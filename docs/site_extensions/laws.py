"""The laws of this site: what their pages state, and whether torch was compared with each.

A page states a law with ``{law}`` behind its equation, and the page with ``{laws}`` compares torch
with all of them when it runs. It glues ``departures``: a dictionary from the name of each law to
how it was compared and how it came out.
"""

from __future__ import annotations

import ast
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from docutils.nodes import make_id
from myst_nb.ext.glue.crossref import read_glue_cache

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sphinx.environment import BuildEnvironment

GLUED = "departures"
KINDS = ("statistical", "exact")


class Law(NamedTuple):
    """One law, as its page states it."""

    name: str
    kind: str
    equation: str
    function: str
    script: str
    test: str

    @property
    def row(self) -> str:
        """The id of its row in the table."""
        return make_id(f"law {self.name}")


class Record:
    """What the pages read so far hold: their laws, which show the table, and what it showed."""

    def __init__(self) -> None:
        self.laws: dict[str, list[Law]] = {}
        self.tables: set[str] = set()
        self.shown: list[Law] | None = None


def record(env: BuildEnvironment) -> Record:
    """Return the record that Sphinx keeps from build to build with its environment."""
    if not hasattr(env, "laws_of_the_site"):
        env.laws_of_the_site = Record()  # type: ignore[attr-defined]
    kept: Record = env.laws_of_the_site  # type: ignore[attr-defined]
    return kept


def problems(laws: Iterable[Law], departures: Mapping[str, tuple[str, str]] | None) -> list[str]:
    """Return in one sentence each where laws and departures do not match; None has not run."""
    counted = Counter(law.name for law in laws)
    found = [f"{name!r} is stated {count} times" for name, count in counted.items() if count > 1]
    if departures is None:
        return found
    found += [f"{name!r} has no departure" for name in counted if name not in departures]
    found += [f"{name!r} is stated on no page" for name in departures if name not in counted]
    for law in laws:
        kind = departures.get(law.name, (law.kind, ""))[0]
        if kind != law.kind:
            found.append(f"{law.name!r} says {law.kind} and its departure is {kind}")
    return found


def in_reading_order(env: BuildEnvironment) -> list[Law]:
    """Return all laws in the order in which a reader of the site meets them."""
    order: dict[str, None] = {}

    def visit(page: str) -> None:
        if page not in order:
            order[page] = None
            for child in env.toctree_includes.get(page, []):
                visit(child)

    visit(env.config.root_doc)
    stated = record(env).laws
    pages = [*order, *sorted(set(stated) - set(order))]
    return [law for page in pages for law in stated.get(page, [])]


def departures(env: BuildEnvironment, page: str) -> dict[str, tuple[str, str]] | None:
    """Return what a page glued when it ran, or None where it did not run."""
    metadata: dict[str, Any] = env.nb_metadata.get(page, {})  # type: ignore[attr-defined]
    if GLUED not in metadata.get("glue", []):
        return None
    cached = read_glue_cache(env.mystnb_config.output_folder, page)  # type: ignore[attr-defined]
    found: dict[str, tuple[str, str]] = ast.literal_eval(cached[GLUED]["data"]["text/plain"])
    return found
