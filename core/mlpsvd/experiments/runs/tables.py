"""Tables of a run as CSV text: one row per epoch, singular value or class."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mlpsvd.datasets.clips import Skipped
from mlpsvd.experiments.race import Outcome
from mlpsvd.text import csv_text
from mlpsvd.training.events import EpochEvent

__all__ = ["confusion_csv", "history_csv", "singular_values_csv", "skipped_csv"]


def skipped_csv(skipped: Sequence[Skipped]) -> str:
    """Return one row per skipped recording: path and reason."""
    return csv_text([("path", "reason"), *((one.path, one.reason) for one in skipped)])


def history_csv(history: Sequence[EpochEvent]) -> str:
    """Return one row per epoch: losses, accuracies (0 to 1), weights, operations, seconds, ranks, discarded values."""
    return csv_text(_history_rows(history))


def singular_values_csv(history: Sequence[EpochEvent]) -> str:
    """Return one row per singular value: epoch, layer (0 at the input), index (0 is the largest), value."""
    return csv_text(_singular_value_rows(history))


def confusion_csv(outcome: Outcome, class_names: Sequence[str]) -> str:
    """Return one row per actual class with the number of test clips predicted as each class (Table I)."""
    rows: list[Sequence[object]] = [("target \\ estimate", *class_names)]
    rows += [(name, *row) for name, row in zip(class_names, outcome.confusion.tolist(), strict=True)]
    return csv_text(rows)


def _history_rows(history: Sequence[EpochEvent]) -> Iterable[Sequence[object]]:
    n_layers = len(history[0].ranks)
    yield (
        "epoch", "train_loss", "train_accuracy", "test_loss", "test_accuracy", "n_weights", "flops", "train_s",
        *(f"rank_layer{index}" for index in range(n_layers)), "n_discarded",
    )  # fmt: skip
    for one in history:
        dropped = sum(discard.rank_before - discard.rank_after for discard in one.discarded)
        yield (
            one.epoch, one.train_loss, one.train_accuracy, one.test_loss, one.test_accuracy, one.n_weights, one.flops,
            one.train_s, *one.ranks, dropped,
        )  # fmt: skip


def _singular_value_rows(history: Sequence[EpochEvent]) -> Iterable[Sequence[object]]:
    yield ("epoch", "layer", "index", "singular_value")
    for event in history:
        for layer, values in enumerate(event.singular_values):
            for index, value in enumerate(values):
                yield (event.epoch, layer, index, float(value))
