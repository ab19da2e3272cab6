"""The table: readable in 80 columns without colour, and semantic in HTML."""

from __future__ import annotations

import math

import numpy as np
import pytest
from bs4 import BeautifulSoup

from dropout_explained import Explanation, explain

CASES = {
    "example": explain([1, 2, 3, 4], seed=0),
    "large": explain(np.linspace(-1e9, 1e-9, 1000).reshape(10, 10, 10), p=0.9, seed=2**64 - 1),
    "not finite": explain([math.inf, math.nan, 1], p=0.5, mask=[0, 1, 0]),
    "everything dropped": explain([1.0, 2.0], p=1),
    "evaluation": explain([1.0, 2.0], training=False),
    "overflow": explain(np.ones(2, dtype="float16"), p=0.99999, mask=[1, 0]),
    "single": explain(3.0, p=0.25, seed=-(2**63)),
}


@pytest.mark.parametrize("told", CASES.values(), ids=CASES)
def test_text_fits_80_columns_of_ascii(told: Explanation) -> None:
    """It reads in any terminal and any encoding."""
    for line in str(told).splitlines():
        assert len(line) <= 80
        assert line.isascii()
        assert line == line.rstrip()


@pytest.mark.parametrize("told", CASES.values(), ids=CASES)
def test_html_says_what_the_text_says(told: Explanation) -> None:
    """A caption, a header for every column and row, and the same cells."""
    soup = BeautifulSoup(told._repr_html_(), "html.parser")
    assert soup.caption is not None
    text = " ".join(str(told).split())
    assert " ".join(soup.caption.text.split()) in text
    assert len(soup.select("thead th[scope=col]")) == 6
    for row in soup.select("tbody tr"):
        assert row.select_one("th[scope=row]")
        for cell in row.find_all(["th", "td"]):
            assert cell.text in text


def test_large_inputs_are_shortened() -> None:
    """The first and the last elements stay, and the table says how many are left out."""
    lines = str(CASES["large"]).splitlines()
    assert len(lines) < 25
    assert any("[0, 0, 0]" in line for line in lines)
    assert any("[9, 9, 9]" in line for line in lines)
    assert any("990 more" in line for line in lines)


def test_notes_say_what_is_odd() -> None:
    """NaN from infinity, p = 1 and an overflowing scale each have a sentence."""
    assert "0 * inf" in str(CASES["not finite"])
    assert "is NaN: 1 dropped here" in " ".join(str(CASES["not finite"]).split())
    assert "does not exist" in str(CASES["everything dropped"])
    assert "overflows" in str(CASES["overflow"])
    assert "evaluation" in str(CASES["evaluation"])
    assert "Note" not in str(CASES["example"])


def test_the_summary_states_the_means() -> None:
    """Mean before and after, and the standard error of the mean."""
    text = str(CASES["example"])
    told = CASES["example"]
    assert f"mean of x     {told.mean_input:g}" in text
    assert f"mean of y     {told.mean_output:g}" in text
    assert f"standard error {told.standard_error:.6g}" in text
