"""Sources that are paced by the clock: what they deliver, when, and how they end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from mlpsvd.audio import files
from mlpsvd.audio.ring_buffer import RingBuffer
from mlpsvd.audio.sources.file_source import FileSource
from mlpsvd.audio.sources.paced_source import Pace, PacedSource
from mlpsvd.audio.sources.source import AudioSource, SourceState
from mlpsvd.audio.sources.synthetic_source import SyntheticSource
from mlpsvd.signals.bank import paper_bank

RATE_HZ = 8000.0


def wait_until(condition: Callable[[], bool], timeout_s: float = 5.0) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline_s, "waited in vain"
        time.sleep(0.002)


def drain(source: AudioSource, ring: RingBuffer, block: int = 160) -> NDArray[np.float32]:
    """Read everything a source delivers, as the classifier's thread would."""
    blocks: list[NDArray[np.float32]] = []
    while True:
        over = source.finished
        n = min(block, ring.n_waiting) if over else block
        samples = ring.read(ring.n_read, n)
        if samples is not None and n:
            ring.advance(ring.n_read + n)
            blocks.append(samples)
        elif over and not ring.n_waiting:
            return np.concatenate(blocks) if blocks else np.zeros(0, np.float32)
        else:
            time.sleep(0.001)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    rng = np.random.default_rng(5)
    path = tmp_path / "Noise.WAV"
    soundfile.write(path, rng.uniform(-0.5, 0.5, 12_345).astype(np.float32), 16000, subtype="FLOAT", format="WAV")
    return path


def test_a_file_as_fast_as_possible_delivers_exactly_the_resampled_file(recording: Path) -> None:
    source = FileSource(recording, RATE_HZ, Pace.FASTEST)
    ring = RingBuffer(1000)  # far smaller than the file: the source has to wait for its reader
    source.start(ring)
    found = drain(source, ring)
    samples, rate_hz = files.read(recording)
    expected = files.resample(samples, rate_hz, RATE_HZ)
    assert np.array_equal(found, expected)
    assert ring.n_lost == 0
    assert source.status.state is SourceState.FINISHED


def test_real_time_follows_the_clock_without_drift(recording: Path) -> None:
    source = FileSource(recording, RATE_HZ)
    ring = RingBuffer(16_000)
    source.start(ring)
    wait_until(lambda: source.finished)
    n_samples = ring.n_written
    first_s, last_s = ring.arrived_s(1), ring.arrived_s(n_samples)
    assert first_s is not None
    assert last_s is not None
    played_s = (n_samples - 80) / RATE_HZ  # from the end of the first block of 10 ms
    assert played_s - 0.02 < last_s - first_s < played_s + 0.15


def test_a_repeated_file_goes_on_without_a_gap(recording: Path) -> None:
    source = FileSource(recording, 16000.0, Pace.FASTEST, loop=True)
    ring = RingBuffer(30_000)
    source.start(ring)
    wait_until(lambda: ring.n_written >= 29_000)
    source.stop()
    samples, _ = files.read(recording)
    found = ring.read(0, 2 * len(samples))
    assert found is not None
    assert np.array_equal(found, np.concatenate([samples, samples]))
    assert source.status.state is SourceState.STOPPED


def test_a_missing_file_gives_a_clear_error(tmp_path: Path) -> None:
    source = FileSource(tmp_path / "gone.wav", RATE_HZ)
    source.start(RingBuffer(100))
    wait_until(lambda: source.finished)
    assert source.status.state is SourceState.FAILED
    assert "gone.wav" in source.status.message


@pytest.mark.alone
def test_stop_is_quick_and_may_come_twice(recording: Path) -> None:
    source = FileSource(recording, RATE_HZ, loop=True)
    source.stop()
    ring = RingBuffer(1000)
    source.start(ring)
    wait_until(lambda: ring.n_written > 0)
    before_s = time.monotonic()
    source.stop()
    source.stop()
    assert time.monotonic() - before_s < 0.3
    n_written = ring.n_written
    time.sleep(0.05)  # time in which nothing may come
    assert ring.n_written == n_written
    assert source.status.state is SourceState.STOPPED


