#!/usr/bin/env -S python3 -m nox
# /// script
# dependencies = ["nox"]
# ///
"""Everything one does with this repository, one session each: ``nox -l`` lists them."""

import os
import shutil
from pathlib import Path

import nox
from packaging.requirements import Requirement

nox.needs_version = ">=2025.2.9"
# Not uv, which does not read PIP_EXTRA_INDEX_URL: by it one chooses torch's CPU build.
nox.options.default_venv_backend = "virtualenv"
nox.options.reuse_venv = "yes"
nox.options.error_on_missing_interpreters = False  # "pythons" takes those that are there

PROJECT = nox.project.load_toml("pyproject.toml")
DOCS = Path("docs")
HTML = DOCS / "_build" / "html"
BROWSER = Path("tests") / "browser"
SPHINX = PROJECT["tool"]["dropout-explained"]["sphinx-options"]
# The first is the same engine without windows, which takes a quarter of the processor's time.
CHROMIUMS = (
    "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome",
)  # fmt: skip
# Set where docs has just built the site, and two sessions look at it at once.
AS_BUILT = "SITE_AS_BUILT"


def install(session: nox.Session, *groups: str) -> None:
    """Install the package as the repository has it, with pinned dependency groups."""
    wanted = nox.project.dependency_groups(PROJECT, *groups)
    session.install("-c", "constraints.txt", "-e", ".[gallery]", *wanted)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the site into docs/_build/html; warnings are errors."""
    install(session, "docs")
    build_site(session, *session.posargs)
    print(f"\nThe site is built. Open {(HTML / 'index.html').resolve().as_uri()}")
    print(f"The lab needs a server: python -m http.server --directory {HTML}")


@nox.session(name="docs-live", default=False)
def docs_live(session: nox.Session) -> None:
    """Serve the site on this machine and rebuild a page when it is saved."""
    install(session, "docs")
    written = ("auto_examples", "gen_modules", "_build", "sg_execution_times.rst")
    ignored = [f"--ignore={(DOCS / name).resolve()}*" for name in written]
    watched = ["--watch=dropout_explained", "--watch=examples"]
    session.run(
        "sphinx-autobuild",
        *SPHINX,
        "--tag=live",
        *ignored,
        *watched,
        *session.posargs,
        str(DOCS),
        str(HTML),
    )


@nox.session
def tests(session: nox.Session) -> None:
    """Run every test, or those that are named; the site is built first, because some open it."""
    install(session, "docs", "test", "coverage")
    # What a part of the tests reaches says nothing.
    measured = () if session.posargs else ("coverage", "run", "-m")
    session.run(*measured, "pytest", *session.posargs)


@nox.session(default=False)
def coverage(session: nox.Session) -> None:
    """Report which lines and branches the last run of all tests reached; it runs none."""
    wanted = nox.project.dependency_groups(PROJECT, "coverage")
    session.install("-c", "constraints.txt", *wanted)
    session.run("coverage", "report", *session.posargs)


@nox.session(python=nox.project.python_versions(PROJECT), default=False)
def pythons(session: nox.Session) -> None:
    """Run the tests that need no site on each declared Python that this machine has."""
    install(session, "test")
    session.run("pytest", "-m", "not site", *session.posargs)


@nox.session(python=nox.project.python_versions(PROJECT)[0], default=False)
def lowest(session: nox.Session) -> None:
    """Run them with the lowest declared versions; "-- torch" leaves what is named as pinned."""
    floors = {
        requirement.name: next(iter(requirement.specifier)).version
        for requirement in map(Requirement, declared())
        if requirement.name not in session.posargs
    }
    pins = Path("constraints.txt").read_text(encoding="utf-8").splitlines()
    kept = [pin for pin in pins if pin.partition("==")[0] not in floors]
    lowered = Path(session.create_tmp()) / "lowest.txt"
    lines = [*kept, *(f"{name}=={version}" for name, version in floors.items())]
    lowered.write_text("\n".join(lines), encoding="utf-8")
    wanted = nox.project.dependency_groups(PROJECT, "test")
    session.install("-c", str(lowered), "-e", ".[gallery]", *wanted)
    # What was current then calls what its own dependencies have deprecated since.
    session.run("pytest", "-m", "not site", "-W", "ignore::DeprecationWarning")


@nox.session(default=False)
def mutate(session: nox.Session) -> None:
    """Change one formula at a time, and see whether a test turns red; about ten minutes."""
    install(session, "test")
    session.run("python", "tests/mutate.py", *session.posargs)


@nox.session(default=False)
def reproducible(session: nox.Session) -> None:
    """Build the site twice from nothing and compare every byte; ten minutes on two cores."""
    install(session, "docs", "test")
    session.run("python", "tests/reproducible.py", *session.posargs)


@nox.session(default=False)
def interrupted(session: nox.Session) -> None:
    """Kill builds at ten random moments, build again, compare every byte; "-- --small" in ten minutes."""
    install(session, "docs", "test")
    session.run("python", "tests/interrupted.py", *session.posargs)


@nox.session(default=False)
def links(session: nox.Session) -> None:
    """Ask every address on another site that the pages name; this needs the network."""
    install(session, "docs")
    build_site(session)
    # What the build has read is asked, and a site that does not answer is one of many.
    read = ("-b", "linkcheck", "-d", str(DOCS / "_build" / "doctrees"), "--keep-going")
    session.run("sphinx-build", *read, *session.posargs, str(DOCS), str(DOCS / "_build" / "links"))


@nox.session(default=False)
def browser(session: nox.Session) -> None:
    """Run the built site and the lab in Chromium and Firefox."""
    environment = browsing(session)
    expected = Path(session.create_tmp()) / "expected.json"
    session.run("python", str(BROWSER / "expected.py"), str(expected))
    environment["EXPECTED"] = str(expected)
    suites = sorted(str(path) for path in BROWSER.glob("*.test.js"))
    options = ["--test", "--test-concurrency=2", "--test-reporter=spec", *session.posargs]
    session.run("node", *options, *suites, env=environment)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Time replay, commands, moments, audit, the linter and the site's rebuild, as ratios in one run."""
    install(session, "docs")
    session.run("python", "tests/benchmarks/replay.py", *session.posargs)
    # A hundred graphs: left to itself, it compiles five hundred.
    session.run("python", "tests/benchmarks/compiled.py", "100")
    session.run("python", "tests/benchmarks/prediction.py")
    session.run("python", "tests/benchmarks/cost_of_propagation.py")
    session.run("python", "tests/benchmarks/audit.py")
    session.run("python", "tests/benchmarks/lint.py")
    session.run("python", "tests/benchmarks/rebuild.py")


