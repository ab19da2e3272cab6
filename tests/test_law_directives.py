"""Laws on their pages and in their table, on a small site of their own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup
from conftest import DOCS, ROOT

if TYPE_CHECKING:
    from pathlib import Path

for needed in ("sphinx", "myst_nb", "sphinx_design"):
    pytest.importorskip(needed)

from site_extensions.laws import Law, problems

CONF = """
extensions = [
    "myst_nb", "sphinx_design", "sphinxcontrib.bibtex", "site_extensions.freshness",
    "site_extensions.law_directives", "site_extensions.mathml",
]
bibtex_bibfiles = ["references.bib"]
myst_enable_extensions = ["dollarmath"]
nb_execution_mode = "cache"
numfig = True
exclude_patterns = ["_build"]
"""
INDEX = """
# Site

```{toctree}
second
first
skeleton
laws
```

```{py:function} dropout_explained.moments
```

```{py:function} dropout_explained.mask_moments
```
"""
PAGE = """
# {page}

```{{math}}
:label: {label}

y = x
```

```{{law}} {law}
:kind: {kind}
:equation: {label}
:function: moments
:test: tests/test_x.py::test_{label}[0.5]
```
"""
LAWS = """---
file_format: mystnb
kernelspec:
  name: python3
  display_name: Python 3
---

# Laws

```{{code-cell}} ipython3
from myst_nb import glue

glue("departures", {departures}, display=False)
```

```{{laws}}
```
"""
# What did not run glued nothing, and has no language that a lexer could know.
OFF = ("-D", "nb_execution_mode=off", "-D", "suppress_warnings=mystnb,docutils")
YOURS = "tests/test_laws.py::test_the_name_of_yours"
DEPARTURES = {
    "Law 1": ("statistical", "0.5 standard errors"),
    "Law x² / q": ("exact", "exact"),
    "Two calls are uncorrelated": ("statistical", "1.0 standard errors"),
}


def written(folder: Path) -> Path:
    """Write the sources of a site with two laws, and with the skeleton of a page and its law."""
    (folder / "conf.py").write_text(CONF)
    (folder / "references.bib").write_text((DOCS / "references.bib").read_text("utf-8"), "utf-8")
    (folder / "index.md").write_text(INDEX)
    (folder / "first.md").write_text(
        PAGE.format(page="First", label="one", law="Law 1", kind="statistical")
    )
    (folder / "second.md").write_text(
        PAGE.format(page="Second", label="two", law="Law x² / q", kind="exact"), "utf-8"
    )
    (folder / "laws.md").write_text(LAWS.format(departures=DEPARTURES), "utf-8")
    skeleton = (DOCS / "understand" / "skeleton.md.txt").read_text(encoding="utf-8")
    (folder / "skeleton.md").write_text(skeleton, encoding="utf-8")
    return folder


def built(sources: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Build a site as ours is built, in two processes and with warnings as errors."""
    flags = ("-W", "-n", "--keep-going", "-j", "2", "-d", str(sources / "_build" / "doctrees"))
    return subprocess.run(
        [sys.executable, "-m", "sphinx", *flags, *options, sources, sources / "_build" / "html"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(DOCS), str(ROOT)])},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site once."""
    sources = written(tmp_path_factory.mktemp("laws"))
    run = built(sources)
    assert run.returncode == 0, run.stderr
    return sources


def page(sources: Path, name: str) -> BeautifulSoup:
    """Parse a built page."""
    text = (sources / "_build" / "html" / f"{name}.html").read_text(encoding="utf-8")
    return BeautifulSoup(text, "html.parser")


def rows(sources: Path) -> list[list[str]]:
    """Return the cells of the table of laws."""
    found = page(sources, "laws").select("table.laws tbody tr")
    return [[cell.text.strip() for cell in row.select("td")] for row in found]


def test_a_law_stands_under_its_equation(original: Path) -> None:
    """With what implements it and what tests it, and with a way to its row of the table."""
    soup = page(original, "second")
    (line,) = soup.select("p.law")
    assert line.find_previous("div", class_="math") is not None
    assert line.text == (
        "Law Law x² / q · implemented by moments() · tested by test_two · checked against torch"
    )
    function, row = (str(link["href"]) for link in line.select("a"))
    assert function == "index.html#dropout_explained.moments"
    name, _, place = row.partition("#")
    assert name == "laws.html"
    assert page(original, "laws").select_one(f"tr#{place} td:-soup-contains('x²')")


def test_the_table_has_every_law_in_reading_order(original: Path) -> None:
    """Joined with its departure; the equation's number leads to the equation."""
    assert rows(original) == [
        ["Law x² / q", "exact", "(1)", "moments()", "tests/test_x.py::test_two[0.5]"],
        ["Law 1", "0.5 standard errors", "(2)", "moments()", "tests/test_x.py::test_one[0.5]"],
        ["Two calls are uncorrelated", "1.0 standard errors", "(3)", "mask_moments()", YOURS],
    ]
    links = [str(link["href"]) for link in page(original, "laws").select("table.laws td a")]
    assert "first.html#equation-one" in links
    assert page(original, "laws").select("td .exact, td .statistical")[0].text == "exact"


