"""Options that several commands of ``mlpsvd`` have."""

from __future__ import annotations

import argparse

__all__ = ["add_experiment_options", "add_set_option", "add_worker_options"]


def add_experiment_options(parser: argparse.ArgumentParser, what: str = "a setting, e.g. seed=7") -> None:
    """Add ``--preset`` and ``--set``; ``what`` says what the latter changes."""
    parser.add_argument("--preset", metavar="NAME", help="start from a preset (see: mlpsvd presets)")
    add_set_option(parser, what)


def add_set_option(parser: argparse.ArgumentParser, what: str) -> None:
    """Add ``--set``; ``what`` says what it changes."""
    parser.add_argument(
        "--set", dest="changes", action="append", default=[], metavar="KEY=VALUE",
        help=f"change {what}; may be repeated",
    )  # fmt: skip


def add_worker_options(
    parser: argparse.ArgumentParser, jobs_help: str = "number of worker processes (one per core)"
) -> None:
    """Add the options that :func:`mlpsvd.cli.trial_workers.chosen_executor` takes."""
    parser.add_argument("--jobs", type=int, default=0, metavar="N", help=jobs_help)
    parser.add_argument(
        "--scheduler", default="", metavar="ADDRESS", help="compute on a Dask cluster, e.g. tcp://node:8786"
    )
