""".ci/run ends well where each of its parts does, and says at its end which did not."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")

SESSIONS = ("docs", "tests", "coverage", "lint", "types", "browser")
# In place of what takes minutes: python3 makes an environment, the others are there.
PROGRAMS = {
    "python3": '[ "$1 $2" != "-m venv" ] || { mkdir -p "$3/bin"; touch "$3/bin/activate"; }',
    "pip": 'echo "pip $*"',
    "nox": """
install=; sessions=
for word; do
  case $word in --install-only) install=yes ;; -s) ;; *) sessions="$sessions $word" ;; esac
done
for session in $sessions; do
  [ -z "$install" ] || continue
  echo "$session, as built: $([ -z "${SITE_AS_BUILT:-}" ] && echo no || echo yes)" >>"$SAID"
  if [ "$session" = "$FAILING" ]; then
    echo "FAILED here, because of $session"
    echo "nox > Session $session failed."
    exit 1
  fi
  echo "nox > Session $session was successful."
done
""",
    **dict.fromkeys(("chromium-headless-shell", "firefox-esr", "g++"), ":"),
}


def run(folder: Path, failing: str) -> tuple[int, list[str], str]:
    """Run it with such programs, and return its status, the sessions that it ran, and what it wrote."""
    programs = folder / "programs"
    programs.mkdir()
    for name, text in PROGRAMS.items():
        (programs / name).write_text(f"#!/usr/bin/env bash\n{text}\n", encoding="utf-8")
        (programs / name).chmod(0o755)
    said = folder / "said"
    variables = {name: text for name, text in os.environ.items() if name != "SITE_AS_BUILT"}
    path = f"{programs}{os.pathsep}{variables['PATH']}"
    done = subprocess.run(
        ["bash", str(ROOT / ".ci" / "run")],
        env={**variables, "PATH": path, "SAID": str(said), "FAILING": failing},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, said.read_text(encoding="utf-8").splitlines(), done.stdout


def test_all_of_it_runs_and_the_site_is_built_once(tmp_path: Path) -> None:
    """By the docs session, from nothing; the tests and the browsers look at it as it stands."""
    status, ran, written = run(tmp_path, "nothing")
    assert status == 0, written
    assert "Failed" not in written
    assert {line.partition(",")[0] for line in ran} == set(SESSIONS)
    assert [line for line in ran if line.startswith("docs")] == ["docs, as built: no"]
    for session in ("tests", "browser"):
        assert f"{session}, as built: yes" in ran
    assert ran.index("docs, as built: no") < ran.index("browser, as built: yes")


@pytest.mark.parametrize("session", SESSIONS)
def test_it_fails_where_one_part_does_and_ends_with_the_reason(
    session: str, tmp_path: Path
) -> None:
    """Whichever lane the part is in; what the others have to say is heard as well."""
    status, ran, written = run(tmp_path, session)
    assert status == 1
    end = written[written.rindex("\nFailed: ") :]
    assert session in end
    assert f"nox > Session {session} failed." in end
    assert f"FAILED here, because of {session}" in end
    unseen = {"browser"} if session == "docs" else set()
    assert {line.partition(",")[0] for line in ran} == set(SESSIONS) - unseen
