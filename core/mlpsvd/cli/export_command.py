"""The options of ``mlpsvd export``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from mlpsvd.cli.run_commands import RUN_HELP
from mlpsvd.drawing import FORMATS
from mlpsvd.errors import SettingError

__all__ = ["add_export"]

_MODEL_FORMATS = ("onnx", "mat", "npz", "safetensors")


def add_export(command: Callable[..., argparse.ArgumentParser], exit_codes: str) -> None:
    """Add the parser of ``mlpsvd export``; ``command`` makes a parser from name, description and epilog."""
    epilog = """\
examples:
  mlpsvd export latest --to onnx
  mlpsvd export model-mlp-svd.safetensors --to mat --out words.mat --merged
  mlpsvd export latest --pictures figures --width 180

--pictures writes training curves, singular values, confusion matrices and filters of a run as PNG, SVG and PDF, and
their numbers as CSV.

"""
    what = "write a model for other programs (ONNX, MATLAB, NumPy, safetensors), or the pictures of a run"
    export = command("export", what, epilog + exit_codes)
    export.add_argument("source", metavar="RUN|MODEL", help=f"model file, {RUN_HELP}")
    export.add_argument(
        "--to", choices=(*_MODEL_FORMATS, *FORMATS), help="format; with --pictures, one of png, svg, pdf (all)"
    )
    export.add_argument("--contender", metavar="KEY", help="network of the run (mlp-svd, or the only one)")
    export.add_argument("--epoch", type=int, metavar="N", help="network of this epoch of the run (the last one)")
    export.add_argument("--out", type=Path, metavar="FILE", help="file to write (CONTENDER.FORMAT)")
    layers = export.add_mutually_exclusive_group()
    layers.add_argument(
        "--factored", dest="merged", action="store_false", help="keep the factors of the layers (default)"
    )
    layers.add_argument("--merged", dest="merged", action="store_true", help="write one W for each layer")
    export.add_argument("--pictures", type=Path, metavar="DIR", help="write the pictures of the run to this folder")
    export.add_argument(
        "--width", type=float, metavar="MM", help="width of pictures (85, one column of a journal; two are 180)"
    )
    export.add_argument("--height", type=float, metavar="MM", help="height of pictures (by content)")
    export.add_argument("--dpi", type=int, metavar="N", help="dots per inch of PNG files (300)")
    export.set_defaults(run=_export, merged=False)


def _export(arguments: argparse.Namespace) -> int:
    from mlpsvd.cli.export import export, export_pictures
    from mlpsvd.experiments.runs.find import find_run

    if arguments.pictures is not None:
        others = {
            "--to": None if arguments.to in FORMATS else arguments.to,
            "--out": arguments.out,
            "--contender": arguments.contender,
            "--epoch": arguments.epoch,
            "--merged": arguments.merged or None,
        }
        for option, value in others.items():
            if value is not None:
                raise SettingError(option, value, "used without --pictures")
        size = arguments.width, arguments.height, arguments.dpi
        formats = FORMATS if arguments.to is None else (arguments.to,)
        return export_pictures(find_run(arguments.source), arguments.pictures, *size, formats)
    for option, value in (("--width", arguments.width), ("--height", arguments.height), ("--dpi", arguments.dpi)):
        if value is not None:
            raise SettingError(option, value, "used with --pictures")
    if arguments.to not in _MODEL_FORMATS:
        raise SettingError("--to", arguments.to or "left out", "onnx, mat, npz or safetensors; or --pictures DIR")
    is_file = Path(arguments.source).is_file()
    source = Path(arguments.source) if is_file else find_run(arguments.source)
    return export(source, arguments.to, arguments.contender, arguments.epoch, arguments.out, arguments.merged)
