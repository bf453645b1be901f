"""The log file."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QStandardPaths, QtMsgType, qInstallMessageHandler

from mlpsvd.errors import MlpSvdError
from mlpsvd.text import sentence

__all__ = [
    "catch_everything",
    "default_folder",
    "error_sentence",
    "log_path",
    "log_qt_messages",
    "start_logging",
    "unexpected_sentence",
]

LOGGER = logging.getLogger("mlpsvd_gui")
_LOGGERS = (LOGGER, logging.getLogger("mlpsvd"))
_MAX_BYTES = 1_000_000
_N_KEPT = 3
_QT_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


def default_folder() -> Path:
    """Return the folder for the program's own files on this system."""
    return Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppDataLocation))


def start_logging(folder: Path | None = None) -> Path | None:
    """Log to a rotating file.

    Parameters
    ----------
    folder
        Folder; by default :func:`default_folder`.

    Returns
    -------
    Path | None
        The log file, or None if none can be written (for example on a full or read-only disk).
    """
    folder = folder or default_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(folder / "mlpsvd.log", maxBytes=_MAX_BYTES, backupCount=_N_KEPT, encoding="utf-8",
                                      delay=True)  # fmt: skip
    except OSError as error:
        print(f"No log file can be written in {folder}: {error}", file=sys.stderr)
        return None
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    for logger in _LOGGERS:
        for old in [h for h in logger.handlers if isinstance(h, RotatingFileHandler)]:
            logger.removeHandler(old)
            old.close()
        logger.setLevel(logging.INFO)
        logger.addHandler(handler)
    return Path(handler.baseFilename)


def log_path() -> Path | None:
    """Return the current log file, or None."""
    for handler in LOGGER.handlers:
        if isinstance(handler, RotatingFileHandler):
            return Path(handler.baseFilename)
    return None


def catch_everything(show: Callable[[str], None]) -> None:
    """Log uncaught exceptions of any thread and pass one sentence to ``show``.

    ``show`` is called from the thread in which the exception happened.
    """

    def report(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        if error is None or issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error or kind(), trace)
            return
        LOGGER.error("Unexpected %s", kind.__name__, exc_info=(kind, error, trace))
        show(unexpected_sentence(error))

    def report_thread(args: threading.ExceptHookArgs) -> None:
        report(args.exc_type, args.exc_value, args.exc_traceback)

    sys.excepthook = report
    threading.excepthook = report_thread


def log_qt_messages() -> None:
    """Send Qt messages to the log file instead of the terminal."""

    def take(kind: QtMsgType, _: object, text: str) -> None:
        LOGGER.log(_QT_LEVELS.get(kind, logging.INFO), "Qt: %s", text)

    qInstallMessageHandler(take)


def error_sentence(error: Exception, what: str = "") -> str:
    """Return an error of the core or of the system as one sentence; others are logged.

    Parameters
    ----------
    error
        The error.
    what
        The path or the action, for errors that do not name it.
    """
    if isinstance(error, MlpSvdError):
        return sentence(str(error))
    if isinstance(error, OSError):
        where = error.filename or what
        return sentence(f"{where}: {error.strerror or error}" if where else str(error))
    LOGGER.error("%s failed", what or "An action", exc_info=error)
    return unexpected_sentence(error)


def unexpected_sentence(error: BaseException) -> str:
    """Return one sentence about an unexpected error, with the path of the log."""
    path = log_path()
    where = f" See {path} for details." if path else ""
    return f"Unexpected error ({type(error).__name__}: {error}).{where}"
