"""Export of an experiment's clips: a folder of WAV files with a manifest that trains the same again."""

from __future__ import annotations

import io
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mlpsvd.audio.soundfile_library import soundfile_library
from mlpsvd.collection.file_names import checked_label, safe_name
from mlpsvd.datasets.clips import ClipSet
from mlpsvd.datasets.csv_text import csv_line
from mlpsvd.datasets.cutting import fewest_samples
from mlpsvd.datasets.load import load_clips
from mlpsvd.datasets.settings import RecordingsSettings
from mlpsvd.errors import DataError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.experiment_file import to_toml
from mlpsvd.settings import check
from mlpsvd.text import format_number, frequency_text, one_line

__all__ = [
    "MANIFEST_COLUMNS",
    "ExportedClips",
    "WavBits",
    "export_clips",
    "is_export",
    "is_occupied",
    "new_folder",
    "write_wav",
]

WavBits = Literal["float", "16"]
MANIFEST_COLUMNS = ("path", "label", "split", "source", "start_s", "sample_rate_hz", "scale")
"""Columns of the manifest; ``scale`` times a sample of the file (full scale 1) is the sample of the clip."""

_CONTENT = {"manifest.csv", "experiment.toml", "train", "test"}
_SHORTEST_S = 0.001
_MOST = 32767.0


@dataclass(frozen=True)
class ExportedClips:
    """What :func:`export_clips` has written: number of training and test clips, and the scale of the samples."""

    n_train: int
    n_test: int
    scale: float


def export_clips(
    folder: str | Path,
    experiment: Experiment,
    bits: WavBits = "float",
    progress: Callable[[float], None] | None = None,
) -> ExportedClips:
    """Write the clips of an experiment as WAV files with a manifest and an experiment file.

    The experiment file has the settings of ``experiment`` and reads the manifest, so that ``mlpsvd train`` trains on
    the same clips with the same split. The folder appears when it is complete.

    Parameters
    ----------
    folder : str or Path
        The folder to write. An earlier export there is replaced.
    experiment : Experiment
        An experiment with sounds.
    bits : {"float", "16"}
        32-bit floating point, which is lossless, or 16-bit integers. Clips that exceed full scale are then divided by
        one number, the ``scale`` in the manifest; no sample is clipped.
    progress : callable, optional
        Called with the completed fraction, 0 to 1. An exception cancels the export, and nothing is left of it.

    Returns
    -------
    ExportedClips
        Numbers of clips and the scale.

    Raises
    ------
    DataError
        If the experiment has images, its sample rate is no whole number, a clip is shorter than 1 ms, or there is
        another folder or a file at ``folder``.
    OSError
        If the folder cannot be written.
    """
    folder, report = Path(folder), progress or (lambda share: None)
    check(experiment)
    if experiment.data.image_shape is not None:
        raise DataError("the experiment has images, which are no sounds; export its features as .npz or .mat")
    clips = load_clips(experiment.data, experiment.seed, progress=lambda share: report(0.5 * share))
    sides = (("train", clips.train), ("test", clips.test))
    rate = _whole_rate(clips.train)
    labels = _labels(clips.train)
    scale = _scale([clips.train, clips.test]) if bits == "16" else 1.0
    n_clips = len(clips.train) + len(clips.test)
    rows: list[tuple[object, ...]] = []
    with new_folder(folder) as unfinished:
        for split, side in sides:
            (unfinished / split).mkdir()
            for number, samples in enumerate(side.samples):
                report(0.5 + 0.5 * len(rows) / n_clips)
                label = labels[int(side.labels[number])]
                path = f"{split}/{number + 1:06d}_{safe_name(label)}.wav"
                write_wav(unfinished / path, np.asarray(samples), rate, bits, scale)
                rows.append((path, label, split, *_origin(side, number), format_number(rate), repr(scale)))
        manifest = "".join(csv_line(row) for row in (MANIFEST_COLUMNS, *rows))
        (unfinished / "manifest.csv").write_bytes(manifest.encode())
        (unfinished / "experiment.toml").write_bytes(to_toml(_reading(experiment, float(rate))).encode())
        report(1.0)
    return ExportedClips(len(clips.train), len(clips.test), scale)


