"""The options of ``mlpsvd export``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from mlpsvd.cli.run_commands import RUN_HELP

__all__ = ["add_export"]


def add_export(command: Callable[..., argparse.ArgumentParser], exit_codes: str) -> None:
    """Add the parser of ``mlpsvd export``; ``command`` makes a parser from name, description and epilog."""
    epilog = """\
examples:
  mlpsvd export latest --to onnx
  mlpsvd export model-mlp-svd.safetensors --to mat --out words.mat --merged

"""
    what = "write a model for other programs: ONNX, MATLAB, NumPy, safetensors"
    export = command("export", what, epilog + exit_codes)
    export.add_argument("source", metavar="RUN|MODEL", help=f"model file, {RUN_HELP}")
    export.add_argument("--to", required=True, choices=("onnx", "mat", "npz", "safetensors"), help="format")
    export.add_argument("--contender", metavar="KEY", help="network of the run (mlp-svd, or the only one)")
    export.add_argument("--epoch", type=int, metavar="N", help="network of this epoch of the run (the last one)")
    export.add_argument("--out", type=Path, metavar="FILE", help="file to write (CONTENDER.FORMAT)")
    layers = export.add_mutually_exclusive_group()
    layers.add_argument(
        "--factored", dest="merged", action="store_false", help="keep the factors of the layers (default)"
    )
    layers.add_argument("--merged", dest="merged", action="store_true", help="write one W for each layer")
    export.set_defaults(run=_export, merged=False)


def _export(arguments: argparse.Namespace) -> int:
    from mlpsvd.cli.export import export
    from mlpsvd.experiments.runs.find import find_run

    is_file = Path(arguments.source).is_file()
    source = Path(arguments.source) if is_file else find_run(arguments.source)
    return export(source, arguments.to, arguments.contender, arguments.epoch, arguments.out, arguments.merged)
