"""What CONTRIBUTING says about the repository is so."""

from __future__ import annotations

import re

import pytest
from bs4 import BeautifulSoup
from conftest import DOCS, ROOT

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
TABLE = TEXT.split("## Where do I add ...?")[1].split("\n## ")[0]
ROWS = [line.strip("| ").split(" | ") for line in TABLE.splitlines() if line.startswith("| ")][2:]


TOP = {path.name for path in ROOT.iterdir()}


def paths(text: str) -> list[str]:
    """Return the files and folders of the repository that a text names."""
    return [name for name in re.findall(r"`([^`\s]+)`", text) if name.split("/")[0] in TOP]


def test_the_table_says_where_to_add_each_thing() -> None:
    """And each touches three files at most."""
    asked = {
        "a derivation",
        "a law",
        "a script",
        "a variant of dropout",
        "a public function",
        "a lab control",
    }
    assert asked <= {row[0] for row in ROWS}
    for what, where in ROWS:
        assert 1 <= len(where.split(";")) <= 3, what
        assert 1 <= len(paths(where)) <= 4, what


@pytest.mark.parametrize("name", sorted(set(paths(TEXT))))
def test_each_file_that_it_names_exists(name: str) -> None:
    """A placeholder in capitals stands for a new file, in a folder that exists."""
    path = ROOT / name
    if re.search(r"NAME|CLAIM", name):
        path = path.parent
    if "*" in name:
        assert list(ROOT.glob(name))
    else:
        assert path.exists()


def test_each_session_that_it_names_exists() -> None:
    """Sessions are renamed, and forgotten in prose."""
    code = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    sessions = set(re.findall(r"^def (\w+)\(session", code, re.MULTILINE))
    sessions |= set(re.findall(r"@nox\.session\(name=\"([\w-]+)\"", code))
    for line in re.findall(r"nox -s ([\w -]+?)(?: +#| --|[`\n])", TEXT):
        assert set(line.split()) <= sessions, line


@pytest.mark.site
def test_it_is_a_page_of_the_site(site: object) -> None:
    """With its table, the skeleton to copy, and links that lead somewhere."""
    html = DOCS / "_build" / "html" / "contributing.html"
    soup = BeautifulSoup(html.read_text(encoding="utf-8"), "html.parser")
    assert site
    assert len(soup.select("table tbody tr")) == len(ROWS)
    assert "# What two calls have in common" in soup.text
