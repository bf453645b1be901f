"""Small folders of recordings: tones in noise, and spoken digits as a recorder keeps them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from mlpsvd.audio.files import read, resample

__all__ = ["recorded_word", "write_tones", "write_words"]

TONE_RATE_HZ = 8000


def write_tones(folder: Path, n_clips: int = 6, n_odd: int = 0) -> Path:
    """Two classes of tones in noise. In class a, ``n_odd`` clips are noise only: no network can tell these."""
    rng = np.random.default_rng(2)
    time_s = np.arange(800) / TONE_RATE_HZ
    for label, frequency_hz in (("a", 500.0), ("b", 1500.0)):
        (folder / label).mkdir(parents=True)
        for number in range(n_clips):
            level = 0.0 if label == "a" and number < n_odd else 0.2
            clip = level * np.sin(2 * np.pi * frequency_hz * time_s + rng.uniform(0, 6)) + 0.01 * rng.standard_normal(
                800
            )
            soundfile.write(folder / label / f"{number}.wav", clip, TONE_RATE_HZ)
    return folder


def recorded_word(
    path: Path, rate_hz: float, rng: np.random.Generator, gain: float = 1.0, noise_db: float = -65.0
) -> NDArray[np.float32]:
    """Return a spoken digit with 0.1 to 0.3 s before and 0.2 to 0.4 s behind it, in white noise."""
    samples, from_hz = read(path)
    word = gain * resample(samples, from_hz, rate_hz)
    before, behind = (np.zeros(int(rng.uniform(low, low + 0.2) * rate_hz), np.float32) for low in (0.1, 0.2))
    clip = np.concatenate([before, word, behind])
    return (clip + 10.0 ** (noise_db / 20.0) * rng.standard_normal(len(clip))).astype(np.float32)


def write_words(
    folder: Path, digits: Path, words: tuple[str, ...] = ("0", "1", "2"), speaker: str = "george", n_clips: int = 8,
    seed: int = 1, rate_hz: int = 48000, gain: float = 1.0, noise_db: float = -65.0,
) -> Path:  # fmt: skip
    """Write one folder a word, with ``n_clips`` recordings by one speaker in each; returns ``folder``."""
    rng = np.random.default_rng(seed)
    for word in words:
        files = sorted((digits / "recordings").glob(f"{word}_{speaker}_*.wav"))
        (folder / word).mkdir(parents=True)
        for number, index in enumerate(rng.permutation(len(files))[:n_clips]):
            clip = recorded_word(files[index], rate_hz, rng, gain, noise_db)
            soundfile.write(folder / word / f"{word}_{number}.wav", clip, rate_hz, subtype="PCM_16")
    return folder
