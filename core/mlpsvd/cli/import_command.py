"""The options of ``mlpsvd import``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import get_args

__all__ = ["add_import"]


def add_import(command: Callable[..., argparse.ArgumentParser], exit_codes: str) -> None:
    """Add the parser of ``mlpsvd import``; ``command`` makes a parser from name, description and epilog."""
    from mlpsvd.network.settings import OUTPUTS, Activation

    epilog = """\
examples:
  mlpsvd import weights.npz --features experiment.toml --out model.safetensors
  mlpsvd import state.safetensors --features latest --activation relu --out model.safetensors
  mlpsvd import old-model.safetensors --out new-model.safetensors

The network takes the feature vectors of --features, see mlpsvd dataset --out features.npz; docs/exports.md shows how
scikit-learn and PyTorch write their weights. A model file of an earlier version is written in the present format.

"""
    what = "make a model of a network that scikit-learn or PyTorch has trained"
    parser = command("import", what, epilog + exit_codes)
    parser.add_argument("source", type=Path, metavar="FILE", help=".npz, .safetensors, or model file")
    parser.add_argument(
        "--features", metavar="MODEL|EXPERIMENT.toml|RUN",
        help="where features, classes and clip length come from; an experiment also gives the test accuracy",
    )  # fmt: skip
    parser.add_argument("--activation", choices=get_args(Activation), help="of the hidden layers; required for PyTorch")
    parser.add_argument("--output", choices=OUTPUTS, help="activation of the output layer of PyTorch (softmax)")
    parser.add_argument(
        "--layers", default="", metavar="NAME,NAME", help="layers of PyTorch from the input on (by their names)"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="model file to write (.safetensors)")
    parser.add_argument("--overwrite", action="store_true", help="replace an existing file")
    parser.set_defaults(run=_import)


def _import(arguments: argparse.Namespace) -> int:
    from mlpsvd.cli.import_model import import_file

    layers = tuple(one.strip() for one in arguments.layers.split(",") if one.strip())
    return import_file(
        arguments.source, arguments.features, arguments.activation, arguments.output, layers, arguments.out,
        arguments.overwrite,
    )  # fmt: skip
