"""Making the fused engine ready without anybody waiting for it."""

from __future__ import annotations

import logging
import threading
import time

import pytest

from mlpsvd.errors import MissingLibraryError
from mlpsvd_gui.workers.warm_up import WarmUp


def test_compiles_first_then_loads_once() -> None:
    calls: list[str] = []
    warm_up = WarmUp(lambda: calls.append("compile"), lambda: calls.append("load"))
    warm_up.start()
    warm_up.start()
    warm_up.wait(threading.Event())
    assert warm_up.is_done
    assert calls == ["compile", "load"]


@pytest.mark.alone
def test_stop_ends_the_waiting() -> None:
    release = threading.Event()

    def compile_() -> None:
        release.wait(5)

    warm_up = WarmUp(compile_, lambda: None)
    stop = threading.Event()
    threading.Timer(0.05, stop.set).start()
    began = time.monotonic()
    warm_up.wait(stop)
    assert time.monotonic() - began < 2
    assert not warm_up.is_done
    release.set()
    warm_up.wait(threading.Event())


def test_missing_numba_is_a_note_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    def load() -> None:
        raise MissingLibraryError("Numba is not installed")

    warm_up = WarmUp(lambda: None, load)
    with caplog.at_level(logging.INFO, "mlpsvd_gui"):
        warm_up.wait(threading.Event())
    assert "Numba is not installed" in caplog.text
