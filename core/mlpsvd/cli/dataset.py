"""``mlpsvd dataset``: clips or feature vectors of an experiment for other programs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tqdm import tqdm

from mlpsvd.cli.console import OK
from mlpsvd.cli.filters import experiment_at, require_new
from mlpsvd.cli.interrupt import StopRequest
from mlpsvd.errors import SettingError
from mlpsvd.experiments.clip_export import WavBits, export_clips, is_export
from mlpsvd.experiments.feature_export import FEATURE_FORMATS, export_features
from mlpsvd.text import counted, format_number

__all__ = ["dataset"]


def dataset(
    source: Path | None,
    preset_name: str | None,
    changes: Sequence[str],
    out: Path,
    bits: WavBits | None,
    *,
    may_overwrite: bool,
    quiet: bool,
) -> int:
    """Write the clips of an experiment to a folder, or its features to a file; return the exit code.

    Raises
    ------
    MlpSvdError, OSError
        If the data cannot be prepared or written, or there is something at ``out``.
    """
    experiment = experiment_at(source, preset_name, changes)
    is_file = out.suffix.lower() in FEATURE_FORMATS
    if is_file and bits is not None:
        raise SettingError("--bits", bits, "used with a folder of WAV files; features are no sounds")
    if is_file:
        require_new(out, may_overwrite)
    else:
        _require_new_folder(out, may_overwrite)
    with StopRequest("stopping; nothing is written") as stop, _progress(stop, quiet) as progress:
        if is_file:
            prepared = export_features(out, experiment, progress)
            n_train, n_test, note = prepared.n_train, prepared.n_test, ""
        else:
            written = export_clips(out, experiment, bits or "float", progress)
            n_train, n_test, note = written.n_train, written.n_test, _scale_note(written.scale)
    print(f"Written to: {out} ({counted(n_train, 'training clip')}, {counted(n_test, 'test clip')})")
    if note:
        print(note)
    return OK


def _require_new_folder(out: Path, may_overwrite: bool) -> None:
    if not (out.exists() or out.is_symlink()):
        return
    if not is_export(out):
        raise SettingError("--out", str(out), "a new folder, or a file that ends in .npz or .mat")
    if not may_overwrite:
        raise SettingError("--out", str(out), "a new folder; --overwrite replaces this one")


def _scale_note(scale: float) -> str:
    if scale == 1.0:
        return ""
    return f"Samples are divided by {format_number(scale)} to fit into 16 bits (column scale of the manifest)."


@contextmanager
def _progress(stop: StopRequest, quiet: bool) -> Iterator[Callable[[float], None]]:
    """Show a bar on a terminal; a requested stop interrupts the work."""
    bar: tqdm[Any] = tqdm(
        total=100, file=sys.stderr, disable=quiet or not sys.stderr.isatty(), bar_format="{bar} {percentage:3.0f} %"
    )

    def show(share: float) -> None:
        stop.raise_if_requested()
        bar.update(100.0 * share - bar.n)

    with bar:
        yield show
