"""The learning rate at which a dense network moves W as far as a factored one.

Adam moves every parameter by about the learning rate, and a change of U is multiplied by Σ on its way to W. So at the
same rate W moves several times as far in an MLP-SVD as in an MLP, and a comparison at one rate compares two steps.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mlpsvd.arrays import cpu
from mlpsvd.contenders import CONTENDERS, Contender
from mlpsvd.engines.reference import ReferenceEngine
from mlpsvd.errors import TrainingError
from mlpsvd.network.network import Network
from mlpsvd.training.events import EpochEvent
from mlpsvd.training.task import TrainingTask
from mlpsvd.training.trainer import Trainer

__all__ = ["PILOT_EPOCHS", "matched_rate", "movement", "own_rate", "rate_text", "rates_line"]

PILOT_EPOCHS = 5
"""Epochs of the pilot trainings; the paper discards for the first time after them."""

_ROUNDS = 2
_MOST_RATIO = 100.0


def own_rate(contender: Contender) -> bool:
    """Return whether the learning rate of a contender is still to be determined."""
    return contender.matches in CONTENDERS and all(key != "training.learning_rate" for key, _ in contender.settings)


def rate_text(contender: Contender) -> str:
    """Return the learning rate that was determined for a contender, in words; empty if it has none of its own."""
    rate = _matched(contender)
    if rate is None:
        return ""
    title = CONTENDERS[contender.matches].title
    return f"Learning rate {rate:g}: W moves as far in an epoch as that of {title} (mean of the first {PILOT_EPOCHS})."


def rates_line(contenders: Iterable[Contender]) -> str:
    """Return one line with the learning rates that were determined; empty if there are none."""
    rates = [f"{one.title} {rate:g}" for one in contenders if (rate := _matched(one)) is not None]
    return f"Learning rates for a matched step: {'; '.join(rates)}" if rates else ""


def _matched(contender: Contender) -> float | None:
    rate = dict(contender.settings).get("training.learning_rate")
    return None if rate is None or contender.matches not in CONTENDERS else float(rate)


def movement(task: TrainingTask, learning_rate: float | None = None) -> float:
    """Return how far the weight matrices move in an epoch: ‖W(n) − W(n − 1)‖_F, averaged over the pilot's epochs.

    All matrices but that of the output layer count. Nothing is discarded in the pilot. Infinite if it diverges.
    """
    rate = task.training.learning_rate if learning_rate is None else learning_rate
    training = replace(task.training, epochs=min(PILOT_EPOCHS, task.training.epochs), learning_rate=rate)
    pilot = replace(task, training=training, discarding=replace(task.discarding, points=0, criterion="threshold"))
    before: list[NDArray[np.floating]] | None = None
    squares: list[float] = []
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            for event in Trainer(pilot, ReferenceEngine(cpu(), training.precision)).run():
                matrices = _matrices(event)
                if before is not None:
                    squares.append(sum([float(((a - b) ** 2).sum()) for a, b in zip(matrices, before, strict=True)]))
                before = matrices
    except TrainingError:  # the race itself reports it, with the epochs before
        return np.inf
    return float(np.sqrt(squares).mean())


def _matrices(event: EpochEvent) -> list[NDArray[np.floating]]:
    assert event.snapshot is not None, "the last epochs of a short training are kept"
    network = Network(event.snapshot.spec, event.snapshot.theta)
    return [network.weight_matrix(index) for index in range(max(1, len(network.spec.layers) - 1))]


def matched_rate(task: TrainingTask, wanted: TrainingTask) -> float:
    """Return the learning rate at which ``task`` moves W as far in an epoch as ``wanted`` does at its own.

    The movement is taken to be proportional to the rate, twice; the result is rounded to two digits.
    """
    goal, rate = movement(wanted), task.training.learning_rate
    for _ in range(_ROUNDS):
        moved = movement(task, rate)
        if not (0 < moved < np.inf and 0 < goal < np.inf):
            break
        rate *= float(np.clip(goal / moved, 1 / _MOST_RATIO, _MOST_RATIO))
    return float(f"{min(max(rate, 1e-9), 100.0):.2g}")
