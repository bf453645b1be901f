"""Options of ``mlpsvd filters``, ``dataset``, ``examples``, ``settings`` and ``presets``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from mlpsvd.cli.common_options import add_experiment_options
from mlpsvd.cli.console import OK

__all__ = ["add_data_commands"]

_FILTERS = """\
examples:
  mlpsvd filters --preset paper-5-10hz --out bank.csv
  mlpsvd filters latest --out bank.csv
  mlpsvd filters results/experiment.toml --out bank.py
  mlpsvd filters bank.mat --out experiment.toml

An experiment's bank of filters is written as second-order sections: a table (.csv), arrays (.mat), a Python module for
SciPy (.py), or a function for MATLAB and Octave (.m). From a .csv or .mat file an experiment is written (.toml).

"""

_DATASET = """\
examples:
  mlpsvd dataset --out clips --bits 16
  mlpsvd dataset recordings --out features.npz
  mlpsvd dataset results/experiment.toml --out features.mat

A folder gets the clips as WAV files in train and test, with manifest.csv and experiment.toml; mlpsvd train FOLDER/
experiment.toml trains on them with the same split. A file gets the feature vectors, as the networks receive them.

"""
_EXAMPLES = """\
example:
  mlpsvd examples sounds && mlpsvd train sounds

300 sounds of half a second, made by the program: bell, motor, rain, whistle and wind, with noise behind them.

"""
_SETTINGS = """\
examples:
  mlpsvd settings
  mlpsvd settings training. discarding.
  mlpsvd settings --json

"""


def add_data_commands(add: Callable[..., argparse.ArgumentParser], exit_codes: str) -> None:
    """Add the commands; ``add`` makes a parser from a name, a sentence and an epilogue."""
    filters = add(
        "filters", "write the filters of an experiment for other programs, or read them", _FILTERS + exit_codes
    )
    filters.add_argument(
        "source", nargs="?", type=Path, metavar="EXPERIMENT.toml|RUN|BANK.csv|BANK.mat",
        help="experiment file, run (folder, name, date, identity or latest), or bank to read; the default experiment "
        "if left out",
    )  # fmt: skip
    add_experiment_options(filters)
    filters.add_argument("--out", type=Path, required=True, metavar="FILE", help=".csv, .mat, .py or .m; or .toml")
    _add_overwrite(filters)
    filters.set_defaults(run=_filters)
    dataset = add(
        "dataset", "write the clips or the features of an experiment for other programs", _DATASET + exit_codes
    )
    dataset.add_argument(
        "source", nargs="?", type=Path, metavar="EXPERIMENT.toml|RUN|FOLDER",
        help="experiment file, run (folder, name, date, identity or latest), folder of recordings or manifest; the "
        "default experiment if left out",
    )  # fmt: skip
    add_experiment_options(dataset)
    dataset.add_argument(
        "--out", type=Path, required=True, metavar="FOLDER|FILE", help="folder of WAV files; or .npz or .mat file"
    )
    dataset.add_argument(
        "--bits", choices=("float", "16"),
        help="WAV files of 32-bit floating point (float, the default) or of 16-bit integers, scaled where needed",
    )  # fmt: skip
    _add_overwrite(dataset)
    dataset.add_argument("--quiet", action="store_true", help="hide progress")
    dataset.set_defaults(run=_dataset)
    add("presets", "list the presets").set_defaults(run=_presets)
    examples = add("examples", "write example recordings to train on", _EXAMPLES + exit_codes)
    examples.add_argument("folder", type=Path, metavar="FOLDER", help="folder to make")
    examples.set_defaults(run=_examples)
    settings = add("settings", "list all settings of an experiment", _SETTINGS + exit_codes)
    settings.add_argument("prefixes", nargs="*", metavar="KEY", help="beginning of keys, e.g. training.")
    settings.add_argument("--json", action="store_true", help="print a JSON list")
    settings.set_defaults(run=_settings)


def _examples(arguments: argparse.Namespace) -> int:
    from mlpsvd.errors import SettingError
    from mlpsvd.experiments.example_recordings import write_example_recordings

    if arguments.folder.exists():
        raise SettingError("FOLDER", str(arguments.folder), "a folder that does not exist")
    write_example_recordings(arguments.folder)
    print(f"Written: {arguments.folder}")
    return OK


def _add_overwrite(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--overwrite", action="store_true", help="replace what an earlier export has written there")


def _filters(arguments: argparse.Namespace) -> int:
    from mlpsvd.cli.filters import filters

    return filters(arguments.source, arguments.preset, arguments.changes, arguments.out, arguments.overwrite)


def _dataset(arguments: argparse.Namespace) -> int:
    from mlpsvd.cli.dataset import dataset

    return dataset(
        arguments.source,
        arguments.preset,
        arguments.changes,
        arguments.out,
        arguments.bits,
        may_overwrite=arguments.overwrite,
        quiet=arguments.quiet,
    )


def _settings(arguments: argparse.Namespace) -> int:
    from mlpsvd.cli.settings_list import list_settings

    return list_settings(arguments.prefixes, arguments.json)


def _presets(arguments: argparse.Namespace) -> int:
    from mlpsvd.cli.text_table import aligned
    from mlpsvd.experiments.presets import SHORT_NAMES

    print(aligned([(short, name) for name, short in SHORT_NAMES.items()]))
    return OK