@nox.session(name="real-models", default=False)
def real_models(session: nox.Session) -> None:
    """Try whole models on small architectures of transformers: draws, replay, moments."""
    install(session)
    session.install("transformers==5.24.0")
    session.run("python", "tests/benchmarks/real_models.py", *session.posargs)


@nox.session(name="bench-browser", default=False)
def bench_browser(session: nox.Session) -> None:
    """Time the lab's model and its frames, weigh the pages, ask the search, and record all of it."""
    # What readers have is timed.
    browsers = browsing(session, CHROMIUMS[1:])
    environment = browsers | {"RECORD": "1", "SITE": str(HTML)}
    session.run("node", str(BROWSER / "bench.js"), env=environment)
    session.run("node", "--test", str(BROWSER / "budget.test.js"), env=environment)
    session.run("node", "--test", "tests/search/search.test.js", env=environment)


@nox.session(default=False)
def verify(session: nox.Session) -> None:
    """Compare replay with torch over a billion elements."""
    install(session)
    session.run("python", "tests/benchmarks/billion_elements.py", *session.posargs)


@nox.session
def types(session: nox.Session) -> None:
    """Check the types of Python with mypy, and of JavaScript with TypeScript, both strict."""
    install(session, "docs", "test", "types")
    session.run("mypy", *session.posargs)
    npm_tools(session)
    compiler = str(BROWSER / "node_modules" / "typescript" / "bin" / "tsc")
    for project in ("jsconfig.json", "jsconfig.model.json"):
        session.run("node", compiler, "--project", str(DOCS / "lab" / project))


def build_site(session: nox.Session, *options: str) -> None:
    """Build the site; if that fails, its last words say where and what to do."""
    session.run("python", str(DOCS / "build.py"), *SPHINX, *options, str(DOCS), str(HTML))


def browsing(session: nox.Session, chromiums: tuple[str, ...] = CHROMIUMS) -> dict[str, str]:
    """Build the site, install what drives browsers, and say where the browsers are."""
    install(session, "docs", "test")
    if AS_BUILT not in os.environ:
        build_site(session)
    npm_tools(session)
    environment = {"PYTHON": str(Path(session.bin) / "python")}
    installed = {
        "CHROMIUM": chromiums,
        "FIREFOX": ("firefox-esr", "firefox"),
    }
    for variable, names in installed.items():
        found = os.environ.get(variable) or next(filter(None, map(shutil.which, names)), None)
        if found is None:
            session.error(f"found no {names[0]}: install it, or name its program in {variable}")
        environment[variable] = found
    return environment


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, docstrings, spelling and the shape of the repository; fix what fixes itself."""
    session.install("-c", "constraints.txt", *nox.project.dependency_groups(PROJECT, "lint"))
    npm_tools(session)
    # The list is .pre-commit-config.yaml; "manual" holds all of it, a commit the quick ones.
    every = ("run", "--all-files", "--hook-stage", "manual", "--show-diff-on-failure")
    session.run("pre-commit", *every, *session.posargs)


@nox.session(default=False)
def build(session: nox.Session) -> None:
    """Build the sdist and the wheel into dist/, check what they hold, install each and run it."""
    session.install("-c", "constraints.txt", *nox.project.dependency_groups(PROJECT, "release"))
    shutil.rmtree("dist", ignore_errors=True)
    session.run("python", "-m", "build", "--outdir", "dist", ".")
    session.run("check-wheel-contents", "dist")
    distributions = sorted(map(str, Path("dist").iterdir()))
    session.run("twine", "check", "--strict", *distributions)
    for built in distributions:
        session.install("-c", "constraints.txt", "--force-reinstall", built)
        session.run("dropout-explained", "explain", "1", "2", "3", "4", "--seed", "0")


def declared() -> list[str]:
    """Return what pyproject.toml requires, with the extra."""
    project = PROJECT["project"]
    return [*project["dependencies"], *project["optional-dependencies"]["gallery"]]


def npm_tools(session: nox.Session) -> None:
    """Install what the tests take from npm, as locked; Node.js itself is a dependency of the group."""
    session.run("npm", "ci", "--no-audit", "--no-fund", "--prefix", str(BROWSER))


if __name__ == "__main__":
    nox.main()
