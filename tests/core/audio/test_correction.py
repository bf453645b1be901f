"""Microphone correction files of makers and programs, and messages for invalid ones."""

from __future__ import annotations

import errno
import os
import re
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpsvd.audio.correction import MicrophoneCorrection, read_correction
from mlpsvd.errors import FileFormatError

UMIK = '"Sens Factor =-1.378dB, SERNO: 7000000"\n10.054\t-4.4231\n10.179\t-4.3512\n1000.5\t0.0000\n20016.816\t1.8720\n'
DAYTON = "*1000Hz\t-39.7\r\n20.00\t-1.2\r\n25.00\t-0.9\r\n1000.00\t0.0\r\n20000.00\t3.1\r\n"
REW = "* Measurement data measured by REW V5.20\n*\n* Freq(Hz) SPL(dB) Phase(degrees)\n20.0 -1.2 -45.3\n1000 0 0.5\n"
FRD = "# exported\n\n20.0   -1.2   -45.3\n  30   -1.0   -40\n# half way\n2e4   1.5E0   10\n\n"


def read(tmp_path: Path, content: str | bytes) -> MicrophoneCorrection:
    path = tmp_path / "microphone.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_correction(path)


@pytest.mark.parametrize(
    ("content", "frequencies_hz", "response_db"),
    [
        (UMIK, [10.054, 10.179, 1000.5, 20016.816], [-4.4231, -4.3512, 0.0, 1.872]),
        (UMIK.replace("\n", "\r"), [10.054, 10.179, 1000.5, 20016.816], [-4.4231, -4.3512, 0.0, 1.872]),
        (DAYTON, [20, 25, 1000, 20000], [-1.2, -0.9, 0.0, 3.1]),
        (REW, [20, 1000], [-1.2, 0.0]),
        (FRD, [20, 30, 20000], [-1.2, -1.0, 1.5]),
        ("Frequency (Hz),Response (dB)\n20,-1.5\n30, 2\n", [20, 30], [-1.5, 2]),
        ("Frequency [Hz], SPL\n20.5, -1.5, 10\n30.5, 2, 11\n", [20.5, 30.5], [-1.5, 2]),
        ('"Hz","dB"\n"20","-1.5"\n"30","2"\n', [20, 30], [-1.5, 2]),
        ("Frequenz;Pegel\n20,5;-1,5\n1000,25;+2,75\n", [20.5, 1000.25], [-1.5, 2.75]),
        ("20,5\t-1,5\n1000\t2,75\n", [20.5, 1000], [-1.5, 2.75]),
        ("20,5 -1,5 0,1\n1000 2,75 0,2\n", [20.5, 1000], [-1.5, 2.75]),
        ("20;-1.5;\n30;2;\n", [20, 30], [-1.5, 2]),
        ("0 -20\n20 -1.5\n30 2", [20, 30], [-1.5, 2]),
        ("// made by hand\n20 \N{MINUS SIGN}1.5\n30 2\n", [20, 30], [-1.5, 2]),
        (b"\xef\xbb\xbf20 -1.5\n30 2\n", [20, 30], [-1.5, 2]),
        (b"Messger\xe4t 20\xb0C\n20 -1.5\n30 2\n", [20, 30], [-1.5, 2]),
        ("Hz\tdB\n20\t-1.5\n30\t2\n".encode("utf-16"), [20, 30], [-1.5, 2]),
    ],
    ids=["UMIK-1", "old Mac", "Dayton", "REW", "FRD", "CSV", "CSV blanks", "CSV quoted", "decimal comma",
         "decimal comma, tabs", "decimal comma, blanks", "trailing separator", "0 Hz", "minus sign", "BOM", "Latin 1",
         "UTF-16"],
)  # fmt: skip
def test_files_as_they_are_found(
    content: str | bytes, frequencies_hz: list[float], response_db: list[float], tmp_path: Path
) -> None:
    found = read(tmp_path, content)
    assert found.name == "microphone.txt"
    np.testing.assert_allclose(found.frequencies_hz, frequencies_hz)
    np.testing.assert_allclose(found.response_db, response_db)


