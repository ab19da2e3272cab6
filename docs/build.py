"""Build the site as sphinx-build does, and end a failure with what is wrong, where, and what to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))

from site_extensions import told


def main() -> int:
    """Pass all arguments on to Sphinx, and return its status."""
    command = [sys.executable, "-m", "sphinx", *sys.argv[1:]]
    written = []
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, errors="replace") as build:
        assert build.stderr is not None
        try:
            for line in build.stderr:
                sys.stderr.write(line)
                sys.stderr.flush()
                written.append(line)
        except KeyboardInterrupt:  # the build hears of it as well
            build.wait()
            return 130
    if build.returncode:
        # Behind what Sphinx still has to say of itself.
        sys.stderr.write(told.closing("".join(written)))
    return build.returncode


if __name__ == "__main__":
    sys.exit(main())
