"""Controller of the data panel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from mlpsvd import setting_labels
from mlpsvd.audio.devices.portaudio_thread import PortAudioThread
from mlpsvd.datasets.clips import FileNote, Skipped
from mlpsvd.datasets.labels import label_from_name
from mlpsvd.datasets.left_out import counts_text
from mlpsvd.datasets.settings import DataSettings, LettersSettings
from mlpsvd.errors import SettingError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.presets import LETTERS_PRESET, PRESETS, RECORDINGS_PRESET
from mlpsvd.experiments.recordings_recipe import adapted_to, adapted_to_bank, name_of
from mlpsvd.settings import parse_text
from mlpsvd.text import counted, frequency_text, one_line
from mlpsvd_gui.pages.explore.views.data_panel import DataPanel
from mlpsvd_gui.pages.explore.workers.preview import Preview, PreviewRequest
from mlpsvd_gui.pages.explore.workers.preview_maker import PreviewMaker
from mlpsvd_gui.pages.explore.workers.recordings_scan import ScanRequest, ScanResult, scan_recordings
from mlpsvd_gui.state.experiment_state import ExperimentChange, ExperimentState
from mlpsvd_gui.state.selection_state import SelectionState
from mlpsvd_gui.threads.latest import LatestRunner
from mlpsvd_gui.workers.player import Player

__all__ = ["DataController"]

_SETTLED_MS = 250
_DIM_AFTER_MS = 120
_MOST_WARNINGS = 3
_MOST_GROUPS, _LONGEST_GROUP = 3, 16
_ROOM_BINS = 6
_UNUSABLE = "The spectra of the recordings appear here once the problem above is fixed."
_NO_SOUND = "Images have no sound."
_LOOKING = "Looking for an audio output…"
_CHOOSE = "Choose a folder of recordings or a CSV manifest, or drop one here, to see the spectra."


class DataController(QObject):
    """Keeps the panel's plots up to date with the settings."""

    settings_applied = Signal(str)
    """Emits a message when a change of source also changed other settings; undo restores them."""

    def __init__(
        self,
        panel: DataPanel,
        experiment_model: ExperimentState,
        selection_model: SelectionState,
        sound_host: PortAudioThread | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._panel = panel
        self._model = experiment_model
        self._selection = selection_model
        self._clip = ("train", selection_model.class_index or 0, 0)
        self._asked: PreviewRequest | None = None
        self._preview: Preview | None = None
        self._fresh: tuple[PreviewRequest, Preview] | None = None
        self._found: ScanResult | None = None
        self._sound_problem = _LOOKING
        self._previewer = LatestRunner(PreviewMaker().make, "preview", self)
        self._scanner = LatestRunner(scan_recordings, "scan", self)
        self._player = Player(sound_host, self)
        self._settled = self._timer(_SETTLED_MS, self._ask_at_rest)
        self._draw = self._timer(0, self._draw_fresh)
        self._dim = self._timer(_DIM_AFTER_MS, lambda: panel.set_dimmed(True))
        self._connect()
        self._player.look_for_output()
        self._refresh(is_dragging=False)

    def _timer(self, interval_ms: int, slot: object) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(interval_ms)
        timer.timeout.connect(slot)
        return timer

    def _connect(self) -> None:
        panel, form, browser = self._panel, self._panel.form, self._panel.browser
        panel.source_chosen.connect(self._choose_source)
        panel.path_dropped.connect(self.use_recordings)
        panel.class_chosen.connect(self._selection.select_class)
        form.path_chosen.connect(self.use_recordings)
        form.labels_chosen.connect(lambda labels: self._model.set_value("data.recordings.labels_from", labels))
        form.pattern_edited.connect(self._try_pattern)
        form.pattern_chosen.connect(lambda pattern: self._model.set_value("data.recordings.pattern", pattern))
        form.groups.chosen.connect(self._choose_groups)
        browser.clip_chosen.connect(self._choose_clip)
        browser.play_requested.connect(self._play)
        browser.stop_requested.connect(self._player.stop)
        self._model.changed.connect(self._on_changed)
        self._selection.class_changed.connect(self._on_selected)
        self._connect_workers()

    def _connect_workers(self) -> None:
        self._previewer.answered.connect(self._on_preview)
        self._previewer.failed.connect(self._on_preview_failed)
        self._previewer.progressed.connect(self._on_progress)
        self._scanner.answered.connect(self._on_found)
        self._scanner.failed.connect(self._on_scan_failed)
        self._player.available_changed.connect(self._show_sound)
        self._player.failed.connect(self._show_sound)
        self._player.playing_changed.connect(self._panel.browser.show_playing)

    # -- requests of the panel

    @property
    def _data(self) -> DataSettings:
        return self._model.experiment.data

    def _choose_source(self, source: str) -> None:
        experiment = self._model.experiment
        if source == "letters" and self._data.source != "letters":
            self._model.replace(PRESETS[LETTERS_PRESET], "settings for the letters")
            self.settings_applied.emit("Settings for the letters applied.")
        elif source == "synthetic" and self._data.source != "synthetic":
            adapted, is_papers = adapted_to_bank(experiment)
            self._model.replace(adapted, "settings for the filter bank" if is_papers else "source")
            if is_papers:
                self.settings_applied.emit("Settings restored for the filter bank.")
        elif source == "recordings" and self._data.recordings.path:
            self._scan(ScanRequest(self._data.recordings, is_new_source=True))
        elif source == "recordings" and self._data.source != "recordings":
            if self._data.image_shape is not None:
                experiment = replace(PRESETS[RECORDINGS_PRESET], seed=experiment.seed)
            data = replace(self._data, source="recordings")
            self._model.replace(replace(experiment, name=name_of(data.recordings), data=data), "source")

    def use_recordings(self, path: str) -> None:
        """Make a folder or a manifest of recordings the data of the experiment, once it has been looked through."""
        self._panel.form.show_path(path)
        if self._data.source != "recordings":
            self._panel.show_source("recordings", "")
        self._scan(ScanRequest(replace(self._data.recordings, path=path), is_new_path=True))

    def _try_pattern(self, pattern: str) -> None:
        if pattern.count("{label}") != 1:
            self._panel.form.show_pattern_preview("The pattern must contain {label} exactly once.")
        elif self._found is not None and self._found.example:
            name = self._found.example
            label = label_from_name(Path(name).stem, pattern)
            self._panel.form.show_pattern_preview(f"{name} → {label or 'no match'}")

    def _choose_groups(self, key: str, text: str) -> None:
        try:
            self._model.replace(parse_text(self._model.experiment, key, text))
        except SettingError as error:
            self._panel.form.show_settings(self._data.recordings)
            self._panel.form.show_status(setting_labels.sentence(error, Experiment), is_problem=True)

    def _scan(self, request: ScanRequest) -> None:
        self._panel.form.show_status("Scanning files…")
        self._panel.form.show_progress(-1.0)
        self._scanner.ask(request)

    def _choose_clip(self, split: str, class_index: int, number: int) -> None:
        is_other_class = class_index != self._clip[1]
        self._clip = (split, class_index, number)
        if is_other_class and self._selection.class_index not in (None, class_index):
            self._selection.select_class(class_index)
        self._ask(is_dragging=False)

    def _show_sound(self, problem: str) -> None:
        """Enable Play if there is an audio output and the data are sounds."""
        self._sound_problem = problem
        self._panel.browser.show_sound(problem if self._data.image_shape is None else _NO_SOUND)

    def _play(self) -> None:
        if self._preview is not None and self._data.image_shape is None:
            self._player.play(self._preview.clip.samples, self._preview.clip.sample_rate_hz)

    # -- changes of the state

    def _on_changed(self, change: ExperimentChange) -> None:
        before, after = change.before.data, change.after.data
        if not change.sections & {"data", "features", "seed"}:
            return
        same_but_filters = replace(before.synthetic, filters=()) == replace(after.synthetic, filters=())
        is_move = len(before.synthetic.filters) == len(after.synthetic.filters)
        only_filters = change.sections == {"data"} and same_but_filters and before.recordings == after.recordings
        self._refresh(is_dragging=only_filters and is_move and before.source == after.source)

    def _on_selected(self, index: int | None) -> None:
        self._panel.select_class(index)
        if index is not None and index != self._clip[1]:
            self._clip = (self._clip[0], index, self._clip[2])
            self._panel.browser.choose_class(index)
            self._ask(is_dragging=False)

    def _refresh(self, is_dragging: bool) -> None:
        """Show the current settings and request their preview."""
        self._panel.show_source(self._data.source, self._summary(), self._data.image_shape is not None)
        self._show_sound(self._sound_problem)
        self._panel.form.show_settings(self._data.recordings)
        if self._data.source == "recordings":
            if not self._data.recordings.path:
                self._show_nothing(_CHOOSE)
                return
            if self._found is None or self._found.recordings != self._data.recordings:
                self._scan(ScanRequest(self._data.recordings))
        elif is_dragging:
            self._settled.start()
        self._ask(is_dragging)

    def _summary(self) -> str:
        if self._data.source == "recordings":
            return ""
        one = self._data.chosen
        if isinstance(one, LettersSettings):
            height, width = one.image_shape
            n_images = f"({one.train_per_class} + {one.test_per_class}) images"
            return f"{one.n_classes} letters × {n_images} of {height} × {width} pixels"
        one = self._data.synthetic
        return (
            f"{len(one.filters)} classes × ({one.train_per_class} + {one.test_per_class}) clips of {one.noise} noise, "
            f"{one.duration_s:g} s at {frequency_text(one.sample_rate_hz)}"
        )

    def _ask_at_rest(self) -> None:
        self._ask(is_dragging=False)

    def _ask(self, is_dragging: bool) -> None:
        if self._data.source == "recordings" and not self._data.recordings.path:
            return
        experiment, (split, class_index, number) = self._model.experiment, self._clip
        request = PreviewRequest(
            experiment.data, experiment.features, experiment.seed, split, class_index, number, is_dragging
        )
        self._asked = request
        if not self._dim.isActive():
            self._dim.start()
        self._previewer.ask(request, finish_running=self._data.source == "synthetic")

    # -- results

    def _on_preview(self, request: PreviewRequest, preview: Preview) -> None:
        if self._asked is None or request.data.source != self._asked.data.source:
            return
        self._preview = preview
        if request == self._asked:
            self._dim.stop()
            self._panel.set_dimmed(False)
        self._panel.form.show_progress(None)
        self._fresh = request, preview
        self._draw.start()  # of several results that arrive together only the last is drawn

    def _draw_fresh(self) -> None:
        fresh, self._fresh = self._fresh, None
        if fresh is not None:
            self._show_preview(*fresh)

    def _show_preview(self, request: PreviewRequest, preview: Preview) -> None:
        panel, clip = self._panel, preview.clip
        class_index = min(request.class_index, len(preview.class_names) - 1)
        shape = request.data.image_shape
        if shape is not None:
            self._show_images(request, preview, shape)
        else:
            panel.show_spectra(preview.class_names, preview.frequencies_hz, preview.means, preview.n_averaged)
        if shape is not None:
            panel.show_image(_title(request, preview, class_index), clip.magnitudes.reshape(shape))
        elif request.is_dragging:
            panel.spectra.show_clip(class_index, clip.magnitudes)
        else:
            panel.show_clip(class_index, clip.magnitudes, clip.samples, clip.sample_rate_hz)
        panel.spectra.set_focus(self._focus(request))
        panel.show_balance(preview.n_train, preview.n_test)
        panel.browser.show_clip(class_index, preview.clip_index, preview.n_clips, clip.origin)
        panel.select_class(self._selection.class_index)
        if request.data.source == "recordings":
            panel.show_skipped(*_rows(preview.skipped, preview.notes))
            self._show_found(preview, sum(preview.n_train) + sum(preview.n_test))

    def _show_images(self, request: PreviewRequest, preview: Preview, shape: tuple[int, int]) -> None:
        notes = f"mean of {preview.n_averaged}", _number_text(request, preview)
        means = preview.means.reshape(-1, *shape)
        self._panel.show_images(preview.class_names, list(means), list(preview.examples), notes)

    @staticmethod
    def _focus(request: PreviewRequest) -> tuple[float, float] | None:
        """Return the frequency range around all filters, with some FFT bins on either side; None with bands."""
        if request.data.source != "synthetic" or request.features.bands != "none":
            return None
        synthetic = request.data.synthetic
        bin_hz = synthetic.sample_rate_hz / request.features.fft_size
        low_hz = min(one.centre_hz - one.bandwidth_hz for one in synthetic.filters)
        high_hz = max(one.centre_hz + one.bandwidth_hz for one in synthetic.filters)
        room_hz = max(_ROOM_BINS * bin_hz, high_hz - low_hz)
        step_hz = 4.0 * bin_hz  # so that the axis does not move while a filter is dragged
        low_hz = max(0.0, np.floor((low_hz - room_hz) / step_hz) * step_hz)
        return low_hz, min(synthetic.sample_rate_hz / 2, np.ceil((high_hz + room_hz) / step_hz) * step_hz)

    def _show_found(self, preview: Preview, n_clips: int) -> None:
        found = "" if self._found is None else f"{self._found.n_files} files, {_groups_text(self._found.groups)}"
        left_out = counts_text(preview.skipped, preview.notes)
        summary = f"{len(preview.class_names)} classes, {found}{n_clips} clips; {left_out}."
        shown = [summary, *preview.warnings[:_MOST_WARNINGS]]
        if len(preview.warnings) > _MOST_WARNINGS:
            shown.append(f"… and {len(preview.warnings) - _MOST_WARNINGS} more.")
        tip = "\n".join(preview.warnings)
        self._panel.form.show_status(" ".join(shown), is_problem=bool(preview.warnings), tip=tip)

    def _on_preview_failed(self, request: PreviewRequest, sentence: str) -> None:
        if request != self._asked:
            return
        self._panel.form.show_progress(None)
        if request.data.source == "recordings":
            self._panel.form.show_status(sentence, is_problem=True)
            sentence = _UNUSABLE
        self._show_nothing(sentence)

    def _show_nothing(self, why: str) -> None:
        self._asked = self._preview = self._fresh = None
        self._dim.stop()
        self._panel.show_nothing(why)
        self._panel.set_dimmed(False)

    def _on_progress(self, request: PreviewRequest, share: float) -> None:
        if request.data.source == "recordings":
            self._panel.form.show_progress(share)

    def _on_found(self, request: ScanRequest, found: ScanResult) -> None:
        self._found = found
        self._try_pattern(found.recordings.pattern)
        if not self._previewer.is_busy:
            self._panel.form.show_progress(None)
        counts = f"{len(found.class_names)} classes, {_groups_text(found.groups)}{found.n_files} files"
        self._panel.form.show_status(f"{counts}; {counts_text(found.skipped, found.notes)}.")
        self._panel.show_skipped(*_rows(found.skipped, found.notes))
        if request.is_new_path or request.is_new_source:
            self._adapt(found)

    def _adapt(self, found: ScanResult) -> None:
        """Apply the chosen recordings to the experiment, with settings adapted to them."""
        adapted, is_fitted = adapted_to(self._model.experiment, found.recordings, found.n_clips, found.sample_rate_hz)
        self._model.replace(adapted, "settings for recordings" if is_fitted else "folder of recordings")
        if is_fitted:
            self.settings_applied.emit("Settings adapted to the recordings.")

    def _on_scan_failed(self, request: ScanRequest, sentence: str) -> None:
        self._panel.form.show_progress(None)
        self._panel.form.show_status(sentence, is_problem=True)

    def close(self) -> None:
        """Stop every thread, within a second."""
        for timer in (self._settled, self._dim, self._draw):
            timer.stop()
        self._previewer.close(0.4)
        self._scanner.close(0.3)
        self._player.close()


def _groups_text(groups: Sequence[str]) -> str:
    """Return the number of groups and the names of a few, or nothing without groups."""
    if not groups:
        return ""
    named = ", ".join(one_line(name, _LONGEST_GROUP) for name in groups[:_MOST_GROUPS])
    more = ", …" if len(groups) > _MOST_GROUPS else ""
    return f"{counted(len(groups), 'group')} ({named}{more}), "


def _number_text(request: PreviewRequest, preview: Preview) -> str:
    return f"{'training' if request.split == 'train' else 'test'} image {preview.clip_index + 1}"


def _title(request: PreviewRequest, preview: Preview, class_index: int) -> str:
    return f"{preview.class_names[class_index]}, {_number_text(request, preview)}"


def _rows(skipped: Sequence[Skipped], notes: Sequence[FileNote]) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    return [(one.path, one.reason) for one in skipped], [(one.path, one.note) for one in notes]
