"""``python -m mlpsvd``: the command line."""

import sys

from mlpsvd.cli.start import run

sys.exit(run())