def is_export(folder: Path) -> bool:
    """Whether a folder holds an earlier export and nothing else."""
    try:
        if {one.name for one in folder.iterdir()} != _CONTENT:
            return False
        with (folder / "manifest.csv").open(encoding="utf-8") as file:
            return file.readline(1000).rstrip("\n") == ",".join(MANIFEST_COLUMNS)
    except (OSError, UnicodeError):
        return False


def _whole_rate(clips: ClipSet) -> int:
    rate_hz = clips.sample_rate_hz
    if rate_hz != round(rate_hz):
        raise DataError(f"the sample rate is {frequency_text(rate_hz)}; in WAV files it should be whole hertz")
    return round(rate_hz)


def _labels(clips: ClipSet) -> list[str]:
    """Return the labels as a manifest keeps them; two classes must not become one."""
    labels = [checked_label(name) for name in clips.class_names]
    same = next((name for name in labels if labels.count(name) > 1), None)
    if same is not None:
        raise DataError(f"two classes are both named {one_line(same)} in a manifest; rename one of them")
    return labels


def _scale(sides: list[ClipSet]) -> float:
    """Return the number by which samples [full scale 1] are divided to fit into 16 bits; 1 where they fit."""
    peak = max(float(np.abs(samples).max(initial=0.0)) for side in sides for samples in side.samples)
    return 1.0 if peak * 32768.0 <= _MOST else peak * 32768.0 / _MOST


def write_wav(path: Path, samples: NDArray[np.float32], rate: int, bits: WavBits, scale: float) -> None:
    """Write a clip, for ``16`` bits divided by ``scale``; raise DataError if it is shorter than 1 ms."""
    if len(samples) < fewest_samples(_SHORTEST_S, rate):
        raise DataError(f"a clip has {len(samples)} samples at {rate} Hz; exported clips should last 1 ms or longer")
    content = io.BytesIO()
    if bits == "16":
        steps = np.rint(samples.astype(np.float64) / scale * 32768.0).astype(np.int16)
        soundfile_library().write(content, steps, rate, format="WAV", subtype="PCM_16")
    else:
        soundfile_library().write(content, samples.astype(np.float32), rate, format="WAV", subtype="FLOAT")
    path.write_bytes(content.getvalue())


def _origin(side: ClipSet, number: int) -> tuple[str, str]:
    """Return the recording, or class and number, of a clip, and its start in seconds."""
    source = side.recordings[number] if side.recordings else side.origins[number]
    return source, format_number(side.starts_s[number] if side.starts_s else 0.0)


def _reading(experiment: Experiment, rate_hz: float) -> Experiment:
    """Return the experiment with the manifest as its data."""
    recordings = RecordingsSettings(
        path="manifest.csv", labels_from="manifest", sample_rate_hz=rate_hz, shortest_s=_SHORTEST_S
    )
    return replace(experiment, data=replace(experiment.data, source="recordings", recordings=recordings))


def is_occupied(folder: Path) -> bool:
    """Whether there is something at ``folder`` other than an empty folder."""
    is_empty = folder.is_dir() and not folder.is_symlink() and next(folder.iterdir(), None) is None
    return (folder.exists() or folder.is_symlink()) and not is_empty


@contextmanager
def new_folder(folder: Path, may_replace: Callable[[Path], bool] = is_export) -> Iterator[Path]:
    """Make a folder beside ``folder`` that takes its place at the end; after an error nothing is left of it.

    Parameters
    ----------
    folder
        The path of the folder.
    may_replace
        Whether what is there may be replaced.

    Raises
    ------
    DataError
        If there is something else.
    OSError
        If the folder cannot be made.
    """
    if is_occupied(folder) and not may_replace(folder):
        raise DataError(f"{one_line(str(folder), 300)} is no earlier export; choose the name of a new folder")
    mark = secrets.token_hex(6)
    unfinished, earlier = (folder.absolute().parent / f".{folder.name[:80]}.{mark}.{end}" for end in ("new", "old"))
    try:
        unfinished.mkdir()
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(folder)) from error
    try:
        yield unfinished
        if hasattr(os, "sync"):
            os.sync()
        if folder.exists():
            folder.rename(earlier)
        unfinished.rename(folder)
    except BaseException as error:
        if earlier.exists() and not folder.exists():
            earlier.rename(folder)
        shutil.rmtree(unfinished, ignore_errors=True)
        if isinstance(error, OSError) and error.filename is None:  # a full disk
            raise OSError(error.errno, error.strerror, str(folder)) from error
        raise
    shutil.rmtree(earlier, ignore_errors=True)
