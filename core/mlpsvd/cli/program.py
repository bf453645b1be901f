"""The program ``mlpsvd``: commands, options and error messages."""

from __future__ import annotations

import argparse
import functools
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from mlpsvd import __version__
from mlpsvd.cli.annotations_command import add_annotations, add_label_options
from mlpsvd.cli.common_options import add_experiment_options, add_set_option, add_worker_options
from mlpsvd.cli.console import FAILED, INTERRUPTED, OK, report
from mlpsvd.cli.data_commands import add_data_commands
from mlpsvd.cli.evaluation_options import EVALUATION_OPTIONS, add_evaluation_options, evaluation_changes
from mlpsvd.cli.export_command import add_export
from mlpsvd.cli.import_command import add_import
from mlpsvd.cli.run_commands import RUN_HELP, add_run_commands
from mlpsvd.cli.sweep_command import add_sweep
from mlpsvd.errors import MlpSvdError, SettingError

__all__ = ["command_parser", "main"]

_EXIT_CODES = """\
exit codes:
  0    success
  1    classify: at least one file could not be classified (the others were); self-test: a part does not work
  2    an error: invalid option, setting, file or data; one line on stderr names it
  130  interrupted by Ctrl-C (143: SIGTERM); train, sweep, reproduce, listen and classify --out keep their results
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Print the error on one line, without the usage."""
        report(f"{message} (see {self.prog} --help)")
        raise SystemExit(FAILED)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Parameters
    ----------
    argv
        Arguments without the program's name; those of the process if left out.
    """
    _print_any_text()
    try:
        arguments = command_parser().parse_args(argv)
        return int(arguments.run(arguments))
    except SystemExit as finished:  # raised by argparse for --help and invalid options
        return finished.code if isinstance(finished.code, int) else OK
    except MlpSvdError as error:
        report(str(error))
    except MemoryError as error:
        report(f"out of memory ({error}); use a smaller network or fewer clips")
    except KeyboardInterrupt:
        report("stopped")
        return INTERRUPTED
    except BrokenPipeError:  # the reader, for instance `head`, has closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except OSError as error:
        where = f"{error.filename}: " if error.filename is not None else ""
        report(f"{where}{error.strerror or error}")
    return FAILED


def _print_any_text() -> None:
    """Escape characters that the terminal cannot show, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def command_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands and options, from which the manual is generated."""
    parser = _Parser(
        prog="mlpsvd",
        description="Train neural networks on acoustic spectra and classify recordings and live sound.",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"mlpsvd {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_train(commands)
    _add_classify(commands)
    _add_listen(commands)
    _add_analyse(commands)
    add_run_commands(functools.partial(_command, commands), _EXIT_CODES)
    add_sweep(functools.partial(_command, commands), _EXIT_CODES)
    add_export(functools.partial(_command, commands), _EXIT_CODES)
    add_import(functools.partial(_command, commands), _EXIT_CODES)
    add_data_commands(functools.partial(_command, commands), _EXIT_CODES)
    add_annotations(functools.partial(_command, commands), _EXIT_CODES)
    _add_reproduce(commands)
    what = "check the installation: versions, GPU, sound devices, places of files"
    _command(commands, "doctor", what).set_defaults(run=_doctor)
    what = "run a small case of every part (mlpsvd-gui --self-test: and open every page)"
    _command(commands, "self-test", what).set_defaults(run=_self_test)
    return parser


def _command(
    commands: argparse._SubParsersAction[_Parser], name: str, what: str, epilog: str = _EXIT_CODES
) -> argparse.ArgumentParser:
    sentence = what[0].upper() + what[1:] + "."
    raw = argparse.RawDescriptionHelpFormatter
    return commands.add_parser(
        name, help=what, description=sentence, epilog=epilog, formatter_class=raw, allow_abbrev=False
    )


def _add_train(commands: argparse._SubParsersAction[_Parser]) -> None:
    epilog = """\