def test_a_source_waiting_for_room_can_be_stopped(recording: Path) -> None:
    source = FileSource(recording, RATE_HZ, Pace.FASTEST)
    ring = RingBuffer(100)
    source.start(ring)
    wait_until(lambda: ring.n_free < 80)
    source.stop()
    assert source.status.state is SourceState.STOPPED


def test_a_source_can_be_started_again_but_not_twice_at_once(recording: Path) -> None:
    source = FileSource(recording, RATE_HZ, loop=True)
    source.start(RingBuffer(1000))
    with pytest.raises(RuntimeError, match="already"):
        source.start(RingBuffer(1000))
    source.stop()
    ring = RingBuffer(1000)
    source.start(ring)
    wait_until(lambda: ring.n_written > 0)
    source.stop()


def test_an_unexpected_error_in_the_thread_is_reported() -> None:
    class Broken(PacedSource):
        def _sections(self) -> Iterator[np.ndarray]:
            yield np.zeros(10, np.float32)
            raise OSError("the disk is gone")

    source = Broken("broken", RATE_HZ)
    source.start(RingBuffer(100))
    wait_until(lambda: source.finished)
    assert source.status.state is SourceState.FAILED
    assert "the disk is gone" in source.status.message


def test_no_thread_is_left_behind(recording: Path) -> None:
    source = FileSource(recording, RATE_HZ, Pace.FASTEST)
    ring = RingBuffer(20_000)
    source.start(ring)
    wait_until(lambda: source.finished)
    source.stop()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("source")]


def test_the_bank_plays_the_chosen_class_from_the_next_clip_on() -> None:
    rate_hz, clip_s = 16000.0, 0.3
    filters = paper_bank(2, spacing_hz=300.0, bandwidth_hz=10.0)  # 710 and 410 Hz
    source = SyntheticSource(filters, "gaussian", rate_hz, clip_s, class_index=0, seed=1, pace=Pace.FASTEST)
    n = round(rate_hz * clip_s)
    ring = RingBuffer(n + 160)
    source.start(ring)
    peaks_hz = []
    for clip in range(6):
        wait_until(lambda clip=clip: ring.n_written >= (clip + 1) * n)
        if clip == 2:
            source.choose(1)
        samples = ring.read(clip * n, n)
        assert samples is not None
        spectrum = np.abs(np.fft.rfft(samples * np.hanning(n)))
        peaks_hz.append(np.argmax(spectrum) * rate_hz / n)
        ring.advance((clip + 1) * n)
    source.stop()
    assert np.allclose(peaks_hz[:3], 710.0, atol=25.0)
    assert np.allclose(peaks_hz[-2:], 410.0, atol=25.0)


def test_every_clip_of_the_bank_starts_from_rest() -> None:
    source = SyntheticSource(paper_bank(2), "gaussian", 16000.0, 0.05, seed=1, pace=Pace.FASTEST)
    ring = RingBuffer(40 * 800)
    source.start(ring)
    wait_until(lambda: ring.n_written >= 32 * 800)
    source.stop()
    samples = ring.read(0, 32 * 800)
    assert samples is not None
    clips = samples.reshape(32, 800).astype(np.float64)
    # A 10 Hz wide filter needs some 0.1 s to fill: at its start a clip from rest is far below its end.
    assert np.sqrt(np.mean(clips[:, :20] ** 2)) < 0.3 * np.sqrt(np.mean(clips[:, -200:] ** 2))


def test_the_bank_refuses_a_class_that_it_does_not_have() -> None:
    source = SyntheticSource(paper_bank(2), "gaussian", 16000.0, 0.3)
    with pytest.raises(ValueError, match="class 2"):
        source.choose(2)
