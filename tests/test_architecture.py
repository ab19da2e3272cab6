"""The rooms of the package: who may import whom, read from the source, type imports included."""

from __future__ import annotations

import ast
from functools import cache
from graphlib import TopologicalSorter

import pytest
from conftest import ROOT

PACKAGE = ROOT / "dropout_explained"
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in PACKAGE.rglob("*.py")
}
MODULES = {name.removesuffix(".__init__"): path for name, path in FILES.items()}
WINGS = ("streams", "models", "audit")
# What each wing may import from outside itself, as its first lines say.
BELOW = {
    "streams": {"arguments", "arrays", "layers", "tables"},
    "models": {"arguments", "arrays", "closed_forms", "layers", "masks", "streams", "tables"},
    "audit": {"arguments", "layers", "models", "tables"},
}


@cache
def offered(door: str) -> frozenset[str]:
    """Return the names in a module's ``__all__``."""
    tree = (
        ast.parse(MODULES[door].read_text(encoding="utf-8")) if door in MODULES else ast.parse("")
    )
    lists = (
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    )
    return frozenset(name for found in lists for name in ast.literal_eval(found))


@cache
def imports(module: str) -> frozenset[str]:
    """Return the modules that one names in any import, at its top, in a function or for types."""
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: a relative import"
            home = str(node.module)
            for alias in node.names:
                name = f"{home}.{alias.name}"
                # What a door offers may have the name of the file that it comes from.
                whole = home.rpartition(".")[2] in WINGS and alias.name in offered(home)
                found.add(name if name in MODULES and not whole else home)
    return frozenset(found)


def inside(module: str) -> set[str]:
    """Return the modules of the package that one imports."""
    return {name for name in imports(module) if name in MODULES}


def wing(module: str) -> str | None:
    """Return the wing that a module stands in."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in WINGS else None


def test_there_is_no_circle() -> None:
    """Also none of types alone: whoever reads a file need not read one that reads it."""
    TopologicalSorter({module: inside(module) for module in MODULES}).prepare()


def test_nothing_imports_what_stands_above_it() -> None:
    """The command is the top: ``__main__`` alone imports it; the package's door is below the command."""
    top = {"dropout_explained.cli", "dropout_explained.__main__", "dropout_explained"}
    for module in MODULES:
        allowed = {"dropout_explained.cli": {"dropout_explained"}}
        allowed["dropout_explained.__main__"] = {"dropout_explained.cli"}
        assert inside(module) & top <= allowed.get(module, set()), module


@pytest.mark.parametrize("name", WINGS)
def test_a_wing_has_one_sentence_and_one_door(name: str) -> None:
    """Its first line says what it is for; from outside, only its ``__init__`` is imported."""
    home = f"dropout_explained.{name}"
    sentence = (
        ast.get_docstring(ast.parse(MODULES[home].read_text(encoding="utf-8"))) or ""
    ).splitlines()[0]
    assert sentence.endswith(".")
    for module in MODULES:
        if wing(module) != name:
            entered = {other for other in inside(module) if wing(other) == name}
            assert entered <= {home}, f"{module} goes past the door of {name}: {entered}"


@pytest.mark.parametrize("name", WINGS)
def test_a_wing_imports_only_what_its_rule_allows(name: str) -> None:
    """What stands beside, and what stands below."""
    for module in MODULES:
        if wing(module) == name:
            others = {other.split(".")[1] for other in inside(module) if wing(other) != name}
            assert others <= BELOW[name], f"{module} imports {others - BELOW[name]}"
            assert f"dropout_explained.{name}" not in inside(module), (
                f"{module} goes out of its door"
            )


def test_streams_know_no_torch() -> None:
    """What torch draws is computed without it; the files that compare import it, and no other."""
    with_torch = {
        module
        for module in MODULES
        if wing(module) == "streams"
        and any(name.split(".")[0] == "torch" for name in imports(module))
    }
    comparing = ("random_calls", "verification")
    assert with_torch == {f"dropout_explained.streams.{name}" for name in comparing}
