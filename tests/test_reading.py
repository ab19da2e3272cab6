"""The built site as it is read: found by the reader's words, opened by a lead, wide enough nowhere to be cut."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from background import ROOT
from test_lab import passed
from test_site import pages as pages_of

if TYPE_CHECKING:
    from pathlib import Path

    from bs4 import BeautifulSoup

pytestmark = pytest.mark.site

# Columns that a page shows at 1280 pixels, and what of an output a phone shows in few lines.
WIDEST_CODE, WIDEST_OUTPUT = 84, 62


@pytest.fixture
def pages(site: Path) -> dict[str, BeautifulSoup]:
    """Return every built page, parsed."""
    return pages_of(site)


def test_the_search_answers_what_people_ask(site: Path) -> None:
    """Two phrasings of each question, in Node, with the very files that the search page loads."""
    assert passed(ROOT / "tests" / "search" / "search.test.js", SITE=site) == 4


def test_every_page_opens_with_its_question(pages: dict[str, BeautifulSoup]) -> None:
    """A lead with question, claim and ten seconds; the first page has its answer instead."""
    for name, soup in pages.items():
        if name.startswith("auto_examples/"):
            continue
        if name == "index.html":
            assert soup.select_one(".hero .answer")
            continue
        lead = soup.select_one("article .lead")
        assert lead is not None, name
        assert all(lead.select(f".lead-{part}") for part in ("question", "claim", "answer")), name
        before = [tag.name for tag in lead.find_all_previous() if tag.name in {"h2", "p"}]
        assert "h2" not in before, f"{name}: the lead does not come first"


def test_leads_of_derivations_set_the_lab(pages: dict[str, BeautifulSoup]) -> None:
    """Who reads a claim can try it with its own numbers, by a link that carries the state."""
    for name, soup in pages.items():
        if name.startswith("understand/"):
            link = soup.select_one("a.lead-lab")
            assert link is not None, name
            assert str(link["href"]).startswith("../lab/index.html#v=1&"), name


def test_no_link_is_half_written(pages: dict[str, BeautifulSoup]) -> None:
    """No address holds the sign in whose place a name belongs."""
    for name, soup in pages.items():
        for link in soup.select("a[href]"):
            assert "$" not in str(link["href"]), f"{name}: {link}"


def lines(soup: BeautifulSoup, selector: str) -> list[str]:
    """Return the lines of every block of a kind."""
    return [line for block in soup.select(selector) for line in block.text.split("\n")]


def test_code_and_output_fit_where_they_are_read(pages: dict[str, BeautifulSoup]) -> None:
    """Code and commands have at most 84 columns and what they print at most 62."""
    wide, commands = [], 0
    for name, soup in pages.items():
        for line in lines(soup, "div.highlight-text pre:-soup-contains('$ dropout-explained')"):
            command = line.startswith("$ ")
            commands += command
            if len(line) > (WIDEST_CODE if command else WIDEST_OUTPUT):
                wide.append(f"{name}: {line}")
        code = lines(soup, ".cell_input pre, div.highlight-Python pre")
        output = lines(soup, ".cell_output pre, .sphx-glr-script-out pre")
        wide += [f"{name}: {line}" for line in code if len(line) > WIDEST_CODE]
        wide += [f"{name}: {line}" for line in output if len(line) > WIDEST_OUTPUT]
    assert commands > 10
    assert not wide, "\n".join(wide)


def test_a_check_shows_its_verdict_and_folds_its_code(pages: dict[str, BeautifulSoup]) -> None:
    """Code that proves is folded by a script, and open without one; the verdict is one line."""
    checks = 0
    for name, soup in pages.items():
        for cell in soup.select(".cell.tag_check"):
            checks += 1
            details = cell.select_one("details")
            assert details is not None, name
            assert details.has_attr("open"), name
            assert cell.select_one("summary") is not None, name
            verdict = "\n".join(block.text for block in cell.select(".cell_output pre")).strip()
            assert verdict, f"{name}: a check without a verdict"
    assert checks > 20


def test_every_table_is_shown_and_its_columns_have_names(pages: dict[str, BeautifulSoup]) -> None:
    """The style sheet hides a table until it ends, and so each of them says where."""
    tables = [
        (name, table) for name, soup in pages.items() for table in soup.select("table.docutils")
    ]
    assert len(tables) > 20
    for name, table in tables:
        assert table.select_one(":scope > tfoot:last-child"), name
        assert all(head.text.strip() for head in table.select("thead th")), name


def test_wide_tables_can_be_stacked(pages: dict[str, BeautifulSoup]) -> None:
    """Each cell says what the head of its column says."""
    stacked = 0
    for name, soup in pages.items():
        for table in soup.select("table.stacked"):
            stacked += 1
            for row in table.select("tbody tr"):
                assert all(cell.has_attr("data-label") for cell in row.select("td")[1:]), name
    assert stacked > 5


def test_symptoms_lead_to_their_answers_in_two_clicks(pages: dict[str, BeautifulSoup]) -> None:
    """From the first page to the list, from the list to the very entry; every entry is listed."""
    assert pages["index.html"].select_one(".doors a[href^='fix/']")
    listed = {str(link["href"]) for link in pages["fix/index.html"].select("article a[href]")}
    for name, soup in pages.items():
        if not name.startswith("fix/") or name in ("fix/index.html", "fix/findings.html"):
            continue  # the findings are listed where they stand, by their codes
        for heading in soup.select("article h2"):
            if re.match(r"References", heading.text):
                continue
            section = heading.parent
            assert section is not None
            ids = {
                str(section["id"]),
                *(str(span["id"]) for span in section.select(":scope > span[id]")),
            }
            page = name.removeprefix("fix/")
            assert any(f"{page}#{place}" in listed for place in ids), f"{name}: {heading.text}"
