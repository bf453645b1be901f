"""``mlpsvd report``: write the report of a run or of a comparison."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mlpsvd.cli.console import OK
from mlpsvd.errors import SettingError
from mlpsvd.experiments.runs.find import find_run
from mlpsvd.experiments.runs.read_run import read_run
from mlpsvd.experiments.runs.report import reported, write_report

__all__ = ["report_runs"]


def report_runs(texts: Sequence[str], out: Path) -> int:
    """Write the report of one or more runs; print its path and return the exit code.

    Parameters
    ----------
    texts
        The runs.
    out
        The HTML file.

    Raises
    ------
    MlpSvdError, OSError
        If a run cannot be found or read, or the file cannot be written.
    """
    if out.suffix.lower() not in (".html", ".htm"):
        raise SettingError("--out", str(out), "a file with the suffix .html")
    folders = list(dict.fromkeys(find_run(text).resolve() for text in texts))
    runs = [reported(read_run(folder, with_networks=False), folder) for folder in folders]
    print(f"Written to: {write_report(out, runs)}")
    return OK
