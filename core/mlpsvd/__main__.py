"""``python -m mlpsvd``: the command line."""

import sys

from mlpsvd.cli import main

sys.exit(main())
