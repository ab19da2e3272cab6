"""What was made of a text is made again when the text or the code is another, and not before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

pytest.importorskip("sphinx")

from site_extensions import remembered

if TYPE_CHECKING:
    from pathlib import Path

made: list[tuple[str, ...]] = []


@remembered.remembered
def joined(one: str, other: str) -> str:
    """Return both, and tell that it was asked."""
    made.append((one, other))
    return one + other


def build(folder: Path, *pairs: tuple[str, str]) -> list[tuple[str, ...]]:
    """Return of which texts something was made in a build."""
    made.clear()
    with remembered.between_builds(folder):
        assert [joined(*pair) for pair in pairs] == [one + other for one, other in pairs]
    return list(made)


def test_it_is_made_of_what_changed(tmp_path: Path) -> None:
    """Once for each text; what the last build did not ask for is forgotten."""
    first, second = ("a", "bc"), ("ab", "c")
    assert build(tmp_path, first, first, second) == [first, second]
    assert build(tmp_path, first, second) == []
    assert build(tmp_path, first) == []
    assert build(tmp_path, first, second) == [second]
    assert [path.name for path in tmp_path.iterdir()] == [remembered.NAME]


def test_other_code_makes_it_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it knew is not looked into."""
    pair = ("a", "b")
    assert build(tmp_path, pair) == [pair]
    (tmp_path / "code").mkdir()
    monkeypatch.setattr(remembered, "CODE", tmp_path / "code")
    assert build(tmp_path, pair) == [pair]
    assert build(tmp_path, pair) == []


@pytest.mark.parametrize("share", [0, 0.01, 0.5, 0.99])
def test_what_was_cut_off_is_not_taken(share: float, tmp_path: Path) -> None:
    """As a machine leaves it that stops while it writes."""
    pair = ("a", "b")
    assert build(tmp_path, pair) == [pair]
    kept = tmp_path / remembered.NAME
    whole = kept.read_bytes()
    kept.write_bytes(whole[: int(len(whole) * share)])
    assert build(tmp_path, pair) == [pair]
    assert build(tmp_path, pair) == []


def test_an_interrupted_build_leaves_what_was_known(tmp_path: Path) -> None:
    """A build that fails keeps nothing, and outside of one nothing is kept."""
    pair = ("a", "b")
    assert build(tmp_path, pair) == [pair]
    with pytest.raises(ValueError, match="cd"), remembered.between_builds(tmp_path):
        int(joined("c", "d"))
    assert build(tmp_path, pair) == []
    assert (joined("e", "f"), joined("e", "f"), made) == ("ef", "ef", [("e", "f"), ("e", "f")])
