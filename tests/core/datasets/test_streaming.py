"""Recordings read block by block give bit-identical clips to reading the whole file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from mlpsvd.audio import file_blocks, files
from mlpsvd.datasets.recordings import cut
from mlpsvd.datasets.streaming import stream_clips
from mlpsvd.errors import AudioFileError

BLOCK = 1000


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_blocks, "_BLOCK_FRAMES", BLOCK)


def write(path: Path, n_samples: int, rate_hz: int = 16000, n_channels: int = 1) -> Path:
    samples = np.random.default_rng(n_samples).uniform(-0.9, 0.9, (n_samples, n_channels))
    soundfile.write(path, samples, rate_hz)
    return path


def whole(path: Path, rate_hz: float, clip_s: float, shortest_s: float, channel: int) -> list[tuple[float, bytes]]:
    samples, from_hz = files.read(path, channel)
    pieces = cut(files.resample(samples, from_hz, rate_hz), rate_hz, clip_s, shortest_s)
    return [(start_s, piece.tobytes()) for start_s, piece in pieces]


def streamed(path: Path, rate_hz: float, clip_s: float, shortest_s: float, channel: int) -> list[tuple[float, bytes]]:
    blocks = stream_clips(path, rate_hz, clip_s, shortest_s, channel)
    return [(start_s, piece.tobytes()) for block in blocks for start_s, piece in block.clips]


@pytest.mark.parametrize("name", ["a.wav", "a.FLAC", "a.ogg", "a.aiff"])
@pytest.mark.parametrize("n_samples", [17, BLOCK, 3 * BLOCK, 12_345])
@pytest.mark.parametrize("rate_hz", [16000.0, 11025.0, 44100.0])
@pytest.mark.parametrize("clip_s", [0.0, 0.011, 0.1])
def test_clips_are_those_of_the_whole_file(
    name: str, n_samples: int, rate_hz: float, clip_s: float, tmp_path: Path
) -> None:
    path = write(tmp_path / name, n_samples)
    assert streamed(path, rate_hz, clip_s, 0.001, 0) == whole(path, rate_hz, clip_s, 0.001, 0)


@pytest.mark.parametrize("channel", [0, 1, 3])
def test_channels_are_chosen_and_mixed_as_in_the_whole_file(channel: int, tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", 5_001, n_channels=3)
    assert streamed(path, 16000.0, 0.05, 0.001, channel) == whole(path, 16000.0, 0.05, 0.001, channel)


def test_streamed_samples_equal_the_whole_file_including_signed_zeros(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.r_[-0.0, 0.0, -1e-45, np.full(500, -0.0)], 16000, subtype="FLOAT")
    for channel in (0, 1):
        found = streamed(tmp_path / "a.wav", 16000.0, 0.0, 0.001, channel)
        assert found == whole(tmp_path / "a.wav", 16000.0, 0.0, 0.001, channel)


def test_progress_is_reported(tmp_path: Path) -> None:
    blocks = list(stream_clips(write(tmp_path / "a.wav", 4_500), 8000.0, 0.05, 0.001))
    assert [block.read_s for block in blocks] == pytest.approx([0.0625, 0.125, 0.1875, 0.25, 0.28125])
    assert [block.share for block in blocks] == pytest.approx([2 / 9, 4 / 9, 6 / 9, 8 / 9, 1.0])


def test_what_cannot_be_used_says_what_reading_it_whole_says(tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("no sound")
    (tmp_path / "empty.wav").touch()
    soundfile.write(tmp_path / "none.wav", np.zeros(0), 16000)
    soundfile.write(tmp_path / "nan.wav", np.r_[np.zeros(2_500), np.nan], 16000, subtype="FLOAT")
    write(tmp_path / "mono.wav", 2_000)
    for name in ("missing.wav", "text.wav", "empty.wav", "none.wav", "nan.wav", "mono.wav"):
        with pytest.raises(AudioFileError) as expected:
            files.read(tmp_path / name, channel=2 if name == "mono.wav" else 0)
        with pytest.raises(AudioFileError) as found:
            list(stream_clips(tmp_path / name, 16000.0, 0.05, 0.01, channel=2 if name == "mono.wav" else 0))
        assert str(found.value) == str(expected.value)


def test_one_that_is_too_short_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AudioFileError, match=r"too short: 0\.1 s; at least 0\.2 s are needed"):
        list(stream_clips(write(tmp_path / "a.wav", 1_600), 16000.0, 0.05, 0.2))


def test_only_one_clip_of_a_long_recording_is_held(tmp_path: Path) -> None:
    import tracemalloc

    path = write(tmp_path / "a.wav", 2_000_000)
    for _ in stream_clips(path, 8000.0, 0.05, 0.01):  # loads what is loaded late
        break
    tracemalloc.start()
    for _ in stream_clips(path, 8000.0, 0.05, 0.01):
        pass
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 400_000
