"""The streaming resampler against soxr, which resamples files, and against its own promise of a constant delay."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpsvd.audio.files import resample
from mlpsvd.audio.stream_resampler import StreamResampler

RATES = [
    (48000, 16000),
    (44100, 16000),
    (48000, 8000),
    (16000, 48000),
    (48000, 44100),
    (96000, 11025),
    (48000, 12345.6),
]


@pytest.mark.parametrize(("from_hz", "to_hz"), RATES)
def test_streamed_resampling_equals_resampling_of_the_whole_file(from_hz: int, to_hz: int) -> None:
    rng = np.random.default_rng(1)
    # Noise without the uppermost tenth of the band, where both filters fall, each in its own way.
    spectrum = np.fft.rfft(rng.standard_normal(from_hz // 2))
    spectrum[int(0.9 * min(from_hz, to_hz) / 2 / 2) :] = 0.0
    samples = (0.1 * np.fft.irfft(spectrum)).astype(np.float32)
    stream = StreamResampler(from_hz, to_hz)
    heard = np.concatenate((stream.push(samples), stream.flush()))
    whole = resample(samples, from_hz, to_hz)
    assert abs(len(heard) - len(whole)) <= 1
    middle = slice(len(heard) // 5, -len(heard) // 5)
    difference = heard[: len(whole)][middle] - whole[: len(heard)][middle]
    assert np.linalg.norm(difference) < 1e-3 * np.linalg.norm(whole[middle])  # 60 dB; soxr's own error at 44.1 kHz


@pytest.mark.parametrize(("from_hz", "to_hz"), [(8000, 8001), (10245, 23051), (44100, 44099)])
def test_rates_of_no_simple_ratio_are_met_too(from_hz: int, to_hz: int) -> None:
    n_seconds = 20
    samples = np.sin(2.0 * np.pi * 1234.0 * np.arange(n_seconds * from_hz) / from_hz).astype(np.float32)
    stream = StreamResampler(from_hz, to_hz)
    heard = np.concatenate((stream.push(samples), stream.flush()))
    assert len(heard) == n_seconds * to_hz
    middle = slice(2000, -2000)
    expected = np.sin(2.0 * np.pi * 1234.0 * np.arange(len(heard)) / to_hz)
    assert np.abs(heard - expected)[middle].max() < 1e-3  # a drift of the 20 s by half a sample would give 0.2


@pytest.mark.parametrize(
    ("from_hz", "to_hz", "delay_ms"), [(48000, 16000, 4.7), (48000, 8000, 9.3), (48000, 44100, 1.8)]
)
def test_its_delay_is_short_and_never_changes(from_hz: int, to_hz: int, delay_ms: float) -> None:
    stream, n_in, n_out = StreamResampler(from_hz, to_hz), 0, 0
    for _ in range(200):
        n_out += len(stream.push(np.zeros(from_hz // 100, dtype=np.float32)))
        n_in += from_hz // 100
        late_s = n_in / from_hz - n_out / to_hz
        assert stream.delay_s - 1.0 / to_hz <= late_s <= stream.delay_s + 1.0 / to_hz
    assert 1e3 * stream.delay_s < delay_ms


@given(
    cuts=st.lists(st.integers(0, 700), max_size=12),
    rates=st.sampled_from([(48000, 16000), (44100, 16000), (8000, 44100)]),
)
def test_it_makes_no_difference_how_the_sound_is_cut(cuts: list[int], rates: tuple[float, float]) -> None:
    samples = np.random.default_rng(2).standard_normal(sum(cuts)).astype(np.float32)
    stream = StreamResampler(*rates)
    pieces = [stream.push(piece) for piece in np.split(samples, np.cumsum(cuts))]
    pieces.append(stream.flush())
    at_once = StreamResampler(*rates)
    whole = np.concatenate((at_once.push(samples), at_once.flush()))
    heard = np.concatenate(pieces)
    assert len(heard) == len(whole) == -(-len(samples) * rates[1] // rates[0])
    np.testing.assert_allclose(heard, whole, atol=2e-6)


def test_a_tone_above_the_new_band_is_gone() -> None:
    tone = np.sin(2.0 * np.pi * 8100.0 * np.arange(24000) / 48000).astype(np.float32)
    heard = StreamResampler(48000, 16000).push(tone)[1000:]
    assert np.abs(heard).max() < 10.0 ** (-90.0 / 20.0)


def test_a_constant_stays_what_it_is() -> None:
    heard = StreamResampler(44100, 16000).push(np.full(20000, 0.5, dtype=np.float32))[500:]
    np.testing.assert_allclose(heard, 0.5, rtol=1e-5)
