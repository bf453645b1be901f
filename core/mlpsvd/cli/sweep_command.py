"""The options of ``mlpsvd sweep``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from mlpsvd.cli.common_options import add_experiment_options, add_worker_options
from mlpsvd.errors import SettingError

__all__ = ["add_sweep"]

_EPILOG = """\
examples:
  mlpsvd sweep --over hidden=10,20,50 --over training.rate=1e-3:1e-1:log5 --stop-early
  mlpsvd sweep recordings --over discarding.threshold=0.05:0.2:0.05 --repeats 3 --jobs 4
  mlpsvd sweep birds.toml --repeats 10 --scheduler tcp://node:8786
  mlpsvd sweep --over training.rate=1e-4:1e-1:log --over hidden=2:50:log --optuna 40
  mlpsvd sweep --resume latest

KEY is the key of a setting, its last part (hidden) or a word of it (training.rate). VALUES are separated by commas; a
range of numbers is LOW:HIGH:STEP, LOW:HIGH:linN or LOW:HIGH:logN; the layers of one value of network.hidden are
separated by / (40/20). Without --over, the experiment is repeated over seeds.

--stop-early (successive halving): all combinations are trained for a ninth of the epochs, the best third of them for a
third, and the best third of those to the end. A combination that is slow at first may be lost.

--optuna N: instead of all combinations, N are trained that Optuna (TPE) chooses from the results of earlier ones.
Values may also be ranges without a number of values: LOW:HIGH:lin or LOW:HIGH:log.

Finished trials are kept one by one; the same command with --out, or --resume, continues an interrupted sweep.

"""


def add_sweep(command: Callable[..., argparse.ArgumentParser], exit_codes: str) -> None:
    """Add the parser of ``mlpsvd sweep``; ``command`` makes a parser from name, description and epilog."""
    sweep = command("sweep", "train an experiment with all combinations of some settings", _EPILOG + exit_codes)
    sweep.add_argument(
        "experiment", nargs="?", type=Path, metavar="EXPERIMENT.toml|FOLDER",
        help="experiment file, folder of recordings or CSV manifest",
    )  # fmt: skip
    add_experiment_options(sweep, "a setting of all combinations")
    sweep.add_argument(
        "--over", action="append", default=[], metavar="KEY=VALUES", help="a setting and its values; may be repeated"
    )
    sweep.add_argument("--repeats", type=int, default=1, metavar="N", help="seeds of each combination (%(default)s)")
    sweep.add_argument("--stop-early", action="store_true", help="stop combinations early that fall behind")
    sweep.add_argument(
        "--optuna",
        type=int,
        default=0,
        metavar="N",
        help="train N combinations, chosen by Optuna (TPE), instead of all",
    )
    sweep.add_argument("--judge", default="", metavar="NETWORK", help="network whose accuracy decides (mlp-svd)")
    sweep.add_argument("--out", type=Path, metavar="DIR", help="folder of the sweep (default: in the library)")
    sweep.add_argument("--resume", metavar="SWEEP", help="continue a sweep: its folder, its name, or latest")
    sweep.add_argument("--list", dest="listed", action="store_true", help="list the kept sweeps and exit")
    add_worker_options(sweep)
    sweep.add_argument("--json", action="store_true", help="print the results as one JSON object")
    sweep.add_argument("--quiet", action="store_true", help="hide progress")
    sweep.set_defaults(run=_sweep)


def _sweep(arguments: argparse.Namespace) -> int:
    from mlpsvd.cli.sweep import begun_sweep, list_sweeps, resume_sweep, run
    from mlpsvd.cli.trial_workers import chosen_executor

    if arguments.listed:
        return list_sweeps()
    workers = chosen_executor(arguments.jobs, arguments.scheduler)  # checked before there is a folder
    how = workers, not arguments.scheduler, arguments.json, arguments.quiet
    if arguments.resume is not None:
        others = ("experiment", "preset", "changes", "over", "stop_early", "optuna", "judge", "out")
        if any(getattr(arguments, name) for name in others) or arguments.repeats != 1:
            raise SettingError("--resume", arguments.resume, "no other setting: the sweep continues with its own")
        return run(resume_sweep(arguments.resume), *how)
    folder = begun_sweep(
        arguments.experiment,
        arguments.preset,
        arguments.changes,
        arguments.over,
        arguments.repeats,
        arguments.stop_early,
        arguments.judge,
        arguments.optuna,
        arguments.out,
    )
    return run(folder, *how)
