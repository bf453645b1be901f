"""Controller of the selected clip: read, show, play, trim."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from mlpsvd.audio.files import read
from mlpsvd.features.settings import FeatureSettings
from mlpsvd.features.spectra import fit
from mlpsvd.text import counted
from mlpsvd_gui.pages.record.controllers.collection import CollectionController
from mlpsvd_gui.pages.record.views.panel import RecordPanel
from mlpsvd_gui.pages.record.workers.clip_library import CollectionView
from mlpsvd_gui.threads.background_jobs import BackgroundJobs
from mlpsvd_gui.workers.player import Player

__all__ = ["ClipReview"]

_LONGEST_S = 120.0
_SPECTRUM = FeatureSettings(fft_size=2048, hop=1024, window="hann", segments="mean", scaling="none")


@dataclass(frozen=True, eq=False)
class _Clip:
    samples: NDArray[np.float32]
    rate_hz: float
    frequencies_hz: NDArray[np.float64]
    magnitudes: NDArray[np.float64]


class ClipReview(QObject):
    """Shows the first of the selected clips."""

    def __init__(
        self, panel: RecordPanel, collection: CollectionController, player: Player, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._panel = panel
        self._view = panel.review.view
        self._collection = collection
        self._player = player
        self._reading = BackgroundJobs("clip", self)
        self._id = ""
        self._key: tuple[object, ...] = ()
        self._clip: _Clip | None = None
        self._is_mine = False
        panel.review.clips_chosen.connect(self._choose)
        collection.content_changed.connect(self._refresh)
        self._view.play_requested.connect(self._play)
        self._view.stop_requested.connect(player.stop)
        self._view.trim_requested.connect(self._trim)
        player.available_changed.connect(self._view.show_sound)
        player.failed.connect(self._report_unplayed)
        player.playing_changed.connect(self._show_playing)

    def close(self) -> None:
        """Stop reading."""
        self._reading.close(0.3)

    def _choose(self, ids: tuple[str, ...]) -> None:
        self._show(ids[0] if ids else "", len(ids))

    def _refresh(self, _: CollectionView | None) -> None:
        ids = self._panel.review.table.selected_ids
        self._show(ids[0] if ids else "", len(ids))

    def _show(self, clip_id: str, n_selected: int) -> None:
        content = self._collection.content
        clip = next((one for one in content.clips if one.id == clip_id), None) if content is not None else None
        if clip is None:
            self._id, self._key, self._clip = "", (), None
            self._view.show_nothing()
            return
        colour = self._panel.classes.colour_of(clip.label)
        title = clip.name if n_selected == 1 else f"{counted(n_selected, 'clip')} selected; shown: {clip.name}"
        key = (clip.id, clip.path, clip.duration_s, colour.name(), title)
        if key != self._key:
            self._id, self._key = clip.id, key
            self._reading.submit(
                partial(_read, clip.path), partial(self._take, title, colour), partial(self._report_unread, clip.name)
            )

    def _take(self, title: str, colour: object, clip: _Clip) -> None:
        self._clip = clip
        self._view.show_clip(title, clip.samples, clip.rate_hz, clip.frequencies_hz, clip.magnitudes, colour)  # type: ignore[arg-type]

    def _report_unread(self, name: str, error: Exception) -> None:
        self._clip, self._key = None, ()
        self._view.show_nothing(f"{name} cannot be read: {error}")

    def _play(self, start_s: float, end_s: float) -> None:
        if self._clip is not None:
            first, end = (round(moment_s * self._clip.rate_hz) for moment_s in (start_s, end_s))
            self._is_mine = True
            self._player.play(self._clip.samples[first:end], self._clip.rate_hz)

    def _show_playing(self, is_playing: bool) -> None:
        self._view.show_playing(is_playing and self._is_mine)
        if not is_playing:
            self._is_mine = False

    def _report_unplayed(self, sentence: str) -> None:
        if self._is_mine:
            self._is_mine = False
            self._panel.show_error(sentence)

    def _trim(self, start_s: float, end_s: float) -> None:
        if self._id and self._collection.library is not None:
            self._collection.library.trim(self._id, start_s, end_s)


def _read(path: Path) -> _Clip:
    samples, rate_hz = read(path)
    part = samples[: round(_LONGEST_S * rate_hz)]
    features = fit([part], rate_hz, _SPECTRUM)
    # A sine of amplitude 1 has a magnitude of half the window's sum: 0 dB.
    magnitudes = features.unscaled([part])[0] / (0.25 * _SPECTRUM.fft_size)
    return _Clip(samples, rate_hz, features.frequencies_hz, magnitudes)
