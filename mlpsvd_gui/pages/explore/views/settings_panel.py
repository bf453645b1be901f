"""Settings panel: folding sections with one row per setting."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QVBoxLayout, QWidget

from mlpsvd import settings
from mlpsvd.contenders import CONTENDERS, DEFAULT_CONTENDERS, FAIR_CONTENDERS
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.presets import start_value
from mlpsvd.settings import SettingInfo
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.folding_section import FoldingSection
from mlpsvd_gui.widgets.help_mark import mark_help
from mlpsvd_gui.widgets.plain_label import PlainLabel
from mlpsvd_gui.widgets.setting_editors import FileEditor, SettingEditor, SeveralChoicesEditor, editor_for
from mlpsvd_gui.widgets.setting_row import SettingRow

__all__ = ["SettingsPanel"]

_SECTIONS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("Experiment", "", ("name", "seed")),
    ("Data", "data.synthetic.", ("noise", "sample_rate_hz", "duration_s", "train_per_class", "test_per_class")),
    (
        "Recordings",
        "data.recordings.",
        ("sample_rate_hz", "channel", "clip_s", "shortest_s", "test_fraction", "folds", "repeats"),
    ),
    ("Augmentation", "data.augmentation.", ()),
    ("Letters", "data.letters.", ()),
    ("Features", "features.", ()),
    ("Network", "network.", ()),
    ("Training", "training.", ()),
    ("Discarding", "discarding.", ()),
)
"""Title, prefix of the keys, and the settings (all if empty)."""


def _has_sounds(experiment: Experiment) -> bool:
    return experiment.data.image_shape is None


_HAS_EFFECT: Mapping[str, Callable[[Experiment], bool]] = {
    **{f"features.{name}": _has_sounds for name in ("fft_size", "window", "segments", "trim_db", "magnitude")},
    # Also the frame length of the level measurement when the ends of a clip are trimmed.
    "features.hop": lambda e: e.features.segments != "first" or e.features.trim_db > 0.0,
    "features.floor_db": lambda e: e.features.magnitude == "log",
    "features.bands": _has_sounds,
    "features.frequency_weighting": _has_sounds,
    "features.bands_from_hz": lambda e: e.features.bands != "none",
    "features.bands_to_hz": lambda e: e.features.bands != "none",
    "features.n_mels": lambda e: e.features.bands == "mel",
    "features.n_parts": lambda e: e.features.segments == "several",
    "network.initial_std": lambda e: e.network.initial == "normal",
    "training.momentum": lambda e: e.training.optimiser == "momentum",
    "training.beta_1": lambda e: e.training.optimiser == "adam",
    "training.beta_2": lambda e: e.training.optimiser == "adam",
    "training.epsilon": lambda e: e.training.optimiser == "adam",
    **{
        f"data.augmentation.{name}": lambda e: e.data.augmentation.copies > 0
        for name in ("gain_db", "snr_db", "shift_s")
    },
    "data.recordings.folds": lambda e: e.data.recordings.evaluation == "k-fold",
    "data.recordings.repeats": lambda e: e.data.recordings.evaluation != "test set",
    "discarding.threshold": lambda e: e.discarding.criterion == "threshold",
    "discarding.energy": lambda e: e.discarding.criterion == "energy",
    "discarding.tolerance": lambda e: e.discarding.criterion == "dynamical",
    "discarding.rank": lambda e: e.discarding.criterion == "rank",
}

_WIDEST_LABEL = 116
_RECORDINGS_NOTE = "Choose the folder and the labels in the data panel."
_SOURCE_OF_SECTION = {"Data": "synthetic", "Recordings": "recordings", "Augmentation": "recordings",
                      "Letters": "letters"}  # fmt: skip


class SettingsPanel(QScrollArea):
    """Shows all settings without a panel of their own and emits requests to change them."""

    edited = Signal(str, object)
    """Emits a setting's dotted key and its new value."""
    text_edited = Signal(str, str)
    """Emits a setting's dotted key and a text to parse (a list, a name)."""
    refused = Signal(str, str)
    """Emits a setting's dotted key and why the typed number is invalid; an empty text once it is valid."""
    reset_requested = Signal(str)
    """Emits the key of a setting to reset to the value of a new experiment."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark_help(self, "settings")
        self.rows: dict[str, SettingRow] = {}
        self.sections: dict[str, FoldingSection] = {}
        self._recordings_note = PlainLabel(text=_RECORDINGS_NOTE)
        self._elsewhere = PlainLabel()
        self._build()

    def _build(self) -> None:
        column = QWidget()
        layout = QVBoxLayout(column)
        layout.setContentsMargins(4, 6, 0, 8)
        layout.setSpacing(6)
        for title, prefix, names in _SECTIONS:
            section = FoldingSection(title, self._build_section(title, prefix, names))
            self.sections[title] = section
            layout.addWidget(section)
        widest = min(_WIDEST_LABEL, max(row.label_width for row in self.rows.values()))
        for row in self.rows.values():
            row.set_label_width(widest)
        self._elsewhere.setWordWrap(True)
        self._elsewhere.setStyleSheet("color: #d0453a;")
        self._elsewhere.hide()
        layout.insertWidget(0, self._elsewhere)
        layout.addStretch(1)
        self.setWidget(column)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(270)

    def _build_section(self, title: str, prefix: str, names: tuple[str, ...]) -> QWidget:
        body = QWidget()
        grid = QGridLayout(body)
        grid.setContentsMargins(14, 0, 0, 4)
        grid.setHorizontalSpacing(4)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(1, 1)
        if title == "Recordings":
            self._recordings_note.setWordWrap(True)
            grid.addWidget(self._recordings_note, 0, 0, 1, 3)
        for info in settings.describe(_settings_class(prefix)):
            if not names or info.name in names:
                self._add_row(f"{prefix}{info.name}", info, body).place(grid)
        return body

    def _add_row(self, key: str, info: SettingInfo, parent: QWidget) -> SettingRow:
        editor = _editor(key, info)
        row = SettingRow(key, info, editor, parent)
        editor.edited.connect(lambda value: self.edited.emit(key, value))
        editor.text_edited.connect(lambda text: self.text_edited.emit(key, text))
        editor.refused.connect(lambda sentence: self.refused.emit(key, sentence))
        row.reset_requested.connect(self.reset_requested)
        self.rows[key] = row
        return row

    def show_experiment(self, experiment: Experiment) -> None:
        """Show every setting's value; hide settings without effect."""
        for key, row in self.rows.items():
            row.show_value(settings.get(experiment, key), start_value(key, experiment.data.source))
            row.set_visible(_HAS_EFFECT.get(key, _always)(experiment))
        for title, source in _SOURCE_OF_SECTION.items():
            self.sections[title].setVisible(experiment.data.source == source)
        for title, prefix, _ in _SECTIONS:
            changed = [row for key, row in self.rows.items() if prefix and key.startswith(prefix) and row.is_changed]
            self.sections[title].set_note(f"· {len(changed)} changed" if changed else "")

    def show_again(self, key: str, value: Any) -> None:
        """Show a value in place of invalid or partly typed text."""
        self.rows[key].editor.show_again(value)

    def show_problems(self, problems: Mapping[str, str]) -> None:
        """Mark invalid values.

        Parameters
        ----------
        problems
            Messages by dotted key. Those of settings without a row are listed at the top.
        """
        for key, row in self.rows.items():
            row.set_problem(problems.get(key, ""))
            if key in problems:
                self._unfold(row)
        elsewhere = [text for key, text in problems.items() if key not in self.rows]
        self._elsewhere.setText("\n".join(elsewhere))
        self._elsewhere.setVisible(bool(elsewhere))

    def commit(self) -> None:
        """Apply text that is typed into a field but not yet confirmed, as when Train is pressed."""
        for row in self.rows.values():
            row.editor.commit()

    def _unfold(self, row: SettingRow) -> None:
        for section in self.sections.values():
            if section.isAncestorOf(row.editor):
                section.set_folded(False)


def _always(experiment: Experiment) -> bool:
    return True


def _settings_class(prefix: str) -> type[settings.Settings]:
    """Return the class of the settings under a prefix such as ``data.synthetic.``."""
    default = Experiment()
    return type(settings.get(default, prefix.rstrip("."))) if prefix else Experiment


def _contenders_editor() -> SeveralChoicesEditor:
    sets = {"Paper's comparison": DEFAULT_CONTENDERS, "Fair comparison": FAIR_CONTENDERS}
    editor = SeveralChoicesEditor(list(CONTENDERS), [one.title for one in CONTENDERS.values()], sets)
    for key, action in editor.actions_by_value.items():
        action.setToolTip(plain_tip(CONTENDERS[key].shows))
    editor.set_actions["Fair comparison"].setToolTip(
        "Tells the effects of factors, step size, hidden layer and discarding apart; takes about three times as long."
    )
    return editor


def _editor(key: str, info: SettingInfo) -> SettingEditor:
    if key == "training.contenders":
        return _contenders_editor()
    if key == "network.first_layer":
        return FileEditor(info, "model", "Models (*.safetensors)")
    return editor_for(info, "as in the paper" if key == "network.kinds" else "")
