"""Tables: readable in 62 columns without colour, semantic in HTML, and in general."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from bs4 import BeautifulSoup

from dropout_explained import Verification, explain, moments
from dropout_explained.tables import Fact, Row, Table, as_html, as_text

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

LARGE = np.linspace(-1e9, 1e-9, 1000).reshape(10, 10, 10)
CASES: dict[str, tuple[Any, dict[str, Any]]] = {
    "example": ([1, 2, 3, 4], {"seed": 0}),
    "large": (LARGE, {"p": 0.9, "seed": 2**64 - 1}),
    "not finite": ([math.inf, math.nan, 1], {"p": 0.5, "mask": [0, 1, 0]}),
    "everything dropped": ([1.0, 2.0], {"p": 1}),
    "evaluation": ([1.0, 2.0], {"training": False}),
    "overflow": (np.ones(2, dtype="float16"), {"p": 0.99999, "mask": [1, 0]}),
    "single": (3.0, {"p": 0.25, "seed": -(2**63)}),
}


@pytest.fixture(params=CASES)
def told(request: pytest.FixtureRequest) -> Any:
    """Return one explanation of each kind that the table treats in its own way."""
    x, options = CASES[request.param]
    return explain(x, **options)


@pytest.fixture(params=["explanation", "moments", "verification"])
def result(request: pytest.FixtureRequest) -> Any:
    """Return one result of each kind that prints as a table."""
    if request.param == "explanation":
        return explain([1.0, 2.0], seed=0)
    if request.param == "moments":
        return moments(0.9, n=1000)
    return Verification("2.13.0", "Linux x86_64", 100, 5000, 99, "dropout, shape (2,), p = 0.5")


def test_explanations_read_as_they_did(told: Any, snapshot: SnapshotAssertion) -> None:
    """Every table, whole; ``--snapshot-update`` writes those that are meant to change."""
    assert str(told) == snapshot


def test_other_results_read_as_they_did(result: Any, snapshot: SnapshotAssertion) -> None:
    """The same for what else prints as a table."""
    assert str(result) == snapshot


def test_text_fits_62_columns_of_ascii(told: Any) -> None:
    """It reads on a page, in any terminal and in any encoding."""
    for line in str(told).splitlines():
        assert len(line) <= 62
        assert line.isascii()
        assert line == line.rstrip()


def test_html_says_what_the_text_says(told: Any) -> None:
    """A caption, a header for every column and row, and the same cells."""
    assert len(same_in_html(told).select("thead th[scope=col]")) == 6


def test_html_of_other_results_says_what_their_text_says(result: Any) -> None:
    """A caption, a header for every row, and the same cells."""
    same_in_html(result)


def same_in_html(shown: Any) -> BeautifulSoup:
    """Return the parsed HTML of what is shown, each cell of which the text has too."""
    soup = BeautifulSoup(shown._repr_html_(), "html.parser")
    assert len(soup.select("caption")) == 1
    text = " ".join(str(shown).split())
    assert soup.caption is not None
    assert " ".join(soup.caption.text.split()) in text
    for row in soup.select("tbody tr"):
        assert row.select_one("th[scope=row]")
        for cell in row.find_all(["th", "td"]):
            assert cell.text in text
    return soup


def test_a_table_knows_nothing_of_what_it_shows() -> None:
    """Each part may be missing, numbers align at the right, and HTML is escaped."""
    table = Table(
        title="Fruit & <nuts>",
        columns=("kind", "count"),
        rows=(Row(("apple", "3"), "ripe", "good"), Row(("fig", "12"))),
        facts=(Fact("total", "15"), Fact("mean", "7.5", "a kind")),
    )
    assert as_text(table).splitlines() == [
        "Fruit & <nuts>",
        "",
        "   kind  count",
        "  apple      3   ripe",
        "    fig     12",
        "",
        "  total   15",
        "  mean   7.5   a kind",
    ]
    assert "Fruit &amp; &lt;nuts&gt;" in as_html(table)
    assert '<tr class="good">' in as_html(table)
    assert as_text(Table("Title", notes=("one",))) == "Title\n\nNote: one"
    assert BeautifulSoup(as_html(table), "html.parser").select("caption")[0].text in table.title
    cells = Table("Title", columns=("kind",), rows=(Row(("<fig>",), "a & b"),))
    assert '<th scope="row">&lt;fig&gt;</th><td>a &amp; b</td>' in as_html(cells)
    lines = Table("Title", facts=(Fact("fig", "1", "sweet\ndry"),))
    assert "<td>sweet<br>\ndry</td>" in as_html(lines)


def test_remarks_that_do_not_fit_stand_below() -> None:
    """All of them, if one is too long for its line: a table has one form."""
    table = Table(
        title="Fruit",
        columns=("kind", "count"),
        rows=(Row(("apple", "3"), "ripe " * 12), Row(("fig", "12"), "dry"), Row(("kiwi", "1"))),
    )
    assert as_text(table).splitlines()[2:] == [
        "   kind  count",
        "  apple      3",
        "      " + " ".join(["ripe"] * 11),
        "      ripe",
        "    fig     12",
        "      dry",
        "   kiwi      1",
    ]


def test_moments_of_an_array_are_shown_as_they_are() -> None:
    """A table of one value does not fit many."""
    many = moments(0.5, value=[1.0, 2.0])
    assert str(many) == repr(many)
    assert many._repr_html_() is None


def shown(name: str) -> str:
    """Return the text of one case."""
    x, options = CASES[name]
    return str(explain(x, **options))


def test_large_inputs_are_shortened() -> None:
    """The first and the last elements stay, and the table says how many are left out."""
    lines = shown("large").splitlines()
    assert len(lines) < 25
    assert any("[0, 0, 0]" in line for line in lines)
    assert any("[9, 9, 9]" in line for line in lines)
    assert any("990 more" in line for line in lines)


def test_notes_say_what_is_odd() -> None:
    """NaN from infinity, p = 1 and an overflowing scale each have a sentence."""
    assert "0 * inf" in shown("not finite")
    assert "is NaN: 1 dropped here" in " ".join(shown("not finite").split())
    assert "does not exist" in shown("everything dropped")
    assert "overflows" in shown("overflow")
    assert "evaluation" in shown("evaluation")
    assert "Note" not in shown("example")


def test_the_summary_states_the_means() -> None:
    """Mean before and after, and the standard error of the mean."""
    told = explain([1, 2, 3, 4], seed=0)
    text = str(told)
    assert f"mean of x     {told.mean_input:g}" in text
    assert f"mean of y     {told.mean_output:g}" in text
    assert f"standard error {told.standard_error:.6g}" in text
