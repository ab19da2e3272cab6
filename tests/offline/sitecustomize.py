"""Refuse every connection that leaves this machine, in each Python that starts with this folder in its path.

Who asked for one anyway, and went on without, is noted in the file that ASKED names.
"""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path
from typing import Any

NOTED = "ASKED"
HERE = {"", "localhost", "::1", "0.0.0.0"}
connect, look_up = socket.socket.connect, socket.getaddrinfo


def refuse(host: Any) -> None:
    """Raise what a machine without a network raises, unless the host is this one."""
    name = host.decode() if isinstance(host, bytes) else str(host or "")
    if name in HERE or name.startswith("127."):
        return
    if NOTED in os.environ:
        with Path(os.environ[NOTED]).open("a", encoding="utf-8") as noted:
            noted.write(f"{name}\n")
    raise OSError(errno.ENETUNREACH, f"there is no network, and {name} was asked for")


def connect_here(self: socket.socket, address: Any) -> None:
    """Connect to this machine; the address of a local socket is a path."""
    if isinstance(address, tuple):
        refuse(address[0])
    connect(self, address)


def look_up_here(host: Any, *arguments: Any, **options: Any) -> Any:
    """Look up this machine alone."""
    refuse(host)
    return look_up(host, *arguments, **options)


socket.socket.connect = connect_here  # type: ignore[method-assign,assignment]
socket.getaddrinfo = look_up_here
