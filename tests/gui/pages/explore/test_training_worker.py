"""The training thread: order, batches, pause, stop, late news, failures."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from mlpsvd.contenders import MLP
from mlpsvd.errors import DataError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.race import RaceEvent
from mlpsvd.training.events import EpochEvent
from mlpsvd_gui.workers.training import TrainingWorker
from mlpsvd_gui.workers.training_events import (
    DataPrepared,
    EpochsTrained,
    TrainingEvent,
    TrainingFailed,
    TrainingFinished,
    TrainingStopped,
)


def _event(epoch: int) -> EpochEvent:
    return EpochEvent(epoch, 1000, 1.0, 0.5, 1.0, 0.5, (np.ones(2),), (2,), ("dense",), 10, 100, 0.001)


class _Race:
    """A race as slow and as long as a test wants."""

    engine_description = "test engine"
    notes = ()
    contenders = (MLP,)

    def __init__(self, n_epochs: int, epoch_s: float) -> None:
        self.n_epochs, self.epoch_s = n_epochs, epoch_s
        self.pulled = 0
        self.closed = False

    def run(self) -> Iterator[RaceEvent]:
        try:
            for epoch in range(self.n_epochs):
                self.pulled += 1
                time.sleep(self.epoch_s)
                yield RaceEvent(MLP, _event(epoch))
        finally:
            self.closed = True

    def outcomes(self) -> dict[str, Any]:
        return {"mlp": self.pulled}

    def states(self) -> dict[str, Any]:
        return {}


def _worker(race: Any, prepare: Callable[..., Any] | None = None) -> tuple[TrainingWorker, list[TrainingEvent]]:
    worker = TrainingWorker(
        prepare or (lambda *_: SimpleNamespace(experiment=Experiment(), pool=None, warnings=(), measure=lambda: None)),
        lambda _: race,
    )
    received: list[TrainingEvent] = []
    worker.news.connect(lambda news: received.append(news) if worker.is_current(news) else None)
    return worker, received


def _events(received: list[TrainingEvent]) -> list[int]:
    return [event.event.epoch for news in received if isinstance(news, EpochsTrained) for event in news.events]


def test_all_epochs_come_in_order_and_in_batches(qtbot: QtBot) -> None:
    worker, received = _worker(_Race(300, 0.001))
    worker.start(Experiment())
    qtbot.waitUntil(lambda: any(isinstance(news, TrainingFinished) for news in received), timeout=5000)
    assert _events(received) == list(range(300))
    assert isinstance(received[0], DataPrepared) and received[0].engine == "test engine"
    batches = [news for news in received if isinstance(news, EpochsTrained)]
    assert len(batches) < 30, "the window would be flooded"
    worker.close()


def test_speed_limit_is_kept_and_lifted_while_training(qtbot: QtBot) -> None:
    race = _Race(10_000, 0.0)
    worker, _ = _worker(race)
    worker.epochs_per_s = 20.0
    worker.start(Experiment())
    qtbot.wait(500)  # the time of the rate
    assert 1 <= race.pulled < 40  # two networks take turns: 40 events a second
    worker.epochs_per_s = None
    before = race.pulled
    qtbot.waitUntil(lambda: race.pulled > before + 200, timeout=5000)
    worker.close()


def test_pause_stops_pulling_and_resume_goes_on(qtbot: QtBot) -> None:
    race = _Race(10_000, 0.002)
    worker, received = _worker(race)
    worker.start(Experiment())
    qtbot.waitUntil(lambda: race.pulled > 20, timeout=5000)
    worker.pause()
    pulled = 0

    def is_paused() -> bool:
        nonlocal pulled
        pulled = race.pulled
        qtbot.wait(200)
        return race.pulled == pulled

    qtbot.waitUntil(is_paused, timeout=5000)  # on a busy machine the epoch under way may take a while
    assert _events(received) == list(range(pulled)), "everything trained so far is shown while paused"
    worker.resume()
    qtbot.waitUntil(lambda: race.pulled > pulled + 10, timeout=5000)
    worker.close()


def test_stop_and_keep_closes_the_generator_and_brings_outcomes(qtbot: QtBot) -> None:
    race = _Race(10_000, 0.002)
    worker, received = _worker(race)
    worker.start(Experiment())
    qtbot.waitUntil(lambda: race.pulled > 20, timeout=5000)
    worker.stop_and_keep()
    qtbot.waitUntil(lambda: isinstance(received[-1], TrainingStopped), timeout=5000)
    assert race.closed and isinstance(received[-1], TrainingStopped) and received[-1].outcomes == {"mlp": race.pulled}
    assert _events(received) == list(range(race.pulled))
    worker.close()


def test_stop_works_while_paused(qtbot: QtBot) -> None:
    worker, received = _worker(_Race(10_000, 0.002))
    worker.start(Experiment())
    qtbot.waitUntil(lambda: len(_events(received)) > 5, timeout=5000)
    worker.pause()
    worker.stop_and_keep()
    qtbot.waitUntil(lambda: isinstance(received[-1], TrainingStopped), timeout=2000)


def test_stop_during_preparation_keeps_nothing(qtbot: QtBot) -> None:
    def prepare(_: Experiment, progress: Callable[[float], None]) -> None:
        for step in range(1000):
            time.sleep(0.002)
            progress(step / 1000)

    worker, received = _worker(_Race(1, 0), prepare)
    worker.start(Experiment())
    qtbot.waitUntil(lambda: received != [] and received[-1].share > 0, timeout=5000)
    worker.stop_and_keep()
    qtbot.waitUntil(lambda: isinstance(received[-1], TrainingStopped), timeout=2000)
    assert isinstance(received[-1], TrainingStopped) and received[-1].outcomes == {}


def test_news_of_an_earlier_run_is_not_current(qtbot: QtBot) -> None:
    worker, received = _worker(_Race(10_000, 0.001))
    first = worker.start(Experiment())
    qtbot.waitUntil(lambda: len(_events(received)) > 5, timeout=5000)
    second = worker.start(Experiment())
    received.clear()
    qtbot.waitUntil(lambda: len(_events(received)) > 5, timeout=5000)
    assert first != second and received and all(news.token == second for news in received)
    worker.close()


@pytest.mark.alone
def test_restarting_waits_for_the_last_epoch_without_blocking_the_window(qtbot: QtBot) -> None:
    first, second = _Race(10, 0.5), _Race(3, 0.0)
    races = [first, second]
    was_closed: list[bool] = []

    def make_race(_: Any) -> Any:
        was_closed.append(first.closed)
        return races.pop(0)

    worker = TrainingWorker(
        lambda *_: SimpleNamespace(experiment=Experiment(), pool=None, warnings=(), measure=lambda: None), make_race
    )
    received: list[TrainingEvent] = []
    worker.news.connect(lambda news: received.append(news) if worker.is_current(news) else None)
    worker.start(Experiment())
    qtbot.waitUntil(lambda: first.pulled > 0, timeout=5000)
    started = time.monotonic()
    worker.start(Experiment())
    assert time.monotonic() - started < 0.2
    qtbot.waitUntil(lambda: bool(received) and isinstance(received[-1], TrainingFinished), timeout=5000)
    assert was_closed == [False, True], "two runs at once would write into one workspace"
    assert _events(received) == [0, 1, 2]
    worker.close()


def test_a_run_that_waits_for_the_last_one_can_be_stopped(qtbot: QtBot) -> None:
    worker, received = _worker(_Race(2, 1.0))
    worker.start(Experiment())
    qtbot.waitUntil(lambda: received != [], timeout=5000)
    worker.start(Experiment())
    received.clear()
    worker.stop_and_keep()
    qtbot.waitUntil(lambda: received != [] and isinstance(received[-1], TrainingStopped), timeout=500)
    assert isinstance(received[-1], TrainingStopped) and received[-1].outcomes == {}
    worker.start(Experiment())
    qtbot.wait(100)  # time in which nothing may come
    assert not any(isinstance(news, DataPrepared) for news in received), "the first run's epoch is still under way"
    worker.close()


@pytest.mark.alone
def test_close_takes_less_than_a_second_even_when_an_epoch_is_long(qtbot: QtBot) -> None:
    worker, received = _worker(_Race(3, 1.5))
    worker.start(Experiment())
    qtbot.waitUntil(lambda: received != [], timeout=5000)
    started = time.monotonic()
    assert not worker.close()
    assert time.monotonic() - started < 1.0
    n_received = len(received)
    for thread in threading.enumerate():
        if thread.name == "training":
            thread.join(5)
    QApplication.processEvents()
    assert len(received) == n_received


@pytest.mark.parametrize("error", [DataError("no clips"), MemoryError(), ZeroDivisionError("odd")])
def test_failures_are_emitted(qtbot: QtBot, error: Exception) -> None:
    def prepare(*_: object) -> None:
        raise error

    worker, received = _worker(_Race(1, 0), prepare)
    worker.start(Experiment())
    qtbot.waitUntil(lambda: received != [], timeout=5000)
    assert isinstance(received[-1], TrainingFailed) and received[-1].error is error
