"""Jobs in the background: the newest one is answered, errors arrive as they are, closing drops the rest."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from mlpsvd_gui.threads.background_jobs import BackgroundJobs


def unexpected(outcome: object) -> None:
    pytest.fail(repr(outcome))


@pytest.fixture
def background(qtbot: Any) -> Iterator[BackgroundJobs]:
    made = BackgroundJobs("test")
    yield made
    made.close()


def test_a_result_arrives_on_the_asking_thread(qtbot: Any, background: BackgroundJobs) -> None:
    received: list[tuple[int, int]] = []
    background.submit(threading.get_ident, lambda ran: received.append((ran, threading.get_ident())), unexpected)
    qtbot.waitUntil(lambda: bool(received))
    assert received[0][0] != received[0][1] == threading.get_ident()
    assert not background.is_busy


def test_an_error_arrives_as_it_was_raised(qtbot: Any, background: BackgroundJobs) -> None:
    error = KeyError("layer 3")
    received: list[object] = []

    def fail() -> None:
        raise error

    background.submit(fail, unexpected, received.append)
    qtbot.waitUntil(lambda: bool(received))
    assert received == [error]


def test_only_the_newest_of_many_jobs_is_answered_and_few_are_run(qtbot: Any, background: BackgroundJobs) -> None:
    gate = threading.Event()
    ran: list[int] = []
    received: list[int] = []

    def job(number: int) -> int:
        ran.append(number)
        gate.wait(5.0)
        return number

    for number in range(20):
        background.submit(lambda number=number: job(number), received.append, unexpected)
        if number == 0:
            qtbot.waitUntil(lambda: ran == [0])
    gate.set()
    qtbot.waitUntil(lambda: bool(received))
    assert received == [19]
    assert ran == [0, 19]


def test_nothing_arrives_after_closing(qtbot: Any, background: BackgroundJobs) -> None:
    gate = threading.Event()
    received: list[object] = []
    background.submit(lambda: gate.wait(5.0), received.append, received.append)
    (thread,) = [one for one in threading.enumerate() if one.name == "test"]
    background.close(0.05)
    gate.set()
    thread.join(5.0)
    QApplication.processEvents()
    assert received == []
