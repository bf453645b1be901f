"""Reading of trial results from files, with every field checked."""

from __future__ import annotations

from typing import Any

from mlpsvd.contenders import CONTENDERS
from mlpsvd.errors import FileFormatError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.trials.measurements import Measurement
from mlpsvd.json_fields import Fields

__all__ = ["checked_result"]

_MOST = 2**53


def checked_result(
    fields: Fields, experiment: Experiment, measurement: Measurement, last_epoch: int | None = None
) -> dict[str, Any]:
    """Return a result as nested dictionaries, in the format of :func:`mlpsvd.experiments.trials.measurements.measure`.

    Parameters
    ----------
    fields
        The result, from an untrusted file.
    experiment, measurement
        The experiment and the measurement of the result.
    last_epoch
        Epoch after which the training ended; None for the last one.

    Raises
    ------
    FileFormatError
        If a field is missing, has another type, or does not match the experiment.
    """
    if measurement is Measurement.BAYES:
        fields.number("accuracy", 0.0, 1.0)
        fields.number("standard_error", 0.0, 1.0)
        fields.integer("n_clips", 1, _MOST)
        return fields.raw()
    if measurement is Measurement.SWEEP and "failed" in fields:
        fields.text("failed")
        return fields.raw()
    fields.text("engine")
    if measurement is Measurement.RECURRENCE:
        _check_recurrence(fields, experiment)
        return fields.raw()
    if measurement is Measurement.TRANSFER:
        _check_transfer(fields)
        return fields.raw()
    contenders = fields.table("contenders")
    if set(contenders.names()) != set(experiment.training.contenders):
        raise FileFormatError(f"{contenders.where}names do not match the contenders of the experiment")
    for name in contenders.names():
        _check_contender(contenders.table(name), experiment, measurement, name, last_epoch)
    return fields.raw()


def _check_recurrence(fields: Fields, experiment: Experiment) -> None:
    from mlpsvd.experiments.recurrence import NETWORKS

    networks, n_events = fields.table("networks"), experiment.training.epochs + 1
    if set(networks.names()) != set(NETWORKS):
        raise FileFormatError(f"{networks.where}names should be {', '.join(NETWORKS)}")
    for name in NETWORKS:
        table = networks.table(name)
        n_found = len(table.numbers("test_accuracy", 0.0, 1.0))
        if n_found != n_events:
            raise FileFormatError(f"{table.where}test_accuracy has {n_found} entries; it should have {n_events}")
        table.integers("ranks", 1)
        table.integer("n_weights", 1, _MOST)
    fields.number("limit", 0.0, 1.0)


def _check_transfer(fields: Fields) -> None:
    from mlpsvd.experiments.transfer_study import WAYS

    n_counts, ways, known = len(fields.integers("counts", 1)), fields.table("ways"), fields.table("known")
    if set(ways.names()) != {way.name for way in WAYS}:
        raise FileFormatError(f"{ways.where}names should be {', '.join(way.name for way in WAYS)}")
    for way in WAYS:
        n_found = len(ways.numbers(way.name, 0.0, 1.0))
        if n_found != n_counts:
            raise FileFormatError(f"{ways.where}{way.name} has {n_found} entries; it should have {n_counts}")
        if way.source:
            known.number(way.source, 0.0, 1.0)
    fields.integer("rank", 1, _MOST)
    fields.texts("known_names")
    fields.texts("new_names")


def _check_contender(
    table: Fields, experiment: Experiment, measurement: Measurement, name: str, last_epoch: int | None
) -> None:
    n_events = (experiment.training.epochs if last_epoch is None else last_epoch) + 1
    lists: dict[str, tuple[float, ...] | tuple[int, ...]] = {
        "test_accuracy": table.numbers("test_accuracy", 0.0, 1.0),
        "train_accuracy": table.numbers("train_accuracy", 0.0, 1.0),
        "rank": table.integers("rank", 1),
        "n_weights": table.integers("n_weights", 1),
    }
    for key, values in lists.items():
        if len(values) != n_events:
            raise FileFormatError(f"{table.where}{key} has {len(values)} entries; it should have {n_events}")
    losses = Fields({f"test_loss[{index}]": one for index, one in enumerate(table.entries("test_loss"))}, table.where)
    if len([losses.number(key, is_finite=False) for key in losses.names()]) != n_events:
        raise FileFormatError(f"{table.where}test_loss should have {n_events} entries")
    table.integer("flops", high=_MOST)
    table.number("train_s", 0.0)
    _check_rows(table, "confusion", None if experiment.data.source != "synthetic" else _n_classes(experiment))
    if measurement is Measurement.SINGULAR_VALUES:
        _check_rows(table, "singular_values", n_events)
    if measurement is Measurement.SMALLER_RANKS and not CONTENDERS[name].is_factored:
        _check_rows(table, "accuracies_by_rank", None)


def _check_rows(table: Fields, name: str, n_rows: int | None) -> None:
    rows = table.entries(name)
    if not rows or (n_rows is not None and len(rows) != n_rows):
        raise FileFormatError(f"{table.where}{name} has {len(rows)} rows; it should have {n_rows or 'some'}")
    fields = Fields({f"{name}[{index}]": row for index, row in enumerate(rows)}, table.where)
    lengths = {len(fields.numbers(key, 0.0)) for key in fields.names()}
    if name == "confusion" and lengths != {len(rows)}:
        raise FileFormatError(f"{table.where}confusion should be a square matrix")


def _n_classes(experiment: Experiment) -> int:
    return len(experiment.data.synthetic.filters)
