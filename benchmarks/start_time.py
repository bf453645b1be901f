"""Time from a command to a window on the screen: cold (files not in memory) and warm.

    python benchmarks/start_time.py mlpsvd-gui
    python benchmarks/start_time.py --cold --repeats 3 .venv/bin/python -m mlpsvd_gui

Needs a display and xdotool; ``--cold`` needs root rights on Linux, to empty the cache of files before each start.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

_LIMIT_S = 300.0
_DROP = Path("/proc/sys/vm/drop_caches")


def main() -> None:
    """Measure and print every start and the median."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3, help="starts (%(default)s)")
    parser.add_argument("--cold", action="store_true", help="empty the cache of files before each start")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="command that opens the window")
    arguments = parser.parse_args()
    times = []
    for _ in range(arguments.repeats):
        if arguments.cold:
            subprocess.run(["sync"], check=True)
            _DROP.write_text("3\n")
        times.append(_seconds_to_window(arguments.command))
        print(f"{times[-1]:.2f} s", flush=True)
    kind = "cold" if arguments.cold else "warm"
    print(f"median of {len(times)} {kind} starts: {statistics.median(times):.2f} s")


def _seconds_to_window(command: list[str]) -> float:
    """Start the program with settings of its own; return the time to its first visible window, and end it."""
    with tempfile.TemporaryDirectory() as folder:
        own = {"XDG_CONFIG_HOME": folder, "XDG_DATA_HOME": folder, "XDG_STATE_HOME": folder}
        began = time.perf_counter()
        process = subprocess.Popen(command, env={**os.environ, **own}, stderr=subprocess.DEVNULL)
        try:
            while not _window_of(process.pid):
                if time.perf_counter() - began > _LIMIT_S or process.poll() is not None:
                    raise SystemExit("the command opened no window")
                time.sleep(0.02)
            return time.perf_counter() - began
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def _window_of(pid: int) -> bool:
    command = ["xdotool", "search", "--all", "--onlyvisible", "--pid", str(pid), "--name", "MLP-SVD"]
    return bool(subprocess.run(command, capture_output=True, check=False).stdout.strip())


if __name__ == "__main__":
    main()
