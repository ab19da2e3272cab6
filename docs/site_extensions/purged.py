"""Take out of a style sheet what nothing on the site can match or name.

A selector stays if each class, id and element that it asks for occurs somewhere: in a page, or as a
word in a script, which may set it. States, attributes and what stands in ``:not()`` are never asked
for, so that nothing depends on what a reader does. Of what stays, no rule may lose an animation, a
font or a custom property that it names.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import tinycss2
from tinycss2 import ast

from site_extensions.remembered import remembered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

NAMED_IN_PAGES = re.compile(r'\b(class|id)="([^"]*)"')
ELEMENT = re.compile(r"<([a-z][a-z0-9-]*)")
WORD = re.compile(r"[A-Za-z_][\w-]*")
# Of their selectors one has to be possible.
ONE_OF = {"is", "where", "has", "-webkit-any", "-moz-any"}
VARIABLE = re.compile(r"var\(\s*(--[\w-]+)")


class Used(NamedTuple):
    """The names that occur on a site."""

    classes: frozenset[str]
    ids: frozenset[str]
    elements: frozenset[str]
    # What scripts may set, and styles that stand beside the sheet may name.
    words: frozenset[str]


NOTHING = Used(frozenset(), frozenset(), frozenset(), frozenset())


def used(pages: Iterable[str], scripts: Iterable[str]) -> Used:
    """Return the names in all pages and all scripts."""
    found = [*map(used_in_page, pages), *map(used_in_script, scripts)]
    return Used(*(frozenset().union(*kind) for kind in zip(NOTHING, *found, strict=True)))


@remembered
def used_in_page(page: str) -> Used:
    """Return the names in one page."""
    found: dict[str, set[str]] = {"class": set(), "id": set()}
    for kind, names in NAMED_IN_PAGES.findall(page):
        found[kind].update(names.split())
    elements = frozenset(ELEMENT.findall(page))
    return NOTHING._replace(
        classes=frozenset(found["class"]), ids=frozenset(found["id"]), elements=elements
    )


@remembered
def used_in_script(script: str) -> Used:
    """Return the words of one script."""
    return NOTHING._replace(words=frozenset(WORD.findall(script)))


def purged(sheet: str, names: Used, *, beside: str = "") -> str:
    """Return a style sheet without what cannot apply; ``beside`` are sheets that stay as they are."""
    rules = list(matching(tinycss2.parse_stylesheet(sheet, True, True), names))
    while True:
        text = "".join(map(written, rules))
        kept = list(without_unnamed(rules, text + beside, names.words))
        if "".join(map(written, kept)) == text:
            return text
        rules = kept


def matching(rules: Iterable[ast.Node], names: Used) -> Iterator[ast.Node]:
    """Yield the rules of which a selector can match, with those selectors only."""
    for rule in rules:
        if rule.type == "qualified-rule":
            selectors = [one for one in split(rule.prelude) if possible(one, names)]
            contents = tinycss2.parse_blocks_contents(rule.content, True, True)
            rule.prelude = joined(selectors)
            # What is an error to the parser, browsers leave out as well.
            rule.content = [one for one in contents if one.type != "error"]
            if selectors and rule.content:
                yield rule
        elif rule.type == "at-rule" and holds_rules(rule):
            inner = list(matching(tinycss2.parse_rule_list(rule.content, True, True), names))
            if inner:
                rule.content = inner
                yield rule
        elif rule.type == "at-rule" and rule.lower_at_keyword != "charset":
            yield rule


def holds_rules(rule: ast.AtRule) -> bool:
    """Return whether an at-rule holds rules for elements."""
    return rule.lower_at_keyword in {"media", "supports", "layer", "container"} and bool(
        rule.content
    )


def split(selectors: Iterable[ast.Node]) -> Iterator[list[ast.Node]]:
    """Yield the selectors of a list that commas separate."""
    one: list[ast.Node] = []
    for token in selectors:
        if token == ",":
            yield one
            one = []
        else:
            one.append(token)
    yield one


def joined(selectors: Sequence[list[ast.Node]]) -> list[ast.Node]:
    """Return selectors as a list with commas."""
    comma = ast.LiteralToken(0, 0, ",")
    return [token for one in selectors for token in (comma, *one)][1:]


def possible(selector: Sequence[ast.Node], names: Used) -> bool:
    """Return whether all that a selector asks for occurs."""
    before: ast.Node | str = ""
    for token in selector:
        if token.type == "ident" and before != ":":
            known = names.classes if before == "." else names.elements
            name = token.value if before == "." else token.lower_value
            if name not in known and name not in names.words:
                return False
        elif token.type == "hash" and token.value not in names.ids | names.words:
            return False
        elif token.type == "function" and token.lower_name in ONE_OF:
            parts = split(token.arguments)
            if not any(possible(one, names) for one in parts):
                return False
        before = token
    return True


def without_unnamed(
    rules: Iterable[ast.Node], sheet: str, words: frozenset[str]
) -> Iterator[ast.Node]:
    """Yield rules without fonts, animations and custom properties that nothing names."""
    variables = set(VARIABLE.findall(sheet)) | {f"--{word}" for word in words}
    animations = set(re.findall(r"animation(?:-name)?:([^;}]*)", sheet))
    fonts = " ".join(
        re.findall(r"font(?:-family)?:([^;}]*)", re.sub(r"@font-face\s*\{[^}]*\}", "", sheet))
    )
    for rule in rules:
        keyword = rule.lower_at_keyword if rule.type == "at-rule" else ""
        if keyword.endswith("keyframes"):
            name = tinycss2.serialize(rule.prelude).strip()
            if any(name in animation for animation in animations):
                yield rule
        elif keyword == "font-face":
            family = re.search(r"font-family:\s*([^;]*)", tinycss2.serialize(rule.content))
            if family and family[1].strip("\"' ") in fonts:
                yield rule
        elif keyword and holds_rules(rule):
            rule.content = list(without_unnamed(rule.content, sheet, words))
            if rule.content:
                yield rule
        elif keyword:
            yield rule
        else:
            rule.content = [one for one in rule.content if not unnamed(one, variables)]
            if rule.content:
                yield rule


def unnamed(declaration: ast.Node, variables: set[str]) -> bool:
    """Return whether this is a custom property of which no value is asked for."""
    name: str = declaration.name if declaration.type == "declaration" else ""
    return name.startswith("--") and name not in variables


def written(rule: ast.Node) -> str:
    """Return a rule as text."""
    if rule.type == "at-rule" and holds_rules(rule):
        inner = "".join(map(written, rule.content))
        return f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{inner}}}"
    if rule.type == "qualified-rule":
        inner = ";".join(one.serialize() for one in rule.content)
        return f"{tinycss2.serialize(rule.prelude)}{{{inner}}}"
    text: str = rule.serialize()
    return text
