"""Run the command in this process, as the tests of it do."""

from __future__ import annotations

from dropout_explained.cli import main


def status_of(arguments: list[str]) -> object:
    """Return the status with which the command ends, also where argparse itself refuses."""
    try:
        return main(arguments)
    except SystemExit as stopped:
        return stopped.code