def test_without_execution_the_table_says_so(tmp_path: Path) -> None:
    """A partial build shows the laws, and claims nothing."""
    run = built(written(tmp_path), *OFF)
    assert run.returncode == 0, run.stderr
    assert [row[1] for row in rows(tmp_path)] == ["not run"] * 3


def test_a_law_that_leaves_something_out_is_refused(tmp_path: Path) -> None:
    """With what is missing, and where."""
    sources = written(tmp_path)
    text = (sources / "first.md").read_text()
    said = {
        ":kind: statistical\n": "a law has a :kind: and an :equation:",
        ":function: moments\n": "a law is implemented by a :function: or shown by a :script:",
        ":test: tests/test_x.py::test_one[0.5]\n": "a law has a :test:",
    }
    wrong = [text.split("\n\n", 3)[-1].replace(missing, "") for missing in said]
    (sources / "first.md").write_text("# First\n" + "\n".join(wrong))
    run = built(sources, "-D", "nb_execution_mode=off")
    assert run.returncode != 0
    for message in said.values():
        assert re.search(rf"first\.md:\d+: .*{message}", run.stderr), run.stderr


def law(name: str = "one", kind: str = "exact") -> Law:
    """Return a law of this name and kind."""
    return Law(name, kind, "label", "moments", "", "tests/test_x.py::test_x")


@pytest.mark.parametrize(
    ("laws", "departures", "said"),
    [
        ([law()], {"one": ("exact", "0")}, []),
        ([law()], {}, ["'one' has no departure"]),
        ([], {"one": ("exact", "0")}, ["'one' is stated on no page"]),
        ([law(), law()], {"one": ("exact", "0")}, ["'one' is stated 2 times"]),
        (
            [law(kind="statistical")],
            {"one": ("exact", "0")},
            ["'one' says statistical and its departure is exact"],
        ),
        ([law(), law()], None, ["'one' is stated 2 times"]),
    ],
)
def test_what_does_not_match_is_said(
    laws: list[Law], departures: dict[str, tuple[str, str]] | None, said: list[str]
) -> None:
    """A law, a departure, a name twice, another kind; what did not run is not compared."""
    assert problems(laws, departures) == said


def test_the_skeleton_of_a_page_builds(original: Path) -> None:
    """As it is: it runs, and its reference is found."""
    soup = page(original, "skeleton")
    printed = [cell.text.strip().split(":")[0] for cell in soup.select(".cell_output")]
    assert printed == ["16 masks", "largest deviation"]
    assert soup.select("aside.footnote, dl.footnote, .footnote-list")


def test_the_table_follows_an_edit_of_another_page(original: Path) -> None:
    """It is written again, and nothing is executed again."""
    sources = original
    text = (sources / "first.md").read_text()
    (sources / "first.md").write_text(text.replace("test_one", "test_another"))
    run = built(sources)
    assert run.returncode == 0, run.stderr
    assert "Executing" not in run.stdout + run.stderr
    assert rows(sources)[1][-1] == "tests/test_x.py::test_another[0.5]"
    # What no longer matches is said in each build, until it does.
    (sources / "first.md").write_text(text.replace("Law 1", "Law 2"))
    for _ in range(2):
        run = built(sources)
        assert run.returncode != 0
        assert "'Law 2' has no departure" in run.stderr
        assert "'Law 1' is stated on no page" in run.stderr
    # A page that goes takes its law with it.
    (sources / "first.md").unlink()
    (sources / "index.md").write_text(INDEX.replace("first\n", ""))
    run = built(sources)
    assert "'Law 1' is stated on no page" in run.stderr
    assert [row[0] for row in rows(sources)] == ["Law x² / q", "Two calls are uncorrelated"]
