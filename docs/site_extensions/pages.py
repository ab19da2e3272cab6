"""Finish the built site in one walk: each file is read once, and written if that changes it.

What is done to a file is a function from text to text in a module of its own, which needs no
Sphinx. Each leaves alone what it has already done, because a build rewrites only the pages whose
sources changed.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sphinx.errors import ExtensionError

from site_extensions import (
    accessible,
    adaptive_svg,
    address,
    breakable,
    content_security,
    downloads,
    folded,
    labelled_tables,
    leftovers,
    link_previews,
    markdown_twin,
    mathml,
    minified,
    search_sections,
    structured_data,
)
from site_extensions.content_security import Moved

if TYPE_CHECKING:
    from sphinx.application import Sphinx

# What the site's own folders are called where they are served.
SERVED = {"_static": Path("_static"), "lab/modules": Path("_static") / "lab"}


def finished(page: str, root: str, *, strict: bool, colab: str = "") -> Moved:
    """Return a page as it is served, in the order in which it gets there."""
    page = accessible.named(page)
    page = link_previews.in_own_words(page)
    page = labelled_tables.labelled(page)
    page = breakable.with_formulas_unbroken(breakable.with_places_to_break(page))
    page = downloads.labelled(page, colab)
    page = folded.open_until_scripted(page)
    page = structured_data.described(page)
    page = mathml.with_font_early(page, root)
    # Last, because it moves whatever the others write inline.
    return content_security.without_inline(page, root) if strict else Moved(page, {})


class Walked(NamedTuple):
    """What the pages of a site have, all of them together."""

    pages: dict[str, str]  # those that come from a source, by their place
    named: set[str]  # files of the site
    characters: set[str]  # in formulas
    sections: list[search_sections.Section]


def walk(app: Sphinx, failure: Exception | None) -> None:
    """Finish every file of the built site, and remove what belongs to no source."""
    if failure or app.builder.format != "html":
        return
    site = Path(app.outdir)
    known = {*app.env.found_docs, *app.config.html_additional_pages}
    leftovers.remove(leftovers.pages_gone(site, known), site)
    pages, named, characters, sections = walk_pages(app, site)
    address.write_map(site, {address.of_page(page) for page in pages.values()} - {""})
    markdown_twin.write(site, app.config.html_title, pages)
    serve_sources(Path(app.srcdir), site)
    listed = site / search_sections.LISTED
    listed.parent.mkdir(parents=True, exist_ok=True)
    listed.write_text(search_sections.script(sections), encoding="utf-8")
    for path in sorted((site / "_static").rglob("*.css")):
        before = path.read_text(encoding="utf-8")
        after = content_security.pictures_as_files(before, way_to_root(path, site))
        save(after, path, before, site)
        named |= leftovers.files_named(after.text)
    for path in sorted((site / "_images").glob("*.svg")):
        before = path.read_text(encoding="utf-8")
        save(Moved(adaptive_svg.following_the_scheme(before), {}), path, before, site)
    mathml.serve_font(characters, site, Path(app.doctreedir))
    leftovers.remove(leftovers.files_gone(site, named), site)
    downloads.finish(site)


def walk_pages(app: Sphinx, site: Path) -> Walked:
    """Finish every page, and return what is in them."""
    # While pages are edited, a reloading script stands inline in each.
    strict = not app.tags.has("live")
    walked = Walked({}, set(), set(), [])
    for path in sorted(site.rglob("*.html")):
        name = path.relative_to(site).as_posix()
        of_source = name.removesuffix(".html") in app.env.found_docs
        before = path.read_text(encoding="utf-8")
        if content_security.META in before:
            after = Moved(before, {})
        else:
            page = markdown_twin.announced(before, path.name) if of_source else before
            root, colab = way_to_root(path, site), app.config.colab_notebooks
            after = finished(page, root, strict=strict, colab=colab)
            if name == f"{address.NOT_FOUND}.html":
                after = Moved(address.from_anywhere(after.text), after.files)
        save(after, path, before, site)
        if of_source:
            walked.pages[name] = after.text
        walked.named.update(leftovers.files_named(after.text))
        walked.characters.update(mathml.characters(after.text))
        walked.sections.extend(search_sections.sections(after.text, name))
    return walked


def way_to_root(path: Path, site: Path) -> str:
    """Return the relative address of the site from one of its files."""
    return "../" * (len(path.relative_to(site).parts) - 1)


def save(after: Moved, path: Path, before: str, site: Path) -> None:
    """Write a text where it changed, and what moved out of it."""
    for name, text in after.files.items():
        target = site / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    if after.text != before:
        path.write_text(after.text, encoding="utf-8")


def serve_sources(sources: Path, site: Path) -> None:
    """Write the site's own scripts, styles and drawings, made smaller, where they are served."""
    for folder, served in SERVED.items():
        for source in sorted((sources / folder).rglob("*")):
            # What others wrote is served as they wrote it: the minifier makes MiniSearch fail.
            if source.suffix not in minified.KINDS or "vendor" in source.parts:
                continue
            target = site / served / source.relative_to(sources / folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                text = minified.smaller(source.read_text(encoding="utf-8"), source.suffix)
            except ValueError as error:
                raise ExtensionError(located(source, error)) from error
            target.write_text(text, encoding="utf-8")
    modules = site / SERVED["lab/modules"]
    kept = {
        path.relative_to(sources / "lab/modules") for path in sources.glob("lab/modules/**/*.js")
    }
    gone = [path for path in modules.rglob("*.js") if path.relative_to(modules) not in kept]
    leftovers.remove(gone, site)


def located(source: Path, error: ValueError) -> str:
    """Return what is wrong in a file as one line that begins with its place."""
    said = str(error).partition("\n")[0]
    line = re.search(r" on line (\d+)", said)
    return f"{source}:{line[1]}: {said}" if line else f"{source}: {said}"


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to Sphinx after all that writes into the site."""
    app.setup_extension("site_extensions.downloads")
    app.connect("build-finished", walk, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
