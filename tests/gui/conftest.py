"""Fixtures of the window tests: real widgets, all closed at the end, and warnings as errors.

A Qt warning or a log record from WARNING upwards fails the test that caused it, unless the test said beforehand that
it expects it: ``expect_log("text in the record")``.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QSettings, QStandardPaths, Qt, QtMsgType, qInstallMessageHandler
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from mlpsvd_gui.plots.options import configure_pyqtgraph

if "DISPLAY" not in os.environ:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

ExpectLog = Callable[[str], None]

_QT_LEVELS = {
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}
_HARMLESS_QT = ("This plugin does not support",)
"""Messages of Qt's offscreen platform about raising windows and size hints."""


class _Recorder(logging.Handler):
    """Collects messages that tests must not cause."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(f"{record.name}: {record.getMessage()}")

    def take_qt(self, kind: QtMsgType, _context: object, text: str) -> None:
        if kind in _QT_LEVELS and not text.startswith(_HARMLESS_QT):
            self.messages.append(f"Qt: {text}")


@pytest.fixture
def expect_log() -> ExpectLog:
    """Return a function that allows records containing a text; each text must then come."""
    expected: list[str] = []

    def expect(text: str) -> None:
        expected.append(text)

    expect.texts = expected  # type: ignore[attr-defined]
    return expect


@pytest.fixture(autouse=True)
def _no_unheard_warnings(expect_log: ExpectLog) -> Iterator[None]:
    recorder = _Recorder()
    root = logging.getLogger()
    root.addHandler(recorder)
    before = qInstallMessageHandler(recorder.take_qt)
    yield
    qInstallMessageHandler(before)
    root.removeHandler(recorder)
    expected: list[str] = expect_log.texts  # type: ignore[attr-defined]
    unheard = [message for message in recorder.messages if not any(text in message for text in expected)]
    missing = [text for text in expected if not any(text in message for message in recorder.messages)]
    assert not unheard, "unexpected warnings:\n" + "\n".join(unheard)
    assert not missing, "expected in the log, never came:\n" + "\n".join(missing)


@pytest.fixture(scope="session", autouse=True)
def _application(qapp: QApplication) -> None:
    """One application, in Qt's own style, in English and light whatever the machine says."""
    configure_pyqtgraph()
    QStandardPaths.setTestModeEnabled(True)
    qapp.setStyle("Fusion")
    QGuiApplication.styleHints().setColorScheme(Qt.ColorScheme.Light)


@pytest.fixture(autouse=True)
def _own_settings(tmp_path: Path) -> None:
    """Isolate tests from the user's preferences."""
    for kind in (QSettings.Format.NativeFormat, QSettings.Format.IniFormat):
        QSettings.setPath(kind, QSettings.Scope.UserScope, str(tmp_path / "settings"))


@pytest.fixture(autouse=True)
def _nothing_left_open(qapp: QApplication) -> Iterator[None]:
    """Close and delete the windows that a test opened."""
    before = set(qapp.topLevelWidgets())
    yield
    for widget in set(qapp.topLevelWidgets()) - before:
        widget.close()
        widget.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
