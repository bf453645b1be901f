"""Jobs that must not be lost: all are run and answered in order, and closing waits for them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from mlpsvd_gui.threads.serial_jobs import SerialJobs


def unexpected(outcome: object) -> None:
    pytest.fail(repr(outcome))


@pytest.fixture
def jobs(qtbot: Any) -> Iterator[SerialJobs]:
    made = SerialJobs("test")
    yield made
    made.close()


def test_every_job_is_run_and_answered_in_order(qtbot: Any, jobs: SerialJobs) -> None:
    received: list[tuple[int, int]] = []
    for number in range(5):
        jobs.submit(lambda number=number: number, lambda n: received.append((n, threading.get_ident())), unexpected)
    assert jobs.is_busy
    qtbot.waitUntil(lambda: len(received) == 5)
    assert received == [(number, threading.get_ident()) for number in range(5)]
    assert not jobs.is_busy


def test_an_error_arrives_as_it_was_raised_and_the_next_job_is_done(qtbot: Any, jobs: SerialJobs) -> None:
    error = KeyError("layer 3")
    received: list[object] = []

    def fail() -> None:
        raise error

    jobs.submit(fail, unexpected, received.append)
    jobs.submit(lambda: "next", received.append, unexpected)
    qtbot.waitUntil(lambda: len(received) == 2)
    assert received == [error, "next"]


def test_closing_waits_for_what_has_been_asked(qtbot: Any) -> None:
    jobs = SerialJobs("test")
    done: list[int] = []
    received: list[object] = []

    def slow(number: int) -> None:
        time.sleep(0.05)
        done.append(number)

    for number in range(3):
        jobs.submit(partial(slow, number), received.append, unexpected)
    jobs.close()
    assert done == [0, 1, 2]
    QApplication.processEvents()
    assert received == []
