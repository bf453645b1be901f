"""Output of C libraries to stderr is suppressed, that of the program is not."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import os, sys, threading
from mlpsvd.cli.console import report
from mlpsvd.cli.native_stderr import quiet_libraries

def noise(text):
    os.write(2, text.encode())

report("before")
with quiet_libraries():
    noise("noise of a library, ")
    report("héard")
    thread = threading.Thread(target=lambda: (noise("noise of its thread, "), report("from a thread")))
    thread.start()
    thread.join()
noise("after\\n")
report("done")
try:
    with quiet_libraries():
        raise ValueError
except ValueError:
    noise("restored\\n")
"""


def test_only_the_programs_own_sentences_come() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, encoding="utf-8", check=True)
    assert done.stderr.splitlines() == [
        "mlpsvd: before",
        "mlpsvd: héard",
        "mlpsvd: from a thread",
        "after",
        "mlpsvd: done",
        "restored",
    ]


def test_a_program_without_stderr_runs() -> None:
    program = "import sys; sys.stderr = None\n" + PROGRAM.partition('report("before")')[0]
    program += "with quiet_libraries():\n    print('ran')\n"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout == "ran\n"
