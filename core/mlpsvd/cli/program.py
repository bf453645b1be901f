"""The program ``mlpsvd``: commands, options and error messages."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from mlpsvd import __version__
from mlpsvd.cli.console import FAILED, INTERRUPTED, OK, tell
from mlpsvd.errors import MlpSvdError, SettingError

__all__ = ["main"]

_EXIT_CODES = """\
exit codes:
  0    done
  1    classify: at least one file could not be classified (the others were)
  2    an error: a wrong option, setting or file, or impossible data; one line on stderr says which
  130  stopped with Ctrl-C (143: by SIGTERM); what train, reproduce, listen and classify --out have so far is kept
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Say what is wrong in one line; the usage is a screenful."""
        tell(f"{message} (see {self.prog} --help)")
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
        arguments = _parser().parse_args(argv)
        return int(arguments.run(arguments))
    except SystemExit as finished:  # argparse ends --help and wrong options so
        return finished.code if isinstance(finished.code, int) else OK
    except MlpSvdError as error:
        tell(str(error))
    except MemoryError as error:
        tell(f"out of memory ({error}); use a smaller network or fewer clips")
    except KeyboardInterrupt:
        tell("stopped")
        return INTERRUPTED
    except BrokenPipeError:  # the reader, `head` for instance, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except OSError as error:
        where = f"{error.filename}: " if error.filename is not None else ""
        tell(f"{where}{error.strerror or error}")
    return FAILED


def _print_any_text() -> None:
    """Let a name that the terminal cannot show come out with escapes instead of ending the program."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="mlpsvd",
        description="Train networks that classify acoustic spectra, and classify recordings with them.",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"mlpsvd {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_train(commands)
    _add_classify(commands)
    _add_listen(commands)
    _add_reproduce(commands)
    _command(commands, "presets", "list the experiments to start from").set_defaults(run=_presets)
    doctor = _command(commands, "doctor", "say what is installed, and which GPU and sound devices work")
    doctor.set_defaults(run=_doctor)
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
  mlpsvd train --preset "Paper: 10 classes, 100 Hz" --set seed=7 --out runs/seven

A folder of recordings has a folder for each class, a manifest.csv, or the class at the beginning of each file name
(7_george_12.wav); its settings are adapted to the recordings.

"""
    train = _command(commands, "train", "train an MLP and an MLP-SVD side by side", epilog + _EXIT_CODES)
    train.add_argument(
        "experiment", nargs="?", type=Path, metavar="EXPERIMENT.toml|FOLDER",
        help="an experiment file, a folder of recordings or a CSV manifest of recordings",
    )  # fmt: skip
    train.add_argument("--preset", metavar="NAME", help="start from a preset instead (see: mlpsvd presets)")
    train.add_argument(
        "--set", dest="changes", action="append", default=[], metavar="KEY=VALUE",
        help="change a setting, e.g. training.epochs=20 or network.hidden=40,20; may be repeated",
    )  # fmt: skip
    train.add_argument("--out", type=Path, metavar="DIR", help="write experiment, results, models and plots there")
    train.add_argument(
        "--resume", type=Path, metavar="DIR", help="go on with the run that --out DIR has begun; takes no other setting"
    )
    train.add_argument("--quiet", action="store_true", help="show no progress")
    train.set_defaults(run=_train)


def _add_classify(commands: argparse._SubParsersAction[_Parser]) -> None:
    epilog = """\
examples:
  mlpsvd classify model-mlp-svd.safetensors recording.wav
  mlpsvd classify model-mlp-svd.safetensors recordings --per file
  mlpsvd classify model-mlp-svd.safetensors recordings --out windows.csv

Where folders are named after classes, the accuracy is printed at the end, also for the files that the model was not
trained on. What makes predictions doubtful (sample rate, level, distance from the training set, silence) is named on
stderr. With --out, results are kept as they come (FILE.part): the same command continues where it was stopped.

"""
    what = "classify audio files with a trained model, one line a clip: file, start in seconds, label, probability"
    classify = _command(commands, "classify", what, epilog + _EXIT_CODES)
    classify.add_argument("model", type=Path, metavar="MODEL", help="a model-….safetensors that train has written")
    classify.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="an audio file, or a folder with audio files in it"
    )
    classify.add_argument(
        "--per", choices=("window", "file"), default="window",
        help="one line a window (the default), or a file: file, length in seconds, label and probability by the mean "
        "of its windows, share of the windows that agree",
    )  # fmt: skip
    classify.add_argument(
        "--json", action="store_true", help="one JSON object a line, with the probabilities of all classes"
    )
    classify.add_argument(
        "--out", type=Path, metavar="FILE", help="write a table to this .csv or .json file instead of printing lines"
    )
    classify.add_argument(
        "--jobs", type=int, default=0, metavar="N",
        help="worker processes (as many as pay); the results do not depend on it",
    )  # fmt: skip
    classify.add_argument(
        "--unknown-beyond", type=float, default=1.0, metavar="DISTANCE",
        help="the verdict is unknown farther than this from the training set (1: the distance of its 99th percentile; "
        "0: never)",
    )  # fmt: skip
    classify.add_argument(
        "--unknown-below", type=float, default=0.0, metavar="PROBABILITY",
        help="the verdict is unknown where no class is more probable than this (0: never)",
    )  # fmt: skip
    classify.set_defaults(run=_classify)


def _add_listen(commands: argparse._SubParsersAction[_Parser]) -> None:
    epilog = """\
