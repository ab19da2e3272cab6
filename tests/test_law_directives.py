"""Laws on their pages and in their table, on a small site of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup
from conftest import DOCS, ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("sphinx")

from site_extensions.laws import Law, problems

pytestmark = pytest.mark.site

CONF = """
extensions = [
    "myst_nb", "sphinx_design", "sphinxcontrib.bibtex", "site_extensions.law_directives",
    "site_extensions.mathml",
]
bibtex_bibfiles = ["references.bib"]
myst_enable_extensions = ["dollarmath"]
nb_execution_mode = "cache"
numfig = True
"""
INDEX = """
# Site

```{toctree}
second
first
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
DEPARTURES = {"Law 1": ("statistical", "0.5 standard errors"), "Law x² / q": ("exact", "exact")}


def written(folder: Path, departures: dict[str, tuple[str, str]] = DEPARTURES) -> Path:
    """Write the sources of a site with two laws."""
    (folder / "conf.py").write_text(CONF)
    (folder / "references.bib").write_text((DOCS / "references.bib").read_text("utf-8"), "utf-8")
    (folder / "index.md").write_text(INDEX)
    (folder / "first.md").write_text(
        PAGE.format(page="First", label="one", law="Law 1", kind="statistical")
    )
    (folder / "second.md").write_text(
        PAGE.format(page="Second", label="two", law="Law x² / q", kind="exact"), "utf-8"
    )
    (folder / "laws.md").write_text(LAWS.format(departures=departures), "utf-8")
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
    ]
    links = [str(link["href"]) for link in page(original, "laws").select("table.laws td a")]
    assert "first.html#equation-one" in links
    assert page(original, "laws").select("td .exact, td .statistical")[0].text == "exact"


def test_the_table_follows_an_edit_of_another_page(original: Path, tmp_path: Path) -> None:
    """It is written again, and nothing is executed again."""
    sources = shutil.copytree(original, tmp_path / "copy")
    assert built(sources).returncode == 0  # the paths are new
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
    assert [row[0] for row in rows(sources)] == ["Law x² / q"]


def test_without_execution_the_table_says_so(tmp_path: Path) -> None:
    """A partial build shows the laws, and claims nothing."""
    run = built(written(tmp_path), "-D", "nb_execution_mode=off")
    assert run.returncode == 0, run.stderr
    assert [row[1] for row in rows(tmp_path)] == ["not run", "not run"]


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        (":kind: statistical\n", "a law has a :kind: and an :equation:"),
        (":function: moments\n", "a law is implemented by a :function: or shown by a :script:"),
        (":test: tests/test_x.py::test_one[0.5]\n", "a law has a :test:"),
    ],
)
def test_a_law_that_leaves_something_out_is_refused(
    missing: str, message: str, tmp_path: Path
) -> None:
    """With what is missing, and where."""
    sources = written(tmp_path)
    text = (sources / "first.md").read_text()
    assert missing in text
    (sources / "first.md").write_text(text.replace(missing, ""))
    run = built(sources, "-D", "nb_execution_mode=off")
    assert run.returncode != 0
    assert message in run.stderr
    assert "first.md:" in run.stderr


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


def test_the_skeleton_of_a_page_builds(tmp_path: Path) -> None:
    """As it is: it runs, its law stands in the table, and its reference is found."""
    departures = {**DEPARTURES, "Two calls are uncorrelated": ("statistical", "1.0")}
    sources = written(tmp_path, departures)
    skeleton = (DOCS / "understand" / "skeleton.md.txt").read_text(encoding="utf-8")
    (sources / "skeleton.md").write_text(skeleton, encoding="utf-8")
    (sources / "index.md").write_text(INDEX.replace("first\n", "first\nskeleton\n"))
    run = built(sources)
    assert run.returncode == 0, run.stdout + run.stderr
    printed = [cell.text for cell in page(sources, "skeleton").select(".cell_output")]
    assert [text.strip().split(":")[0] for text in printed] == ["16 masks", "largest deviation"]
    assert rows(sources)[2][0] == "Two calls are uncorrelated"