examples:
  mlpsvd train
  mlpsvd train recordings
  mlpsvd train recordings --groups "*_{group}_*" --evaluate leave-one-group-out
  mlpsvd train words --first-layer latest --freeze
  mlpsvd train --preset paper-10-100hz --set seed=7 --out runs/seven

A folder of recordings contains one folder per class, a manifest.csv, or files whose names begin with the class
(7_george_12.wav). The settings are adapted to the recordings.

"""
    train = _command(commands, "train", "train an MLP, an MLP-SVD and other networks", epilog + _EXIT_CODES)
    train.add_argument(
        "experiment", nargs="?", type=Path, metavar="EXPERIMENT.toml|FOLDER",
        help="experiment file, project, folder of recordings or CSV manifest",
    )  # fmt: skip
    train.add_argument(
        "--contenders",
        metavar="paper|fair|KEY,KEY",
        help="networks to train: paper (MLP and MLP-SVD), fair (also MLP-SVD at full rank, MLP at a matched step and "
        "softmax without a hidden layer; the default for filtered noise) or their keys",
    )
    add_experiment_options(train, "a setting, e.g. training.epochs=20 or network.hidden=40,20")
    train.add_argument(
        "--out", type=Path, metavar="DIR", help="write experiment, results, models and figures to this folder"
    )
    train.add_argument(
        "--first-layer", metavar="RUN|MODEL",
        help="start with the first layer of this model, or of the MLP-SVD of this run (network.first_layer)",
    )  # fmt: skip
    train.add_argument("--freeze", action="store_true", help="do not train the first layer (training.frozen_layers=1)")
    add_evaluation_options(train)
    train.add_argument("--resume", metavar="RUN", help="continue a run; no other setting is allowed")
    train.add_argument("--quiet", action="store_true", help="hide progress")
    train.set_defaults(run=_train)


def _add_classify(commands: argparse._SubParsersAction[_Parser]) -> None:
    epilog = """\
examples:
  mlpsvd classify model-mlp-svd.safetensors recording.wav
  mlpsvd classify model-mlp-svd.safetensors recordings --per file
  mlpsvd classify model-mlp-svd.safetensors recordings --out windows.csv
  mlpsvd classify model-mlp-svd.safetensors recordings --out windows.csv --scheduler tcp://node:8786

If folders are named after classes, the accuracy is printed at the end, also for the files outside the training set.
Reasons to doubt predictions (sample rate, level, distance from the training set, silence) are printed on stderr.
With --out, results are saved as they are computed (FILE.part); the same command continues an interrupted run.
With --scheduler, the workers of a Dask cluster read the files, which must be at the same path there.

"""
    what = "classify audio files, one line per window: file, start in seconds, label, probability"
    classify = _command(commands, "classify", what, epilog + _EXIT_CODES)
    classify.add_argument("model", type=Path, metavar="MODEL", help="model file (model-….safetensors)")
    classify.add_argument("files", nargs="+", type=Path, metavar="FILE", help="audio file, or folder of audio files")
    classify.add_argument(
        "--per", choices=("window", "file"), default="window",
        help="one line per window (default) or per file: file, length in seconds, label and probability of the mean "
        "over its windows, fraction of windows that agree",
    )  # fmt: skip
    classify.add_argument(
        "--json", action="store_true", help="one JSON object per line, with the probabilities of all classes"
    )
    classify.add_argument(
        "--out", type=Path, metavar="FILE", help="write a table to this .csv or .json file instead of printing"
    )
    add_worker_options(classify, "number of worker processes (default: automatic); does not affect the results")
    classify.add_argument(
        "--unknown-beyond", type=float, default=1.0, metavar="DISTANCE",
        help="unknown if the distance from the training set exceeds this (1: 99th percentile of the training clips; "
        "0: never)",
    )  # fmt: skip
    classify.add_argument(
        "--unknown-below", type=float, default=0.0, metavar="PROBABILITY",
        help="unknown if no class is more probable than this (0: never)",
    )  # fmt: skip
    add_label_options(classify)
    classify.set_defaults(run=_classify)


def _add_listen(commands: argparse._SubParsersAction[_Parser]) -> None:
    epilog = """\
