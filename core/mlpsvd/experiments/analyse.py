"""Analyses of runs: their subjects and their output files."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np

from mlpsvd.analysis.layer_inputs import require_layer
from mlpsvd.analysis.registry import Analysis
from mlpsvd.analysis.result import AnalysisResult
from mlpsvd.analysis.subject import Subject
from mlpsvd.drawing import save_figure
from mlpsvd.errors import DataError, SettingError
from mlpsvd.experiments.prepare import Prepared, prepare
from mlpsvd.experiments.runs.run import Run
from mlpsvd.experiments.runs.run_data import require_same_data
from mlpsvd.files import write_atomically

__all__ = ["described", "prepared_again", "subject_of", "write_result"]


def subject_of(
    run: Run,
    contender: str,
    prepared: Prepared | None = None,
    epoch: int | None = None,
    layer: int = 0,
    *,
    as_trained: bool = False,
) -> Subject:
    """Return one contender of a run as the subject of an analysis.

    Parameters
    ----------
    run
        A run, finished or not.
    contender
        Key of the contender, e.g. ``mlp-svd``.
    prepared
        The data of the run; None if its recordings are not available.
    epoch
        The epoch to examine; the last one by default.
    layer, as_trained
        As of :class:`Subject`.

    Raises
    ------
    SettingError
        If the run has no such contender, its network no such layer, or the network of that epoch was not saved.
    """
    one = _subject(run, contender, epoch, layer, as_trained=as_trained)
    return replace(one, dataset=None if prepared is None else prepared.dataset, contenders=_contenders(run, one, epoch))


def _contenders(run: Run, one: Subject, epoch: int | None) -> tuple[Subject, ...]:
    """Return the contenders at the epoch of a subject; at the last epoch of each where the subject is at its last."""
    at = None if one.epoch == run.outcomes[one.contender].last.epoch else epoch
    found = []
    for key in run.outcomes:
        with suppress(SettingError):  # not kept
            found.append(_subject(run, key, at))
    return tuple(found)


def _subject(run: Run, contender: str, epoch: int | None, layer: int = 0, *, as_trained: bool = False) -> Subject:
    history = run.history(contender)
    outcome = run.outcomes[contender]
    snapshot, at = outcome.snapshot, outcome.last.epoch
    if epoch is not None and epoch != at:
        kept = {event.epoch: event.snapshot for event in history if event.snapshot is not None}
        if epoch not in kept:
            raise SettingError("epoch", epoch, f"an epoch from 0 to {at} whose network was kept")
        snapshot, at = kept[epoch], epoch
    require_layer(snapshot.spec, layer)
    return Subject(
        contender=contender,
        title=outcome.contender.title,
        snapshot=snapshot,
        epoch=at,
        features=run.data.features,
        class_names=run.data.class_names,
        history=history,
        layer=layer,
        as_trained=as_trained,
    )


def described(one: Analysis, subject: Subject) -> str:
    """Return what a result is of, e.g. "MLP-SVD, layer 2, epoch 10" or "the data"."""
    if not one.uses_network:
        return "the data"
    if one.compares_networks:
        return f"all networks, epoch {subject.epoch}"
    layer = f", layer {subject.layer + 1}" if one.uses_layer else ""
    return f"{subject.title}{layer}, epoch {subject.epoch}"


def prepared_again(run: Run, progress: Callable[[float], None] | None = None) -> Prepared | None:
    """Prepare the data of a run from its experiment; None if the recordings cannot be read.

    Parameters
    ----------
    run
        The run.
    progress
        Called with the completed fraction, 0 to 1. It may raise to cancel.

    Raises
    ------
    DataError
        If the clips have changed since the run.
    """
    try:
        prepared = prepare(run.experiment, progress)
    except (DataError, OSError):
        return None
    require_same_data(run.data, prepared)
    return prepared


def write_result(result: AnalysisResult, folder: Path, of: str = "") -> list[Path]:
    """Write an analysis as CSV, ``.npz``, text and figures; return the paths.

    Parameters
    ----------
    result
        The result.
    folder
        Created if it does not exist.
    of
        What was analysed, e.g. "MLP-SVD, layer 2, epoch 10"; the first line of the text.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{result.key}.txt"]
    write_atomically(paths[0], "".join(f"{line}\n" for line in ([of] if of else []) + list(result.findings)))
    for table in result.tables:
        paths.append(folder / f"{result.key}_{table.stem}.csv")
        write_atomically(paths[-1], table.csv())
    if result.arrays:
        content = io.BytesIO()
        np.savez_compressed(content, **dict(result.arrays), allow_pickle=False)
        paths.append(folder / f"{result.key}.npz")
        write_atomically(paths[-1], content.getvalue())
    for picture in result.pictures:
        paths += save_figure(picture.draw(), folder, f"{result.key}_{picture.stem}")
    return paths
