"""What a build that failed has to say at its end: the place of each problem, what is wrong, what to do.

Sphinx, myst-nb and sphinx-gallery each say it in their own way, between tracebacks and progress. This
module knows no Sphinx: it reads what was written.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST = 12
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
WARNED = re.compile(
    r"^(?:(?P<place>[^\s:][^:\n]*?)(?::(?P<line>\d+))?: )?(?:WARNING|ERROR|CRITICAL|SEVERE): (?P<what>.+)$",
    re.MULTILINE,
)
CELL = re.compile(
    r"-{18}\n(?P<cell>.*?)\n-{18}\n(?P<rest>.*?)ExecutionError: (?P<place>[^\n]+\.md)$",
    re.DOTALL | re.MULTILINE,
)
SCRIPT = re.compile(r'File "(?P<place>[^"]*[/\\]examples[/\\][^"]+\.py)", line (?P<line>\d+)')
OURS = re.compile(
    r"^(?:sphinx\.errors\.)?(?:ExtensionError|ConfigError): (?P<what>(?!Handler ).+)$", re.MULTILINE
)
PLACED = re.compile(r"(?P<place>[^\s:]*[./\\][^\s:]*)(?::(?P<line>\d+))?: (?P<what>.+)")
SYSTEM = re.compile(r"\[Errno (?P<number>\d+)\] (?P<what>[^:)\n]+)(?:: '(?P<place>[^']+)')?")
RAISED = re.compile(r"^(?P<what>\w[\w.]*(?:Error|Exception|Interrupt)\b.*)$", re.MULTILINE)
# What to do, by the first words that fit.
REMEDIES = (
    ("a cell raised", "Mend the cell, or what it calls."),
    ("the script raised", "Mend it, or what it calls: it runs alone as well, with python."),
    ("Expected closing token", "Mend the formula."),
    ("glue", "Let a cell of that page `glue` it under this name, or correct the name."),
    ("undefined label", "Correct the label, or give it to the equation, figure or heading that is meant."),
    ("reference target not found", "Correct the name, or document it in docs/reference/api."),
    ("unknown document", "Correct the path, or write that page."),
    ("cross-reference target", "Correct the path or the heading's name."),
    ("not readable", "Put the file there, or correct its path."),
    ("Unknown directive", "Correct its name, or add the extension that has it to docs/conf.py."),
    ("Unknown interpreted text role", "Correct its name, or add the extension that has it to docs/conf.py."),
    ("toctree", "Correct the list, or name the page in docs/index.md."),
    ("lead", "Copy it from docs/understand/skeleton.md.txt."),
    ("law", "Name the law alike on its page and in docs/laws.md (CONTRIBUTING.md, A law)."),
    ("No space left", "Make room on that disk."),
    ("Read-only file system", "Let the build write there, or build elsewhere: sphinx-build docs FOLDER."),
    ("Permission denied", "Let the build write there, or build elsewhere: sphinx-build docs FOLDER."),
)  # fmt: skip
ANY = "Mend it there."
AGAIN = "What was well is kept; the next build takes up the rest."


class Problem(NamedTuple):
    """What is wrong, and where."""

    place: str
    line: int | None
    what: str

    def __str__(self) -> str:
        """Return one sentence with the place, and one with the remedy."""
        where = f"{shortened(self.place)}, line {self.line}" if self.line else shortened(self.place)
        remedy = next((then for words, then in REMEDIES if words in self.what), ANY)
        return f"{where}: {self.what.rstrip(' .')}. {remedy}"


def number(line: str | None) -> int | None:
    """Return the number of a line, if there is one."""
    return int(line) if line else None


def shortened(place: str) -> str:
    """Return a path from the current folder, if it is below that."""
    path = Path(place)
    here = Path.cwd()
    return (
        str(path.relative_to(here)) if path.is_absolute() and path.is_relative_to(here) else place
    )


def line_of_cell(page: str, cell: str, within: int) -> int | None:
    """Return the line of a page in which a line of one of its cells stands."""
    try:
        text = Path(page).read_text(encoding="utf-8")
    except OSError:
        return None
    start = text.find(cell.strip("\n"))
    return None if start < 0 else text.count("\n", 0, start) + within


def of_a_cell(output: str) -> Iterator[Problem]:
    """Yield the exception that a page's cell raised."""
    for found in CELL.finditer(output):
        within = re.findall(r"Cell In\[\d+\], line (\d+)", found["rest"])
        raised = [one for one in RAISED.findall(found["rest"]) if "Traceback" not in one]
        line = line_of_cell(found["place"], found["cell"], int(within[0])) if within else None
        yield Problem(
            found["place"], line, f"a cell raised {raised[-1] if raised else 'an exception'}"
        )


def of_a_script(output: str) -> Iterator[Problem]:
    """Yield the exception that a script of the gallery raised."""
    places = list(SCRIPT.finditer(output))
    if places and "generate_gallery_rst" in output:
        raised = RAISED.search(output, places[-1].end())
        yield Problem(
            places[-1]["place"],
            int(places[-1]["line"]),
            f"the script raised {raised['what'] if raised else 'an exception'}",
        )


def of_this_site(output: str) -> Iterator[Problem]:
    """Yield what the site's own extensions refused."""
    for found in OURS.finditer(output):
        placed = PLACED.match(found["what"])
        if placed:
            yield Problem(placed["place"], number(placed["line"]), placed["what"])
        else:
            yield Problem("docs/conf.py", None, found["what"])


def of_the_system(output: str) -> Iterator[Problem]:
    """Yield what the operating system refused."""
    for found in SYSTEM.finditer(output):
        yield Problem(found["place"] or "the built site", None, found["what"])


def problems(output: str) -> list[Problem]:
    """Return each problem of a build that failed, once, from what it wrote to stderr."""
    text = "\n".join(line.removeprefix("    ") for line in COLOURS.sub("", output).splitlines())
    found = [
        Problem(one["place"] or "docs", number(one["line"]), one["what"])
        for one in WARNED.finditer(text)
        if "Executing notebook failed" not in one["what"]
    ]
    raised = [*of_a_cell(text), *of_a_script(text), *of_this_site(text), *of_the_system(text)]
    if not found and not raised:
        last = RAISED.findall(text)
        raised = [Problem("the build", None, last[-1])] if last else []
    return list(dict.fromkeys([*found, *raised]))


def closing(output: str) -> str:
    """Return the last words of a build that failed."""
    found = problems(output)
    count = f"{len(found)} problem{'s' * (len(found) != 1)}" if found else "no reason was given"
    lines = [f"\nThe site was not built: {count}.", *(f"  {one}" for one in found[:MOST])]
    if len(found) > MOST:
        lines.append(f"  and {len(found) - MOST} more, above.")
    return "\n".join([*lines, AGAIN]) + "\n"
