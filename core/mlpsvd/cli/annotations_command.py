"""The options of ``mlpsvd annotations``, and those of ``mlpsvd classify`` for labels."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

__all__ = ["add_annotations", "add_label_options"]

_EPILOG = """\
examples:
  mlpsvd annotations recordings --out clips
  mlpsvd annotations recordings --column Species --out clips
  mlpsvd classify model.safetensors recordings --labels labels
  mlpsvd annotations recordings --labels labels --out predicted

Each recording NAME.wav needs a Raven selection table (NAME.Table.1.selections.txt) or an Audacity label track
(NAME.txt). The clips are WAV files in one folder per label, with manifest.csv; mlpsvd train FOLDER trains on them.

"""


def add_annotations(command: Callable[..., argparse.ArgumentParser], exit_codes: str) -> None:
    """Add the parser of ``mlpsvd annotations``; ``command`` makes a parser from name, description and epilog."""
    what = "cut annotated stretches (Raven, Audacity) out of recordings, as clips for training"
    parser = command("annotations", what, _EPILOG + exit_codes)
    parser.add_argument("recordings", type=Path, metavar="RECORDINGS", help="audio file, or folder of audio files")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="new folder of clips")
    parser.add_argument(
        "--labels", type=Path, metavar="FOLDER", help="folder of the annotations (that of the recordings)"
    )
    parser.add_argument(
        "--column", default="", metavar="NAME", help="column of the labels in selection tables (Annotation, Species …)"
    )
    parser.set_defaults(run=_annotations)


def add_label_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``mlpsvd classify`` that write labels."""
    parser.add_argument(
        "--labels", type=Path, metavar="FOLDER", help="also write the predictions of each recording as annotations"
    )
    parser.add_argument(
        "--labels-for", choices=("raven", "audacity"), default="raven",
        help="selection tables for Raven (default) or label tracks for Audacity",
    )  # fmt: skip


def _annotations(arguments: argparse.Namespace) -> int:
    from mlpsvd.cli.annotations import cut

    return cut(arguments.recordings, arguments.out, arguments.labels, arguments.column)
