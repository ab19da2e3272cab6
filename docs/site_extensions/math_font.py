"""Cut the mathematics font to what the formulas show, in two pieces: what many pages need, and the rest.

Browsers ask for a piece when a page shows one of its characters. Chromium takes what stretches, and
the measures of all formulas, from the piece that has the space: that is the common one.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import io
import json
import logging
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from selectolax.lexbor import LexborHTMLParser

from site_extensions.remembered import remembered

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from selectolax.lexbor import LexborNode

FAMILY = "STIX Two Math"
PACKAGE = "ziamath"  # brings it
COMMON, REST = (Path("_static") / f"stix-two-math{which}.woff2" for which in ("", "-rest"))
# A character is common if it is on one in so many of the pages with formulas. So are all of ASCII:
# Chromium asks for the piece that has a letter also where the letter is shown as an italic one.
ONE_IN = 4
# Browsers draw a root's sign by themselves, and measure the space.
ALWAYS = frozenset("√ ")
LEAVES = "mi, mo, mn, mtext, ms"
BEHIND_THE_FIRST = ("msub", "msup", "msubsup", "munder", "mover", "munderover", "mmultiscripts")

# A variable of one letter is shown as the italic character that Unicode has for it.
ITALIC = {0x41 + i: 0x1D434 + i for i in range(26)} | {0x61 + i: 0x1D44E + i for i in range(26)}
ITALIC |= {0x3B1 + i: 0x1D6FC + i for i in range(25)} | {
    ord("h"): ord("ℎ"),
    ord("∂"): 0x1D715,
}


class Shown(NamedTuple):
    """The characters that formulas show, and which of them are small or may stretch."""

    all: frozenset[str]
    small: frozenset[str]
    stretched: frozenset[str]


NOTHING = Shown(frozenset(), frozenset(), frozenset())


@remembered
def shown(page: str) -> Shown:
    """Return the characters that the formulas of a page show; their sources are not shown."""
    if "<math" not in page:
        return NOTHING
    tree = LexborHTMLParser(page)
    for source in tree.css("math annotation"):
        source.decompose()
    every: set[str] = set()
    small: set[str] = set()
    stretched: set[str] = set()
    for leaf in tree.css(", ".join(f"math {tag}" for tag in LEAVES.split(", "))):
        every.update(characters(leaf))
        if leaf.tag == "mo" and leaf.attributes.get("stretchy") != "false":
            stretched.update(characters(leaf))
    for tag in BEHIND_THE_FIRST:
        for scripted in tree.css(f"math {tag}"):
            for part in list(scripted.iter())[1:]:
                for leaf in [part] if part.tag in LEAVES.split(", ") else part.css(LEAVES):
                    small.update(characters(leaf))
    return Shown(frozenset(every), frozenset(small), frozenset(stretched))


def characters(leaf: LexborNode) -> str:
    """Return what one element of a formula shows."""
    text = leaf.text()
    if (
        leaf.tag == "mi"
        and leaf.attributes.get("mathvariant") != "normal"
        and len(text.strip()) == 1
    ):
        return text.strip().translate(ITALIC)
    return text


@functools.cache
def stretchable() -> frozenset[str]:
    """Return the characters of which the font has larger forms."""
    return stretchable_in(metadata.version(PACKAGE))


@remembered
def stretchable_in(_release: str) -> frozenset[str]:
    """Return the characters of which the font in a release of its package has larger forms."""
    font = whole_font()
    forms = font["MATH"].table.MathVariants
    glyphs = {*forms.VertGlyphCoverage.glyphs, *forms.HorizGlyphCoverage.glyphs}
    return frozenset(chr(code) for code, glyph in font.getBestCmap().items() if glyph in glyphs)


def whole_font() -> Any:
    """Return the font before it is cut."""
    from fontTools.ttLib import TTFont

    # Of the package that brings it only the place is asked for.
    package = importlib.util.find_spec(PACKAGE)
    assert package is not None
    assert package.origin is not None
    return TTFont(Path(package.origin).parent / "fonts" / "STIXTwoMath-Regular.ttf")


class Pieces(NamedTuple):
    """Which characters are in which piece of the font."""

    common: frozenset[str]
    rest: frozenset[str]
    whole: Shown  # what all pages together show


def in_pieces(pages: Iterable[Shown]) -> Pieces:
    """Divide the characters by the number of pages that show them."""
    found = [page for page in pages if page.all]
    whole = Shown(*(frozenset().union(*kind) for kind in zip(NOTHING, *found, strict=True)))
    often = {c for c in whole.all if sum(c in page.all for page in found) * ONE_IN >= len(found)}
    plain = {c for c in whole.all if c.isascii()}
    common = frozenset(often | plain | (whole.stretched & stretchable()) | ALWAYS)
    return Pieces(common, whole.all - common, whole)


def serve(pieces: Pieces, site: Path, memory: Path) -> dict[str, frozenset[str]]:
    """Write the pieces, unless they are cut to this already; return their addresses with versions."""
    record = memory / "font_pieces.json"
    wanted = [sorted(pieces.common), sorted(pieces.rest), *map(sorted, pieces.whole)]
    addresses: dict[str, frozenset[str]] = {}
    text = json.dumps([*wanted, ONE_IN])
    current = record.exists() and record.read_text(encoding="utf-8") == text
    for path, members in ((COMMON, pieces.common), (REST, pieces.rest)):
        target = site / path
        if not members - ALWAYS:
            target.unlink(missing_ok=True)
            continue
        if not (current and target.exists()):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(subset(members, pieces.whole))
        version = hashlib.sha256(target.read_bytes()).hexdigest()[:8]
        addresses[f"{path.as_posix()}?v={version}"] = members
    record.write_text(text, encoding="utf-8")
    return addresses


def faces(addresses: Mapping[str, frozenset[str]]) -> str:
    """Return the rules that name the pieces, for a sheet beside them."""
    return "".join(
        f'@font-face{{font-family:"{FAMILY}";src:url("{address.rpartition("/")[2]}")format("woff2");'
        f"font-display:swap;unicode-range:{','.join(f'U+{ord(c):X}' for c in sorted(members))}}}\n"
        for address, members in addresses.items()
    )


def subset(members: Iterable[str], whole: Shown) -> bytes:
    """Return STIX Two Math with only some characters, as WOFF2.

    Of these, what is small somewhere has its small forms, and what may stretch its larger ones.
    """
    from fontTools.subset import Options, Subsetter

    logging.getLogger("fontTools.subset").setLevel(logging.WARNING)
    font = whole_font()
    glyphs = font.getBestCmap()
    small, stretched = (
        {glyphs.get(ord(c)) for c in kind} for kind in (whole.small, whole.stretched | ALWAYS)
    )
    keep_forms(font, small, stretched)
    subsetter = Subsetter(Options(layout_features=["ssty"], notdef_outline=True, hinting=False))
    subsetter.populate(text="".join(sorted(members)))
    subsetter.subset(font)
    font.flavor = "woff2"
    buffer = io.BytesIO()
    font.save(buffer)
    return buffer.getvalue()


def keep_forms(font: Any, small: set[str | None], stretched: set[str | None]) -> None:
    """Take out of a font the small and the larger forms of all other glyphs."""
    substitutions = font["GSUB"].table
    for record in substitutions.FeatureList.FeatureRecord:
        for index in record.Feature.LookupListIndex if record.FeatureTag == "ssty" else ():
            for table in substitutions.LookupList.Lookup[index].SubTable:
                forms = getattr(table, "ExtSubTable", table).alternates
                for glyph in set(forms) - small:
                    del forms[glyph]
    variants = font["MATH"].table.MathVariants
    for coverage, forms in (
        (variants.VertGlyphCoverage, variants.VertGlyphConstruction),
        (variants.HorizGlyphCoverage, variants.HorizGlyphConstruction),
    ):
        kept = [
            (glyph, form)
            for glyph, form in zip(coverage.glyphs, forms, strict=True)
            if glyph in stretched
        ]
        coverage.glyphs, forms[:] = [glyph for glyph, _ in kept], [form for _, form in kept]
    variants.VertGlyphCount = len(variants.VertGlyphConstruction)
    variants.HorizGlyphCount = len(variants.HorizGlyphConstruction)
