"""What stands in two files of the repository, and must be the same in both."""

from __future__ import annotations

import re
import tomllib

from conftest import ROOT

import dropout_explained


def pins(text: str) -> dict[str, str]:
    """Return the pinned version of each package that a text names."""
    found = re.findall(r"^[\s-]*([\w.-]+)(?:\[\w+\])?==(\S+)$", text, re.MULTILINE)
    return {name.lower().replace("_", "-"): version for name, version in found}


def test_what_is_pinned_twice_is_pinned_alike() -> None:
    """The tools of each commit have pins of their own; where the site uses one as well, its pin."""
    hooks = pins((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    site = pins((ROOT / "constraints.txt").read_text(encoding="utf-8"))
    assert len(hooks) > 5
    assert "numpydoc" in hooks.keys() & site.keys()
    for name in hooks.keys() & site.keys():
        assert hooks[name] == site[name], name


def test_the_citation_is_of_this_version() -> None:
    """CITATION.cff names the version, the licence and the authors that the package has."""
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8").splitlines()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"version: {dropout_explained.__version__}" in citation
    assert f"license: {project['license']}" in citation
    assert [f"  - name: {author['name']}" for author in project["authors"]] == [
        line for line in citation if line.startswith("  - name: ")
    ]
