"""Reading of run folders of format version 1, whose files have no common identity."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlpsvd.contenders import named_contenders
from mlpsvd.errors import DataError, FileFormatError, MlpSvdError
from mlpsvd.experiments.prepare import Prepared, prepare
from mlpsvd.experiments.race import Outcome, Race
from mlpsvd.experiments.runs.files import model_name, read_results
from mlpsvd.experiments.runs.read_checkpoint import OldCheckpoint
from mlpsvd.experiments.runs.run import Run
from mlpsvd.experiments.runs.run_data import RunData, new_run_id
from mlpsvd.json_fields import Fields
from mlpsvd.metrics.scores import accuracy
from mlpsvd.models.model_file import load_model
from mlpsvd.text import percent

__all__ = ["read_old_run"]

_MOST_DIFFERENCE = 0.02


def read_old_run(folder: Path, old: OldCheckpoint) -> Run:
    """Read a run of format version 1; its data set is prepared again only if the run was killed.

    Raises
    ------
    MlpSvdError
        If the folder contains damaged files, or the data set is needed and has changed.
    """
    try:
        results = read_results(folder)
    except OSError:
        return _prepared_again(folder, old)
    try:
        return _read_old_run(folder, results, old)
    except FileFormatError as error:
        raise FileFormatError(f"{folder} cannot be shown: {error}") from error


def _read_old_run(folder: Path, results: Fields, old: OldCheckpoint) -> Run:
    outcomes = _outcomes(results, old)
    if set(outcomes) != {name for name, state in old.states.items() if state.history}:
        return _prepared_again(folder, old)  # results older than the checkpoint of a continued, then killed run
    return Run(
        id=new_run_id(),
        data=_data(folder, results, old),
        histories={name: old.states[name].history for name in outcomes},
        outcomes=outcomes,
        contenders=named_contenders(old.experiment.training.contenders),
        states=old.states,
        engine=results.text("engine"),
        notes=results.texts("notes"),
    )


def _restored_race(folder: Path, old: OldCheckpoint, prepared: Prepared) -> Race:
    """Return the race of a checkpoint of format version 1, which does not contain the identity of its clips.

    Raises
    ------
    DataError
        If its class names differ, or the accuracies of its networks on ``prepared`` differ from the saved ones.
    """
    names = _saved_class_names(folder)
    if names and names != prepared.class_names:
        raise DataError(
            f"the classes have changed since this run began: they were {', '.join(names)} and are now "
            f"{', '.join(prepared.class_names)}; train a new run"
        )
    race = Race(prepared, old.states)
    for name, outcome in race.outcomes().items():
        found, expected = accuracy(outcome.confusion), outcome.last.test_accuracy
        if abs(found - expected) > max(_MOST_DIFFERENCE, 1.5 / prepared.n_test):
            raise DataError(
                f"the clips have changed since this run began: the {name} classifies {percent(found)} of the test "
                f"clips correctly and {percent(expected)} when it was saved; train a new run"
            )
    return race


def _prepared_again(folder: Path, old: OldCheckpoint) -> Run:
    prepared = prepare(old.experiment)
    return Run.of(new_run_id(), prepared, _restored_race(folder, old, prepared))


def _saved_class_names(folder: Path) -> tuple[str, ...]:
    try:
        return read_results(folder).texts("class_names")
    except (OSError, MlpSvdError):
        return ()


def _outcomes(results: Fields, old: OldCheckpoint) -> dict[str, Outcome]:
    """Return the outcomes of the contenders whose results and checkpoint have the same epoch."""
    n_classes, tables = len(results.entries("class_names")), results.table("contenders")
    outcomes = {}
    for name in tables.names():
        state, table = old.states.get(name), tables.table(name)
        if state is not None and state.history and table.integer("epochs") == state.trainer.epoch:
            (contender,) = named_contenders([name])
            counts = _confusion(table, n_classes, results.integer("n_test"))
            outcomes[name] = Outcome.of(contender, state.trainer.network, state.history, counts)
            if abs(accuracy(outcomes[name].confusion) - state.history[-1].test_accuracy) > 1e-6:
                raise FileFormatError("it holds files of two runs: the accuracies in results and checkpoint differ")
    return outcomes


def _confusion(table: Fields, n_classes: int, n_test: int) -> NDArray[np.intp]:
    rows = table.entries("confusion")
    fields = Fields({f"confusion[{index}]": row for index, row in enumerate(rows)}, table.where)
    counts = [fields.integers(name, high=n_test) for name in fields.names()]
    if len(counts) != n_classes or any(len(row) != n_classes for row in counts) or sum(map(sum, counts)) != n_test:
        raise FileFormatError(f"{table.where}confusion does not count {n_test} clips of {n_classes} classes")
    return np.array(counts, np.intp)


def _data(folder: Path, results: Fields, old: OldCheckpoint) -> RunData:
    models = [load_model(folder / model_name(name)) for name in old.states]
    model, names = models[0], results.texts("class_names")
    sizes: Mapping[str, tuple[int, int]] = {
        name: (state.trainer.network.spec.n_in, state.trainer.network.spec.n_out) for name, state in old.states.items()
    }
    size = (model.features.n_features, len(names))
    if any(one.class_names != names for one in models) or any(one != size for one in sizes.values()):
        raise FileFormatError("it holds files of two runs: results, models and checkpoint differ in their sizes")
    return RunData(
        experiment=old.experiment,
        class_names=names,
        features=model.features,
        clip_s=model.clip_s,
        reference=model.reference,
        n_train=results.integer("n_train"),
        n_test=results.integer("n_test"),
    )
