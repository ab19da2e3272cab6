"""Run the command line as ``python -m dropout_explained``."""

import sys

from dropout_explained.cli import main

sys.exit(main())
