"""Finish the built site in one walk: each file is read once, and written if that changes it.

What is done to a file is a function from text to text in a module of its own, which needs no
Sphinx. Each leaves alone what it has already done, because a build rewrites only the pages whose
sources changed.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

from sphinx.errors import ExtensionError

from site_extensions import (
    accessible,
    adaptive_svg,
    address,
    breakable,
    content_security,
    downloads,
    figure_sizes,
    folded,
    labelled_tables,
    leftovers,
    link_previews,
    markdown_twin,
    math_font,
    minified,
    needed_scripts,
    remembered,
    search_sections,
    structured_data,
    style_sheet,
)
from site_extensions.content_security import Moved

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    page = needed_scripts.only_needed(page)
    # Last, because it moves whatever the others write inline.
    return content_security.without_inline(page, root) if strict else Moved(page, {})


class Walked(NamedTuple):
    """What the pages of a site have, all of them together."""

    texts: dict[str, str]  # of all, by their place
    of_sources: set[str]  # those that come from one
    named: set[str]  # files of the site
    sections: list[search_sections.Section]


def walk(app: Sphinx, failure: Exception | None) -> None:
    """Finish every file of the built site, and remove what belongs to no source."""
    if failure or app.builder.format != "html":
        return
    site = Path(app.outdir)
    known = {*app.env.found_docs, *app.config.html_additional_pages}
    leftovers.remove(leftovers.pages_gone(site, known), site)
    serve_sources(Path(app.srcdir), site)
    with remembered.between_builds(Path(app.doctreedir)):
        finish(app, site)
    downloads.finish(site)


def finish(app: Sphinx, site: Path) -> None:
    """Finish what pages show, and write what is made of all of them."""
    texts, of_sources, named, sections = walk_pages(app, site)
    texts |= link_what_all_share(app, site, texts, named)
    pages = {name: texts[name] for name in sorted(of_sources)}
    address.write_map(site, {address.of_page(page) for page in pages.values()} - {""})
    markdown_twin.write(site, app.config.html_title, pages)
    listed = site / search_sections.LISTED
    listed.parent.mkdir(parents=True, exist_ok=True)
    listed.write_text(search_sections.script(sections), encoding="utf-8")
    for path in sorted((site / "_images").glob("*.svg")):
        before = path.read_text(encoding="utf-8")
        save(Moved(adaptive_svg.following_the_scheme(before), {}), path, before, site)
    leftovers.remove(leftovers.files_gone(site, named), site)


def walk_pages(app: Sphinx, site: Path) -> Walked:
    """Finish every page, and return what is in them."""
    # While pages are edited, a reloading script stands inline in each.
    strict = not app.tags.has("live")
    walked = Walked({}, set(), set(), [])
    memory = style_sheet.Memory.of(Path(app.doctreedir))
    for path in sorted(site.rglob("*.html")):
        name = path.relative_to(site).as_posix()
        of_source = name.removesuffix(".html") in app.env.found_docs
        before = path.read_text(encoding="utf-8")
        if content_security.META in before:
            after = Moved(before, {})
        else:
            page = markdown_twin.announced(before, path.name) if of_source else before
            root, colab = way_to_root(path, site), app.config.colab_notebooks
            page = figure_sizes.sized(page, functools.partial(size_of_image, path.parent))
            after = finished(page, root, strict=strict, colab=colab)
            after = style_sheet.with_one_sheet(after, memory)
            if name == f"{address.NOT_FOUND}.html":
                after = Moved(address.from_anywhere(after.text), after.files)
        save(after, path, before, site)
        walked.texts[name] = after.text
        if of_source:
            walked.of_sources.add(name)
        walked.named.update(leftovers.files_named(after.text))
        walked.sections.extend(search_sections.sections(after.text, name))
    return walked


def size_of_image(folder: Path, address: str) -> tuple[int, int] | None:
    """Return the size of a drawing that a page of this folder shows."""
    path = folder / unquote(address)
    if path.suffix != ".svg" or not path.is_file():
        return None
    return figure_sizes.of_drawing(path.read_text(encoding="utf-8"))


def link_what_all_share(
    app: Sphinx, site: Path, texts: Mapping[str, str], named: set[str]
) -> dict[str, str]:
    """Write the style sheet and the fonts, which depend on all pages, and return the pages that link them."""
    formulas = {name: math_font.shown(text) for name, text in texts.items()}
    pieces = math_font.in_pieces(formulas.values())
    fonts = math_font.serve(pieces, site, Path(app.doctreedir))
    version, pictures = style_sheet.write(app, texts.values(), math_font.faces(fonts))
    named |= pictures
    linked = {}
    for name, text in texts.items():
        early = [font for font, members in fonts.items() if members & formulas[name].all]
        linked[name] = style_sheet.linked(text, version, early)
        save(Moved(linked[name], {}), site / name, text, site)
    return linked


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
            if source.suffix == ".css" and source.name not in style_sheet.APART:
                continue  # a part of the one sheet
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
