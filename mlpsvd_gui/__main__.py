"""Start the window: ``python -m mlpsvd_gui``."""

from __future__ import annotations

import sys

if __name__ == "__main__":
    import mlpsvd.cli.start  # noqa: F401 - Ctrl-C ends the program quietly while the rest is loaded
    from mlpsvd_gui.app import main

    sys.exit(main())