examples:
  mlpsvd listen --list-devices
  mlpsvd listen model-mlp-svd.safetensors --device "USB" --csv decisions.csv
  mlpsvd listen model-mlp-svd.safetensors --set live.hop_share=0.25 --set live.smoothing=mean --set live.hold_s=1
  mlpsvd listen words.safetensors --set "live.windows=whole sounds" --set live.trigger_dbfs=-50

"""
    what = "classify live sound, one line per decision: start in seconds, label, probability"
    listen = _command(commands, "listen", what, epilog + _EXIT_CODES)
    listen.add_argument("model", nargs="?", type=Path, metavar="MODEL", help="model file (model-….safetensors)")
    listen.add_argument("--list-devices", action="store_true", help="list the input devices and exit")
    source = listen.add_mutually_exclusive_group()
    source.add_argument(
        "--device", metavar="NAME", help="input device, by its name or part of it (default: the system default)"
    )
    source.add_argument("--file", type=Path, metavar="FILE", help="classify this audio file in real time")
    listen.add_argument("--fast", action="store_true", help="process the file as fast as possible")
    add_set_option(listen, "a setting, e.g. live.hop_share=0.5 or live.unknown_below=0.6")
    listen.add_argument("--seconds", type=float, default=0.0, metavar="S", help="stop after S seconds of sound")
    listen.add_argument("--json", action="store_true", help="one JSON object per line, with all details")
    listen.add_argument("--csv", type=Path, metavar="FILE", help="also write every decision to this CSV file")
    listen.set_defaults(run=_listen)


def _add_analyse(commands: argparse._SubParsersAction[_Parser]) -> None:
    epilog = """\
examples:
  mlpsvd analyse runs/seven
  mlpsvd analyse runs/seven rank --contender mlp-svd --out analysis
  mlpsvd analyse --list

"""
    analyse = _command(commands, "analyse", "examine the trained networks of a run", epilog + _EXIT_CODES)
    analyse.add_argument("run_name", nargs="?", metavar="RUN", help=RUN_HELP)
    analyse.add_argument("names", nargs="*", metavar="NAME", help="analyses, e.g. rank; all by default")
    analyse.add_argument("--list", dest="listed", action="store_true", help="list the analyses and exit")
    analyse.add_argument("--contender", metavar="KEY", help="examine one network only, e.g. mlp-svd")
    analyse.add_argument("--epoch", type=int, metavar="N", help="examine the network of this epoch (the last one)")
    analyse.add_argument("--layer", type=int, default=1, metavar="N", help="examine this layer, from 1 (%(default)s)")
    analyse.add_argument(
        "--store-temperature", action="store_true", help="store the fitted temperature in the run (with calibration)"
    )
    analyse.add_argument("--out", type=Path, metavar="DIR", help="write tables, numbers and figures to this folder")
    analyse.add_argument("--quiet", action="store_true", help="hide progress")
    analyse.set_defaults(run=_analyse)


def _add_reproduce(commands: argparse._SubParsersAction[_Parser]) -> None:
    epilog = """\
examples:
  mlpsvd reproduce table-2 figure-7
  mlpsvd reproduce --all --trials 3 --out quick-look
  mlpsvd reproduce --list

Finished trials are kept under DIR; the same command continues an interrupted run.

