"""Example recordings, made by the program: five everyday sounds for a first training without own recordings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlpsvd.experiments.clip_export import new_folder
from mlpsvd.streams import Purpose, seeds

__all__ = ["EXAMPLE_CLASSES", "EXAMPLE_RATE_HZ", "example_sound", "write_example_recordings"]

_Values = NDArray[np.floating[Any]]

EXAMPLE_RATE_HZ = 16000
_DURATION_S = 0.5
_N = int(EXAMPLE_RATE_HZ * _DURATION_S)
_PARTIALS = (1.0, 2.76, 5.4, 8.93)
"""Frequencies of the bending modes of a free bar, over that of the first (Fletcher and Rossing, 1998, eq. 2.62)."""


def write_example_recordings(folder: Path, n_per_class: int = 60, seed: int = 1) -> Path:
    """Write the recordings into ``folder``, one folder per class, unless it exists.

    Parameters
    ----------
    folder
        The folder to make. One that exists is left as it is.
    n_per_class
        Number of recordings of each class.
    seed
        The same seed gives the same sounds.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    OSError
        If it cannot be written; nothing is left then.

    Examples
    --------
    >>> folder = getfixture("tmp_path") / "sounds"
    >>> sorted(path.name for path in write_example_recordings(folder, n_per_class=1).iterdir())
    ['bell', 'motor', 'rain', 'whistle', 'wind']
    """
    import soundfile

    if folder.exists():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with new_folder(folder) as unfinished:
        for number, name in enumerate(EXAMPLE_CLASSES):
            (unfinished / name).mkdir()
            for index in range(n_per_class):
                rng = np.random.default_rng(seeds(Purpose.EXAMPLE_RECORDINGS, seed, number, index))
                path = unfinished / name / f"{name}_{index + 1:02d}.flac"
                soundfile.write(path, example_sound(name, rng), EXAMPLE_RATE_HZ, subtype="PCM_16")
    return folder


def example_sound(name: str, rng: np.random.Generator) -> _Values:
    """Return one sound of a class, [shape=(n_samples,)], between −1 and 1.

    Pitch, level and decay differ from sound to sound, and so does the noise behind it: white, pink or between, from
    6 dB louder to 50 dB softer, so that a network works in a quiet room too.
    """
    clean = EXAMPLE_CLASSES[name](rng)
    clean = clean / np.sqrt(np.mean(clean**2))
    slope = rng.uniform(0.0, 1.0)
    noise = _shaped(rng, lambda f_hz: np.maximum(f_hz, 50.0) ** -slope)
    mixed = clean + noise * 10.0 ** (-rng.uniform(-6.0, 50.0) / 20.0)
    level = 10.0 ** (rng.uniform(-45.0, -12.0) / 20.0)
    sound: _Values = np.clip(level * mixed / np.sqrt(np.mean(mixed**2)), -1.0, 1.0)
    return sound


def _time() -> _Values:
    return np.arange(_N) / EXAMPLE_RATE_HZ


def _shaped(rng: np.random.Generator, gain: Callable[[_Values], _Values]) -> _Values:
    """Return noise of unit variance whose spectrum has the magnitude ``gain(frequency in Hz)``."""
    spectrum = np.fft.rfft(rng.standard_normal(_N)) * gain(np.fft.rfftfreq(_N, 1.0 / EXAMPLE_RATE_HZ))
    noise = np.fft.irfft(spectrum, _N)
    return noise / np.std(noise)


def _bell(rng: np.random.Generator) -> _Values:
    first_hz, decay_s = rng.uniform(500.0, 800.0), rng.uniform(0.08, 0.3)
    tones = [
        np.exp(-_time() / decay_s * ratio**0.5) * np.sin(2 * np.pi * first_hz * ratio * _time()) / ratio**0.5
        for ratio in _PARTIALS
    ]
    return sum(tones, np.zeros(_N))


def _motor(rng: np.random.Generator) -> _Values:
    turns_hz = rng.uniform(45.0, 90.0)
    tones = [np.sin(2 * np.pi * turns_hz * n * _time() + rng.uniform(0, 2 * np.pi)) / n**0.7 for n in range(1, 20)]
    sound: _Values = sum(tones, np.zeros(_N)) * (1.0 + 0.5 * np.sin(2 * np.pi * rng.uniform(5.0, 12.0) * _time()))
    return sound


def _rain(rng: np.random.Generator) -> _Values:
    centre_hz = rng.uniform(2500.0, 4500.0)
    hiss = _shaped(rng, lambda f_hz: np.exp(-0.5 * (np.log2(np.maximum(f_hz, 1.0) / centre_hz)) ** 2))
    drops = np.zeros(_N)
    drops[rng.integers(0, _N, 25)] = rng.exponential(4.0, 25)
    return hiss + np.convolve(drops, np.exp(-np.arange(80) / 15.0) * np.sin(np.arange(80) * 1.4))[:_N]


def _whistle(rng: np.random.Generator) -> _Values:
    middle_hz = rng.uniform(900.0, 2500.0)
    vibrato = rng.uniform(0.0, 0.03) * np.sin(2 * np.pi * rng.uniform(3.0, 7.0) * _time())
    tone = np.sin(2 * np.pi * np.cumsum(middle_hz * 2.0**vibrato) / EXAMPLE_RATE_HZ)
    breath = _shaped(rng, lambda f_hz: np.exp(-(((f_hz - middle_hz) / 900.0) ** 2)))
    sound: _Values = tone + rng.uniform(0.02, 0.2) * breath
    return sound


def _wind(rng: np.random.Generator) -> _Values:
    corner_hz = rng.uniform(250.0, 600.0)
    gusts = 1.0 + 0.6 * np.sin(2 * np.pi * rng.uniform(0.5, 2.5) * _time() + rng.uniform(0, 2 * np.pi))
    sound: _Values = gusts * _shaped(rng, lambda f_hz: 1.0 / (1.0 + (f_hz / corner_hz) ** 2))
    return sound


EXAMPLE_CLASSES: dict[str, Callable[[np.random.Generator], _Values]] = {
    "bell": _bell,
    "motor": _motor,
    "rain": _rain,
    "whistle": _whistle,
    "wind": _wind,
}
"""What makes a sound of each class."""
