"""``mlpsvd export``: write a model for other programs, or the pictures of a run."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from mlpsvd.chart_files import write_charts
from mlpsvd.cli.console import OK
from mlpsvd.contenders import MLP_SVD
from mlpsvd.draw_chart import PictureSize
from mlpsvd.errors import SettingError
from mlpsvd.experiments.analyse import subject_of
from mlpsvd.experiments.runs.charts import run_charts
from mlpsvd.experiments.runs.read_run import load_run, read_run
from mlpsvd.experiments.runs.run import Run
from mlpsvd.models.exports.export import export_model
from mlpsvd.models.model import Model
from mlpsvd.models.model_file import load_model
from mlpsvd.text import counted

__all__ = ["export", "export_pictures"]


def export(source: Path, to: str, contender: str | None, epoch: int | None, out: Path | None, is_merged: bool) -> int:
    """Export a network of a run, or a model file; print the written files.

    Parameters
    ----------
    source
        Run folder or model file.
    to
        Format: ``onnx``, ``mat``, ``npz`` or ``safetensors``.
    contender
        Key of the network of a run; MLP-SVD, or the first one, if None.
    epoch
        Epoch of the run; the last one if None.
    out
        The file; the name of contender or model in the current folder if None.
    is_merged
        Whether factored layers are written as one W.

    Raises
    ------
    MlpSvdError, OSError
        If the model cannot be read or written, or an option does not fit.
    """
    if source.is_dir():
        run = load_run(source)
        key = contender or (MLP_SVD.key if MLP_SVD.key in run.outcomes else next(iter(run.outcomes)))
        stem, model = key, _model_of_epoch(run, key, epoch)
    else:
        for option, value in (("--contender", contender), ("--epoch", epoch)):
            if value is not None:
                raise SettingError(option, value, "used with a run folder; a model file has one network")
        stem, model = source.stem, load_model(source)
    path = out or Path(f"{stem}.{to}")
    if path.suffix.lower() != f".{to}":
        raise SettingError("--out", str(path), f"a file with the suffix .{to}")
    if path.exists() and source.exists() and path.samefile(source):
        raise SettingError("--out", str(path), "another file than the model; name one with --out")
    for written in export_model(path, model, merged=is_merged):
        print(f"Written to: {written}")
    return OK


def export_pictures(
    folder: Path,
    out: Path,
    width_mm: float | None,
    height_mm: float | None,
    dpi: int | None,
    formats: Sequence[str],
) -> int:
    """Write all pictures of a run and their numbers; print the number of files.

    Parameters
    ----------
    folder
        Run folder.
    out
        Folder for the pictures.
    width_mm, height_mm, dpi
        Size of each; the defaults of :class:`mlpsvd.draw_chart.PictureSize` if None.
    formats
        Some of ``png``, ``svg`` and ``pdf``.

    Raises
    ------
    MlpSvdError, OSError
        If the run cannot be read, a size is out of range, or a file cannot be written.
    """
    default = PictureSize()
    size = PictureSize(
        default.width_mm if width_mm is None else width_mm, height_mm, default.dpi if dpi is None else dpi
    )
    written = list(write_charts(out, run_charts(read_run(folder, with_networks=False)), size, formats))
    print(f"{counted(len(written), 'file')} written to: {out}")
    return OK


def _model_of_epoch(run: Run, contender: str, epoch: int | None) -> Model:
    if contender not in run.outcomes:
        raise SettingError("--contender", contender, "one of " + ", ".join(run.outcomes))
    model = run.model(contender)
    subject = subject_of(run, contender, epoch=epoch)
    if subject.epoch == model.summary["epoch"]:
        return model
    # The temperature and the results in the summary belong to the last epoch.
    kept = {"contender": contender, "epoch": subject.epoch}
    return dataclasses.replace(
        model, spec=subject.snapshot.spec, theta=subject.snapshot.theta, summary=kept, temperature=1.0
    )
