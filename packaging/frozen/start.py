"""Start of the frozen program: its name decides between the commands mlpsvd and mlpsvd-gui.

Each is also its own worker process, and the process that compiles the kernels.
"""

import contextlib
import multiprocessing
import os
import sys
from pathlib import Path

import mlpsvd.cli.start  # first: Ctrl-C ends the program quietly while the rest is loaded
from mlpsvd.engines.cpu.compiled_code import compiled_code_place


def keep_list_of_fonts() -> None:
    """Let Matplotlib keep its list of fonts in the user's cache; PyInstaller makes it a new one at every start."""
    with contextlib.suppress(OSError, RuntimeError):  # without a home folder the list is made anew
        folder = compiled_code_place().parent / "matplotlib"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.environ["MPLCONFIGDIR"] = str(folder)


def own_name() -> str:
    """Return the name that the program was started by; on Linux, mlpsvd-gui is a link to mlpsvd."""
    return Path(sys.argv[0] if sys.platform == "linux" else sys.executable).stem


def main() -> int:
    """Run what is asked for; return the exit code."""
    keep_list_of_fonts()
    if sys.argv[1:] == ["-m", "mlpsvd.engines.cpu.warm_up"]:
        from mlpsvd.engines.cpu.warm_up import main as compile_kernels

        compile_kernels()
        return 0
    if own_name() == "mlpsvd-gui":
        from mlpsvd_gui.app import main as open_window

        return open_window()
    return mlpsvd.cli.start.run()


if __name__ == "__main__":
    multiprocessing.freeze_support()  # does not return in a worker process
    sys.exit(main())
