"""The synthetic task as a live source: filtered noise of a selected class."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from mlpsvd.audio.sources.paced_source import Pace, PacedSource
from mlpsvd.signals.bank import BandPass
from mlpsvd.signals.noise import Noise
from mlpsvd.signals.synthesis import synthesise

__all__ = ["SyntheticSource"]


class SyntheticSource(PacedSource):
    """Plays clips of one class of a filter bank back to back; the class may change at any time.

    Each clip is filtered with zero initial conditions, as in the training set: the paper's features are the first 256
    samples, which include the transient of the filter. Windows that start with a clip (a hop of one whole window)
    therefore match the training data; windows in between do not, and their accuracy is lower. A change of class takes
    effect with the next clip.

    Parameters
    ----------
    filters
        One band-pass filter for each class.
    noise
        ``gaussian``, ``uniform`` or ``pink``.
    sample_rate_hz, clip_s
        Rate of the samples and length of each clip in seconds; both the model's.
    class_index
        Index of the first class.
    seed
        Seed of the noise, separate from the random streams of the training set.
    pace
        At real speed, or as fast as the reader takes it.
    """

    def __init__(
        self,
        filters: Sequence[BandPass],
        noise: Noise,
        sample_rate_hz: float,
        clip_s: float,
        class_index: int = 0,
        seed: int | None = None,
        pace: Pace = Pace.REAL_TIME,
    ) -> None:
        super().__init__("Synthetic bank", sample_rate_hz, pace)
        self._filters = tuple(filters)
        self._noise = noise
        self._n_samples = max(1, round(clip_s * sample_rate_hz))
        self._rng = np.random.default_rng(seed)
        self._class_index = class_index
        self._played: list[int] = []

    @property
    def class_index(self) -> int:
        """The class of the next clip."""
        return self._class_index

    def choose(self, class_index: int) -> None:
        """Switch to another class from the next clip on; may be called from any thread."""
        if not 0 <= class_index < len(self._filters):
            raise ValueError(f"class {class_index} is not one of the bank's {len(self._filters)}")
        self._class_index = class_index

    def class_at(self, time_s: float) -> int | None:
        """Return the class of the clip at ``time_s`` seconds after the start; None if not generated yet."""
        clip = int(time_s * self.sample_rate_hz + 0.5) // self._n_samples
        return self._played[clip] if 0 <= clip < len(self._played) else None

    def _sections(self) -> Iterator[NDArray[np.float32]]:
        self._played.clear()
        while True:
            class_index = self._class_index
            clip = self._clip(self._filters[class_index])
            self._played.append(class_index)
            yield clip

    def _clip(self, band_pass: BandPass) -> NDArray[np.float32]:
        clips = synthesise(band_pass, self._noise, self.sample_rate_hz, 1, self._n_samples, self._rng)
        return np.asarray(clips[0], dtype=np.float32)