examples:
  mlpsvd listen --list-devices
  mlpsvd listen model-mlp-svd.safetensors --device "USB" --csv decisions.csv
  mlpsvd listen model-mlp-svd.safetensors --set live.hop_share=0.25 --set live.smoothing=mean --set live.hold_s=1
  mlpsvd listen words.safetensors --set "live.windows=whole sounds" --set live.trigger_dbfs=-50

"""
    what = "classify live input, one line per decision: start in seconds, label, probability"
    listen = _command(commands, "listen", what, epilog + _EXIT_CODES)
    listen.add_argument(
        "model", nargs="?", type=Path, metavar="MODEL", help="a model-….safetensors that train has written"
    )
    listen.add_argument("--list-devices", action="store_true", help="print the input devices and stop")
    source = listen.add_mutually_exclusive_group()
    source.add_argument("--device", metavar="NAME", help="an input device, by its name or a part of it (the default)")
    source.add_argument("--file", type=Path, metavar="FILE", help="play this audio file instead, in real time")
    listen.add_argument("--fast", action="store_true", help="play the file as fast as it goes")
    listen.add_argument(
        "--set", dest="changes", action="append", default=[], metavar="KEY=VALUE",
        help="change a setting, e.g. live.hop_share=0.5 or live.unknown_below=0.6; may be repeated",
    )  # fmt: skip
    listen.add_argument("--seconds", type=float, default=0.0, metavar="S", help="stop after S seconds of sound")
    listen.add_argument("--json", action="store_true", help="one JSON object a line, with all there is to know")
    listen.add_argument("--csv", type=Path, metavar="FILE", help="write every decision to this CSV file besides")
    listen.set_defaults(run=_listen)


def _add_reproduce(commands: argparse._SubParsersAction[_Parser]) -> None:
    epilog = """\
examples:
  mlpsvd reproduce table-2 figure-7
  mlpsvd reproduce --all --trials 3 --out quick-look
  mlpsvd reproduce --list

The same command continues where the last one stopped: finished trials are kept under DIR.

"""
    what = "compute the tables and figures of the paper, and more, beside its printed values"
    reproduce = _command(commands, "reproduce", what, epilog + _EXIT_CODES)
    reproduce.add_argument("names", nargs="*", metavar="NAME", help="what to reproduce, e.g. table-2")
    reproduce.add_argument("--all", dest="everything", action="store_true", help="everything there is")
    reproduce.add_argument("--list", dest="listed", action="store_true", help="print the names and stop")
    reproduce.add_argument("--trials", type=int, default=10, metavar="N", help="trials of each task (10)")
    reproduce.add_argument(
        "--out", type=Path, default=Path("mlpsvd-reproduction"), metavar="DIR",
        help="where CSV, pictures and report.html go (mlpsvd-reproduction)",
    )  # fmt: skip
    reproduce.add_argument("--jobs", type=int, default=0, metavar="N", help="worker processes (one a core)")
    reproduce.add_argument(
        "--scheduler", default="", metavar="ADDRESS", help="compute on a Dask cluster, e.g. tcp://node:8786"
    )
    reproduce.add_argument(
        "--gpu", dest="on_gpu", action="store_true", help="train the networks of all trials at once on an NVIDIA GPU"
    )
    reproduce.add_argument("--quiet", action="store_true", help="show no progress")
    reproduce.set_defaults(run=_reproduce)


# Each command's module is imported when it is asked for: --help and --version need none of them.


def _train(arguments: argparse.Namespace) -> int:
    from mlpsvd.cli.train import resume, train

    if arguments.resume is not None:
        if arguments.experiment or arguments.preset or arguments.changes or arguments.out:
            raise SettingError(
                "--resume", str(arguments.resume), "no other setting: the run continues with its own settings"
            )
        return resume(arguments.resume, arguments.quiet)
    return train(arguments.experiment, arguments.preset, arguments.changes, arguments.out, arguments.quiet)


def _classify(arguments: argparse.Namespace) -> int:
    from mlpsvd.classification.batch.results import Thresholds
    from mlpsvd.cli.classify import classify

    thresholds = Thresholds(arguments.unknown_beyond, arguments.unknown_below)
    return classify(
        arguments.model, arguments.files, arguments.json, arguments.per, arguments.jobs, arguments.out, thresholds
    )


def _listen(arguments: argparse.Namespace) -> int:
    from mlpsvd.cli.listen import ListenOptions, list_devices, listen

    if arguments.list_devices:
        return list_devices()
    if arguments.model is None:
        raise SettingError("MODEL", None, "a model-….safetensors that train has written")
    if arguments.fast and arguments.file is None:
        raise SettingError("--fast", True, "given with --file: a device cannot be hurried")
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


def _presets(arguments: argparse.Namespace) -> int:
    from mlpsvd.experiments.presets import PRESETS

    for name in PRESETS:
        print(name)
    return OK


def _doctor(arguments: argparse.Namespace) -> int:
    from mlpsvd.cli.doctor import doctor

    return doctor()