"""
    what = "compute the tables and figures of the paper and compare them with its printed values"
    reproduce = _command(commands, "reproduce", what, epilog + _EXIT_CODES)
    reproduce.add_argument("names", nargs="*", metavar="NAME", help="tables and figures, e.g. table-2")
    reproduce.add_argument("--all", dest="everything", action="store_true", help="all tables and figures")
    reproduce.add_argument("--list", dest="listed", action="store_true", help="list the names and exit")
    reproduce.add_argument("--trials", type=int, default=10, metavar="N", help="trials per task (10)")
    reproduce.add_argument(
        "--out", type=Path, default=Path("mlpsvd-reproduction"), metavar="DIR",
        help="folder of CSV, figures and report.html (mlpsvd-reproduction)",
    )  # fmt: skip
    add_worker_options(reproduce)
    reproduce.add_argument(
        "--gpu", dest="on_gpu", action="store_true", help="train the networks of all trials at once on an NVIDIA GPU"
    )
    reproduce.add_argument("--quiet", action="store_true", help="hide progress")
    reproduce.set_defaults(run=_reproduce)


# Each command's module is imported when needed; --help and --version need none.


def _train(arguments: argparse.Namespace) -> int:
    from mlpsvd.cli.train import first_layer_file, resume, train
    from mlpsvd.contenders import DEFAULT_CONTENDERS, FAIR_CONTENDERS
    from mlpsvd.experiments.runs.find import find_run

    if arguments.resume is not None:
        others = ("experiment", "preset", "changes", "contenders", "out", "first_layer", "freeze", *EVALUATION_OPTIONS)
        if any(getattr(arguments, name) for name in others):
            raise SettingError(
                "--resume", arguments.resume, "no other setting: the run continues with its own settings"
            )
        return resume(find_run(arguments.resume), arguments.quiet)
    changes = arguments.changes
    if arguments.contenders:
        named = {"paper": DEFAULT_CONTENDERS, "fair": FAIR_CONTENDERS}
        keys = named.get(arguments.contenders, (arguments.contenders,))
        changes = [*changes, f"training.contenders={','.join(keys)}"]
    if arguments.first_layer:
        changes = [*changes, f"network.first_layer={first_layer_file(arguments.first_layer)}"]
    if arguments.freeze:
        changes = [*changes, "training.frozen_layers=1"]
    changes = [*changes, *evaluation_changes(arguments)]
    return train(arguments.experiment, arguments.preset, changes, arguments.out, arguments.quiet)


def _classify(arguments: argparse.Namespace) -> int:
    from mlpsvd.classification.batch.results import Thresholds
    from mlpsvd.cli.classify import classify

    thresholds = Thresholds(arguments.unknown_beyond, arguments.unknown_below)
    return classify(
        arguments.model, arguments.files, arguments.json, arguments.per, arguments.jobs, arguments.out, thresholds,
        arguments.labels, arguments.labels_for, arguments.scheduler,
    )  # fmt: skip


def _listen(arguments: argparse.Namespace) -> int:
    from mlpsvd.cli.listen import ListenOptions, list_devices, listen

    if arguments.list_devices:
        return list_devices()
    if arguments.model is None:
        raise SettingError("MODEL", "left out", "model file (model-….safetensors)")
    if arguments.fast and arguments.file is None:
        raise SettingError("--fast", True, "used together with --file")
    options = ListenOptions(
        file=arguments.file,
        fast=arguments.fast,
        device=arguments.device,
        changes=arguments.changes,
        seconds=arguments.seconds,
        as_json=arguments.json,
        csv=arguments.csv,
    )
    return listen(arguments.model, options)


def _analyse(arguments: argparse.Namespace) -> int:
    from mlpsvd.cli.analyse import analyse, list_analyses
    from mlpsvd.experiments.runs.find import find_run

    if arguments.listed:
        return list_analyses()
    if arguments.run_name is None:
        raise SettingError("RUN", "left out", RUN_HELP)
    return analyse(
        find_run(arguments.run_name),
        arguments.names,
        arguments.contender,
        arguments.epoch,
        arguments.out,
        arguments.quiet,
        layer=arguments.layer,
        stores_temperature=arguments.store_temperature,
    )


def _reproduce(arguments: argparse.Namespace) -> int:
    from mlpsvd.cli.reproduce import list_reproductions, reproduce

    if arguments.listed:
        return list_reproductions()
    return reproduce(
        arguments.names,
        arguments.everything,
        arguments.trials,
        arguments.out,
        arguments.jobs,
        arguments.scheduler,
        arguments.on_gpu,
        arguments.quiet,
    )


def _doctor(arguments: argparse.Namespace) -> int:
    from mlpsvd.cli.doctor import doctor

    return doctor()


def _self_test(arguments: argparse.Namespace) -> int:
    from mlpsvd.cli.self_test import self_test

    return self_test()
