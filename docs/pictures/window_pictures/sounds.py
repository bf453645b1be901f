"""Sounds that the scenes play: the program's example sounds, and noise through the filters of the paper."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from mlpsvd.experiments.example_recordings import EXAMPLE_RATE_HZ, example_sound

__all__ = ["example_takes", "make_field_recordings", "sequence"]

Sound = NDArray[np.float32]

_REST_S = 0.55
"""Pause between two sounds; longer than the release time."""
_LEVEL_DBFS = -32.0
_PAPER_RATE_HZ = 16000


def example_takes(label: str, n: int, seed: int) -> list[Sound]:
    """Return example sounds of a class at about the same level, others than those that the program writes."""
    rng = np.random.default_rng([seed, *label.encode()])
    return [_levelled(example_sound(label, rng), _LEVEL_DBFS + rng.uniform(-4.0, 4.0)) for _ in range(n)]


def _levelled(sound: NDArray[np.floating], level_dbfs: float) -> Sound:
    return np.asarray(sound / np.sqrt(np.mean(sound**2)) * 10.0 ** (level_dbfs / 20.0), np.float32)


def sequence(sounds: list[Sound], noise_dbfs: float = -66.0) -> Sound:
    """Return sounds with pauses, in noise of the given level."""
    rest = np.zeros(round(_REST_S * EXAMPLE_RATE_HZ), np.float32)
    whole = np.concatenate([rest, *(part for sound in sounds for part in (sound, rest))])
    noise = np.random.default_rng(3).standard_normal(len(whole)) * 10.0 ** (noise_dbfs / 20.0)
    return np.asarray(np.clip(whole + noise, -1.0, 1.0), np.float32)


def make_field_recordings(folder: Path) -> None:
    """Write eight recordings of each class of the paper, and four that change class."""
    from mlpsvd.signals.bank import BandPass, paper_bank
    from mlpsvd.signals.synthesis import synthesise

    rng = np.random.default_rng(11)

    def sound(one: BandPass, n_clips: int) -> NDArray[np.floating]:
        return synthesise(one, "gaussian", _PAPER_RATE_HZ, n_clips, round(0.3 * _PAPER_RATE_HZ), rng).ravel()

    def write(path: Path, samples: NDArray[np.floating]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, samples, _PAPER_RATE_HZ, subtype="PCM_24")

    bank = paper_bank()
    for one in bank:
        for number in range(1, 9):
            gain = 1e-5 if (one.label, number) == ("680 Hz", 7) else 1.0  # practically silent
            write(folder / one.label / f"take {number}.flac", gain * sound(one, int(rng.integers(12, 40))))
    for number in range(1, 5):
        stations = [sound(bank[index], int(rng.integers(10, 25))) for index in rng.permutation(len(bank))]
        write(folder / "walks" / f"walk {number}.flac", np.concatenate(stations))
