"""Messages of errors are one short line, whatever they quote."""

from __future__ import annotations

import copy

import pytest

from mlpsvd.audio.files import UnusableAudioFileError
from mlpsvd.errors import DataError, FileFormatError, MlpSvdError, SettingError

HOSTILE = "x" * 5000 + "\nsecond line\r\x1b[31mred\x07\u202egnp.exe\0"


@pytest.mark.parametrize("kind", [MlpSvdError, DataError, FileFormatError])
def test_a_message_is_one_short_line(kind: type[MlpSvdError]) -> None:
    message = str(kind(f"the file {HOSTILE} is damaged"))
    assert message.isprintable()
    assert len(message) == 1000
    assert message.startswith("the file xxx")
    assert message.endswith(" is damaged")
    assert str(copy.copy(kind(message))) == message
    assert str(kind()) == ""


def test_errors_built_from_hostile_parts_are_short_and_printable() -> None:
    from pathlib import Path

    for error in (SettingError(HOSTILE, HOSTILE, HOSTILE), UnusableAudioFileError(Path(HOSTILE), HOSTILE)):
        assert str(error).isprintable()
        assert len(str(error)) <= 1000