def test_between_points_the_response_is_straight_over_the_logarithm_and_beyond_them_constant(tmp_path: Path) -> None:
    found = read(tmp_path, "100 -6\n10000 6\n")
    asked = np.array([[0.0, 50.0, 100.0], [1000.0, 10000.0, 24000.0]])
    np.testing.assert_allclose(found.at(asked), [[-6.0, -6.0, -6.0], [0.0, 6.0, 6.0]], atol=1e-9)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "it has no line of a frequency and a response; it should have two or more"),
        ("hello\nworld\n", "no line of a frequency"),
        ("1000 0\n", "one line of a frequency"),
        ("0 1\n20 1\n", "one line of a frequency"),
        ("20 0\n40 0\n30 0\n", "line 3: 30 Hz comes after 40 Hz; frequencies should ascend"),
        ("20 0\n20 0\n", "line 2: 20 Hz comes after 20 Hz"),
        ("Hz dB\n20 0\n40 loud\n", "line 3: '40 loud' should be a frequency in Hz and a response in dB"),
        ("20 0\n40\n", "line 2: '40' should be a frequency"),
        ("20 0\nsee below\n", "line 2: 'see below' should be a frequency"),
        ("20 nan\n40 0\n", "line 1: '20 nan' should be"),
        ("20 0\n40 1_0\n", "line 2: '40 1_0' should be"),
        ("20 84.2\n40 85\n", "line 1: the response is 84.2 dB; it should be within ±60 dB"),
        ("20 1e999\n40 85\n", "line 1: the response is inf dB"),
        ("-20 0\n40 1\n", "line 1: the frequency is -20 Hz; it should be above 0"),
        ("20,5,-1,5\n30,5,-1,0\n40,0,1,0\n", "line 1: '20,5,-1,5' has commas between the columns and in the numbers"),
        (b"RIFF\x00\x00\x00\x00WAVE", "is not text"),
        (b"20 0\n" * 2**20, "is too large; it should be at most 1 MB"),
    ],
)
def test_an_invalid_correction_file_gives_one_sentence(content: str | bytes, words: str, tmp_path: Path) -> None:
    with pytest.raises(FileFormatError) as caught:
        read(tmp_path, content)
    assert words in str(caught.value)
    assert "microphone.txt" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match=r"none\.txt cannot be read: " + re.escape(os.strerror(errno.ENOENT))):
        read_correction(tmp_path / "none.txt")
    with pytest.raises(FileFormatError, match="is a folder; it should be a plain file"):
        read_correction(tmp_path)


@given(st.one_of(st.binary(max_size=300), st.text('0123456789.,;-+eE \t\r\n"*#aH', max_size=300).map(str.encode)))
def test_whatever_is_in_a_file_is_a_correction_or_one_sentence(content: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "microphone.txt"
        path.write_bytes(content)
        try:
            found = read_correction(path)
        except FileFormatError as error:
            assert "\n" not in str(error)
            return
        assert len(found.frequencies_hz) >= 2
        assert (np.diff(found.frequencies_hz) > 0.0).all()
        assert np.isfinite(found.at(np.array([0.0, 1e-3, 100.0, 1e9]))).all()


@pytest.mark.parametrize(
    "content",
    [
        b"1" * 900_000 + b"x",
        b"20 0\n" + b"1" * 900_000,
        b"1.1" * 300_000,
        (b"1" * 400 + b"x 0\n") * 2000,
        b"1;" * 400_000,
    ],
)
def test_a_file_that_is_made_to_be_slow_is_refused_at_once(tmp_path: Path, content: bytes) -> None:
    began = time.process_time()
    with pytest.raises(FileFormatError) as caught:
        read(tmp_path, content)
    assert time.process_time() - began < 1.0
    assert len(str(caught.value)) < 400
    assert str(caught.value).isprintable()
