"""``python -m mlpsvd.cli``: the command line."""

import sys

from mlpsvd.cli.start import run

sys.exit(run())
