"""``python -m mlpsvd.cli``: the command line."""

import sys

from mlpsvd.cli import main

sys.exit(main())
