"""The list of mutations fits the code: nox -s mutate makes them, which takes minutes."""

from __future__ import annotations

from mutate import ROOT, mutations


def test_every_mutation_can_be_made() -> None:
    """Each original stands in its file exactly once, and the tests that should notice exist."""
    listed = mutations()
    assert len(listed) >= 80
    assert len({(one.path, one.original, one.mutant) for one in listed}) == len(listed)
    for test in {test for one in listed for test in one.tests}:
        assert (ROOT / test).is_file(), test
