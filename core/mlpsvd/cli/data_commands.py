"""Options of ``mlpsvd filters``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

__all__ = ["add_data_commands"]

_FILTERS = """\
examples:
  mlpsvd filters --preset "Paper: 5 classes, 10 Hz" --out bank.csv
  mlpsvd filters results/experiment.toml --out bank.py
  mlpsvd filters bank.mat --out experiment.toml

An experiment's bank of filters is written as second-order sections: a table (.csv), arrays (.mat), a Python module for
SciPy (.py), or a function for MATLAB and Octave (.m). From a .csv or .mat file an experiment is written (.toml).

"""


def add_data_commands(add: Callable[..., argparse.ArgumentParser], exit_codes: str) -> None:
    """Add the commands; ``add`` makes a parser from a name, a sentence and an epilogue."""
    filters = add(
        "filters", "write the filters of an experiment for other programs, or read them", _FILTERS + exit_codes
    )
    filters.add_argument(
        "source", nargs="?", type=Path, metavar="EXPERIMENT.toml|BANK.csv|BANK.mat",
        help="experiment file, run folder, or bank to read; the default experiment if left out",
    )  # fmt: skip
    _add_experiment_options(filters)
    filters.add_argument("--out", type=Path, required=True, metavar="FILE", help=".csv, .mat, .py or .m; or .toml")
    _add_overwrite(filters)
    filters.set_defaults(run=_filters)


def _add_experiment_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--preset", metavar="NAME", help="start from a preset (see: mlpsvd presets)")
    parser.add_argument(
        "--set", dest="changes", action="append", default=[], metavar="KEY=VALUE",
        help="change a setting, e.g. seed=7; may be repeated",
    )  # fmt: skip


def _add_overwrite(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--overwrite", action="store_true", help="replace what an earlier export has written there")


def _filters(arguments: argparse.Namespace) -> int:
    from mlpsvd.cli.filters import filters

    return filters(arguments.source, arguments.preset, arguments.changes, arguments.out, arguments.overwrite)
