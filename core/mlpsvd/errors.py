"""Exceptions of the core.

The core raises these; the window and the command line display them. Every message is one sentence that names the
object, the value found and the value expected.
"""

from __future__ import annotations

from mlpsvd.text import one_line, quoted

__all__ = [
    "AudioFileError",
    "CalibrationError",
    "DataError",
    "DeviceError",
    "EngineError",
    "FileFormatError",
    "MatrixError",
    "MissingLibraryError",
    "MlpSvdError",
    "NetworkError",
    "QuantityError",
    "SettingError",
    "TrainingError",
]


_LONGEST = 1000


class MlpSvdError(Exception):
    """Base class of all errors of this package.

    Whatever a file holds, the message is one line without control characters, of at most 1000 characters.
    """

    def __init__(self, message: str = "", *more: object) -> None:
        super().__init__(one_line(str(message), _LONGEST), *more)


class SettingError(MlpSvdError):
    """A setting is unknown or has an invalid value.

    Attributes
    ----------
    key
        Dotted name of the setting, e.g. ``training.batch_size``.
    found
        The invalid value as the user wrote it.
    expected
        Description of valid values, e.g. ``a whole number of at least 1``.
    """

    def __init__(self, key: str, found: object, expected: str) -> None:
        self.key = key
        self.found = found
        self.expected = expected
        super().__init__(f"{one_line(key, 200)} is {quoted(found)}; it should be {one_line(expected, 400)}")


class QuantityError(MlpSvdError):
    """A text is not a number in the expected unit; the message is a complete sentence."""


class DataError(MlpSvdError):
    """A data set cannot be created from the available data."""


class AudioFileError(DataError):
    """One audio file cannot be used: unreadable, empty, non-finite or too short."""


class CalibrationError(DataError):
    """A recorded tone cannot calibrate a microphone; the message states the requirements."""


class EngineError(MlpSvdError):
    """The fused engine cannot be compiled or loaded here; the message gives the reason."""


class FileFormatError(MlpSvdError):
    """A file (experiment, model, checkpoint, correction) is damaged, of another kind, or from a newer version."""


class DeviceError(MlpSvdError):
    """A GPU or a sound device is missing or does not work; the message gives the reason."""


class MissingLibraryError(MlpSvdError):
    """An optional library is not installed; the message names it and gives the command to install it."""


class NetworkError(MlpSvdError):
    """The layers, parameters or data of a network are inconsistent, or its size is implausible."""


class MatrixError(MlpSvdError):
    """A matrix is not one of which a function can be computed, for instance because an entry is not finite."""


class TrainingError(MlpSvdError):
    """Training cannot continue, for instance because the loss is no longer finite."""
