"""``mlpsvd self-test``: runs a small case of every part of the core and prints the results as a table."""

from __future__ import annotations

import contextlib
import functools
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mlpsvd import __version__
from mlpsvd.cli.console import OK, SOME_FAILED
from mlpsvd.cli.self_test_checks import CoreChecks, LeftOutError
from mlpsvd.experiments.runs.places import RUNS_VARIABLE
from mlpsvd.text import first_line, one_line

__all__ = ["Check", "core_checks", "run_checks", "scratch_folder", "self_test"]

PASSED, LEFT_OUT, FAILED = "passed", "left out", "FAILED"
_LONGEST = 200
_EXPORTS = ("safetensors", "npz", "mat", "onnx")


@dataclass(frozen=True)
class Check:
    """One row of the table.

    Attributes
    ----------
    name
        What is tested.
    test
        Returns what was found, in a few words; raises LeftOutError if something optional is missing, and any other
        exception if the part does not work.
    """

    name: str
    test: Callable[[], str]


def self_test() -> int:
    """Run the checks of the core; return the exit code."""
    with scratch_folder() as folder:
        return run_checks(core_checks(folder))


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """Make a folder for the files of the test; until it is removed, runs are kept in it, not in the user's library."""
    before = os.environ.get(RUNS_VARIABLE)
    with tempfile.TemporaryDirectory(prefix="mlpsvd-self-test-", ignore_cleanup_errors=True) as scratch:
        os.environ[RUNS_VARIABLE] = str(Path(scratch) / "library")
        try:
            yield Path(scratch)
        finally:
            if before is None:
                del os.environ[RUNS_VARIABLE]
            else:
                os.environ[RUNS_VARIABLE] = before


def core_checks(folder: Path) -> list[Check]:
    """Return the checks of the core, which write into ``folder``."""
    core = CoreChecks(folder)
    return [
        Check("Modules", core.modules),
        Check("Libraries", core.libraries),
        Check("Compiled kernels", core.kernels),
        Check("Training", core.training),
        Check("Engines agree", core.engines),
        Check("Runs", core.runs),
        Check("Figures", core.figures),
        Check("Analysis", core.analysis),
        Check("Audio files", core.audio_files),
        Check("Classification", core.classification),
        Check("Worker processes", core.processes),
        *(Check(f"Export {kind}", functools.partial(core.export, kind)) for kind in _EXPORTS),
        Check("Audio devices", core.devices),
        Check("GPU", core.gpu),
    ]


def run_checks(checks: Sequence[Check]) -> int:
    """Print one line for each check as it ends, and a summary; return 0, or 1 if a check has failed."""
    print(f"MLP-SVD {__version__}, self-test", flush=True)
    width = max(len(check.name) for check in checks)
    _row("Check", "Result", "Time", "Found", width)
    counts = dict.fromkeys((PASSED, LEFT_OUT, FAILED), 0)
    for check in checks:
        began = time.perf_counter()
        result, detail = _result(check)
        counts[result] += 1
        _row(check.name, result, f"{time.perf_counter() - began:.2f} s", detail, width)
    print(", ".join(f"{n} {result.lower()}" for result, n in counts.items()), flush=True)
    return SOME_FAILED if counts[FAILED] else OK


def _row(name: str, result: str, duration: str, detail: str, width: int) -> None:
    print(f"{name:<{width}}  {result:<8}  {duration:>8}  {detail}".rstrip(), flush=True)


def _result(check: Check) -> tuple[str, str]:
    try:
        return PASSED, one_line(check.test(), _LONGEST)
    except LeftOutError as reason:
        return LEFT_OUT, one_line(str(reason), _LONGEST)
    except Exception as error:  # whatever it is, the other checks are still of interest
        return FAILED, one_line(f"{type(error).__name__}: {first_line(error)}", _LONGEST)
