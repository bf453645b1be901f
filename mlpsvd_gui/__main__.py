"""Start the window: ``python -m mlpsvd_gui``."""

from __future__ import annotations

import sys

from mlpsvd_gui.app import main

if __name__ == "__main__":
    sys.exit(main())
