"""No test reaches another machine, nor does what a test starts without a network."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from background import without_network

if TYPE_CHECKING:
    from pathlib import Path

ELSEWHERE = "192.0.2.1"  # an address that is nobody's


def test_another_machine_is_out_of_reach() -> None:
    """By number and by name; this one is not."""
    for host in (ELSEWHERE, "example.org"):
        with pytest.raises(OSError, match=host) as refused:
            socket.create_connection((host, 80), timeout=5)
        assert refused.value.errno == errno.ENETUNREACH
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
        socket.create_connection(("localhost", server.getsockname()[1])).close()


def test_who_asks_anyway_is_noted(tmp_path: Path) -> None:
    """Also where the program goes on without."""
    code = (
        "import contextlib, urllib.request\n"
        "with contextlib.suppress(OSError):\n"
        "    urllib.request.urlopen('http://example.org/', timeout=5)"
    )
    noted = tmp_path / "asked"
    direct = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    variables = {**direct, "PYTHONPATH": without_network(os.environ), "ASKED": str(noted)}
    subprocess.run([sys.executable, "-c", code], env=variables, check=True)
    assert noted.read_text(encoding="utf-8").split() == ["example.org"]
