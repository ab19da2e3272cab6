"""What the site serves is made smaller, and is refused where a browser would skip what comes after a mistake."""

from __future__ import annotations

import pytest

pytest.importorskip("minify")

from background import DOCS
from site_extensions import minified


@pytest.mark.parametrize(
    ("style_sheet", "said"),
    [
        ("a { color: red }\nb {{ color: red }\n", "{ is not closed, on line 2"),
        ("a { color: red }\n}\n", "} closes nothing, on line 2"),
        ("a { width: calc(1px }\n", "} closes nothing, on line 1"),
        ("a { color: red }\n/* from here\nb { color: red }", "/* is not closed, on line 2"),
        ('a { content: "x }\n', '" is not closed, on line 1'),
    ],
)
def test_a_style_sheet_that_is_none_is_refused_with_its_line(style_sheet: str, said: str) -> None:
    """The minifier itself would pass it on."""
    with pytest.raises(ValueError, match="line") as refused:
        minified.smaller(style_sheet, ".css")
    assert str(refused.value) == said


def test_signs_in_texts_and_comments_open_nothing() -> None:
    """Nor does one that is escaped; and those of this site are right."""
    style_sheet = 'a::after { content: "} \\" {" } /* { " */ b { background: url("x(.svg") }'
    assert minified.smaller(style_sheet, ".css").endswith('b{background:url("x(.svg")}')
    for path in DOCS.glob("_static/*.css"):
        assert minified.smaller(path.read_text(encoding="utf-8"), ".css")


def test_a_script_that_is_none_is_refused_with_its_line() -> None:
    """By the minifier, which reads it."""
    with pytest.raises(ValueError, match=r"on line 2 and column"):
        minified.smaller("const a = 1;\nconst {{ b }\n", ".js")
