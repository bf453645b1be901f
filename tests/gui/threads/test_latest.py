"""The background runner: newest wins, answers carry their question, closing ends the thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QThread
from PySide6.QtWidgets import QApplication

from mlpsvd.errors import DataError
from mlpsvd_gui.threads.latest import LatestRunner, Progress


class Desk:
    """Work that waits for a signal before it returns, and records its requests."""

    def __init__(self) -> None:
        self.requested: list[Any] = []
        self.go = threading.Event()
        self.threads: set[str] = set()

    def work(self, request: Any, progress: Progress) -> Any:
        self.requested.append(request)
        self.threads.add(threading.current_thread().name)
        while not self.go.wait(0.002):
            progress(0.5)
        progress(1.0)
        if request == "bad":
            raise DataError("The folder is empty; it should hold recordings.")
        if request == "fault":
            raise ZeroDivisionError("a fault of ours")
        return f"answer to {request}"


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def runner(qtbot: Any, desk: Desk) -> Iterator[LatestRunner]:
    one = LatestRunner(desk.work, "desk")
    yield one
    desk.go.set()
    assert one.close()


def _answers(runner: LatestRunner) -> list[tuple[Any, Any]]:
    seen: list[tuple[Any, Any]] = []
    runner.answered.connect(lambda request, answer: seen.append((request, answer)))
    return seen


def test_answer_carries_its_request_and_arrives_in_the_window_thread(
    qtbot: Any, runner: LatestRunner, desk: Desk
) -> None:
    arrived_in: list[bool] = []
    runner.answered.connect(lambda *_: arrived_in.append(QThread.currentThread() is runner.thread()))
    seen = _answers(runner)
    desk.go.set()
    with qtbot.waitSignal(runner.answered, timeout=2000):
        runner.ask("one")
    assert seen == [("one", "answer to one")]
    assert arrived_in == [True]
    assert desk.threads == {"desk"}
    assert not runner.is_busy


def test_newest_wins_and_those_between_are_never_worked_on(qtbot: Any, runner: LatestRunner, desk: Desk) -> None:
    seen = _answers(runner)
    runner.ask("first")
    qtbot.waitUntil(lambda: desk.requested == ["first"])
    for k in range(50):
        runner.ask(k)
    desk.go.set()
    qtbot.waitUntil(lambda: bool(seen), timeout=2000)
    qtbot.waitUntil(lambda: not runner.is_busy)
    QApplication.processEvents()
    assert seen == [(49, "answer to 49")]
    assert len(desk.requested) <= 3


def test_a_drag_may_let_the_running_one_finish(qtbot: Any, runner: LatestRunner, desk: Desk) -> None:
    seen = _answers(runner)
    runner.ask("first")
    qtbot.waitUntil(lambda: desk.requested == ["first"])
    for k in range(10):
        runner.ask(k, finish_running=True)
    desk.go.set()
    qtbot.waitUntil(lambda: len(seen) == 2, timeout=2000)
    assert [request for request, _ in seen] == ["first", 9]


def test_cancel_drops_what_is_under_way_and_what_is_already_answered(
    qtbot: Any, runner: LatestRunner, desk: Desk
) -> None:
    seen = _answers(runner)
    desk.go.set()
    runner.ask("answered but not delivered")
    deadline = time.monotonic() + 2
    while not desk.requested and time.monotonic() < deadline:
        time.sleep(0.001)
    time.sleep(0.02)  # the answer waits in the queue of this thread, which nothing shows
    runner.cancel()
    QApplication.processEvents()
    assert desk.requested and seen == []
    assert not runner.is_busy


def test_refusals_arrive_as_their_own_sentence_and_faults_as_another(
    qtbot: Any, runner: LatestRunner, desk: Desk, caplog: Any, expect_log: Any
) -> None:
    desk.go.set()
    with qtbot.waitSignal(runner.failed, timeout=2000) as refused:
        runner.ask("bad")
    assert refused.args == ["bad", "The folder is empty; it should hold recordings."]
    expect_log("could not answer 'fault'")
    with qtbot.waitSignal(runner.failed, timeout=2000) as fault:
        runner.ask("fault")
    assert "log" in fault.args[1]
    assert "ZeroDivisionError" in caplog.text
    with qtbot.waitSignal(runner.answered, timeout=2000):
        runner.ask("and it goes on")


def test_progress_is_reported(qtbot: Any, runner: LatestRunner) -> None:
    with qtbot.waitSignal(runner.progressed, timeout=2000) as received:
        runner.ask("slow")
    assert received.args == ["slow", 0.5]


@pytest.mark.alone
def test_close_ends_the_thread_even_in_the_middle_of_work(qtbot: Any, desk: Desk) -> None:
    runner = LatestRunner(desk.work, "closing")
    runner.ask("never finished")
    qtbot.waitUntil(lambda: bool(desk.requested))
    begin = time.monotonic()
    assert runner.close()
    assert time.monotonic() - begin < 1.0
    assert not runner.is_alive
    runner.ask("after closing")
    QApplication.processEvents()
    assert desk.requested == ["never finished"]


def test_busy_is_reported_once_per_change(qtbot: Any, runner: LatestRunner, desk: Desk) -> None:
    received: list[bool] = []
    runner.busy_changed.connect(received.append)
    runner.ask(1)
    runner.ask(2)
    desk.go.set()
    qtbot.waitUntil(lambda: received == [True, False], timeout=2000)
