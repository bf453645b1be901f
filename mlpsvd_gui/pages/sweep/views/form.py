"""Form of a sweep: settings with their values, repeats, processes, buttons and progress."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QCompleter,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from mlpsvd.quantities import Quantity
from mlpsvd_gui.plots.theme import Theme, small_font
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.choosers import Chooser
from mlpsvd_gui.widgets.number_field import NumberField
from mlpsvd_gui.widgets.plain_label import PlainLabel

__all__ = ["SweepForm"]

_VALUES_TIP = (
    "Values with commas between them: 10, 20, 50. Ranges of numbers: 0.05:0.2:0.05 (step), 10:50:lin5 (5 values at "
    "equal distances), 1e-3:1e-1:log5 (at equal ratios). Layers of one value: 40/20"
)
_EARLY_TIP = (
    "Successive halving: all combinations are trained for a ninth of the epochs, the best third of them for a third, "
    "and the best third of those to the end. A combination that is slow at first may be lost."
)
_SEARCH_TIP = (
    "Train this many combinations, which Optuna (TPE) chooses from the results of earlier ones, instead of all. Values "
    "may also be ranges of numbers: 1e-4:1e-1:log, 2:50:lin"
)
_NO_EARLY_TIP = "Not in a search: Optuna chooses after whole trainings"
_MOST_SEEDS, _MOST_SEARCHED, _PER_MILLE = 1000, 2000, 1000


class _Row(QWidget):
    """A setting and its values."""

    edited = Signal()
    removed = Signal()

    def __init__(self, settings: Sequence[tuple[str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.key_box = Chooser(self)
        self.values_edit = QLineEdit(self)
        self.remove_button = QToolButton(self)
        for key, label in settings:
            self.key_box.addItem(label, key)
        self.key_box.setEditable(True)
        self.key_box.setInsertPolicy(Chooser.InsertPolicy.NoInsert)
        completer = QCompleter(self.key_box.model(), self.key_box)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.key_box.setCompleter(completer)
        self.key_box.setAccessibleName("Setting to change")
        self.key_box.setToolTip("Type a part of the name to find a setting")
        self.key_box.setMinimumContentsLength(18)
        self.values_edit.setAccessibleName("Values of the setting")
        self.values_edit.setPlaceholderText("10, 20, 50")
        self.values_edit.setToolTip(plain_tip(_VALUES_TIP, is_long=True))
        self.remove_button.setText("×")
        self.remove_button.setAccessibleName("Remove setting")
        self.remove_button.setToolTip("Remove this setting from the sweep")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.key_box, 4)
        layout.addWidget(self.values_edit, 3)
        layout.addWidget(self.remove_button)
        self.key_box.currentIndexChanged.connect(lambda _: self.edited.emit())
        self.values_edit.textChanged.connect(lambda _: self.edited.emit())
        self.remove_button.clicked.connect(self.removed)

    @property
    def value(self) -> tuple[str, str]:
        """Key and values as typed."""
        return str(self.key_box.currentData()), self.values_edit.text()

    def show_value(self, key: str, values: str) -> None:
        """Show a setting and its values."""
        with QSignalBlocker(self.key_box), QSignalBlocker(self.values_edit):
            self.key_box.setCurrentIndex(max(0, self.key_box.findData(key)))
            self.values_edit.setText(values)
        self._show_beginnings()

    def _show_beginnings(self) -> None:
        """Show the beginning of texts that are too long for their fields."""
        name = self.key_box.lineEdit()
        if name is not None:
            name.setCursorPosition(0)
        self.values_edit.setCursorPosition(0)


class SweepForm(QWidget):
    """What to sweep; emits requests.

    Parameters
    ----------
    settings
        Key and label of every setting that may change.
    n_cores
        Number of processes that are possible.
    """

    edited = Signal()
    """Emitted when anything was changed."""
    start_requested = Signal()
    stop_requested = Signal()

    def __init__(self, settings: Sequence[tuple[str, str]], n_cores: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self.rows: list[_Row] = []
        self.add_button = QPushButton("Add setting", self)
        self.repeats = NumberField(Quantity(is_integer=True, low=1, high=_MOST_SEEDS), 3, 1, self)
        self.processes = NumberField(Quantity(is_integer=True, low=1, high=n_cores), max(1, n_cores - 1), 1, self)
        self.judge_box = Chooser(self)
        self.early_box = QCheckBox("Stop combinations early that fall behind", self)
        self.search_box = QCheckBox("Search with Optuna", self)
        self.n_searched_field = NumberField(Quantity(is_integer=True, low=1, high=_MOST_SEARCHED), 30, 1, self)
        self._search_problem = ""
        self.start_button = QPushButton("Start", self)
        self.stop_button = QPushButton("Stop", self)
        self.bar = QProgressBar(self)
        self.status = PlainLabel(self)
        self._rows_layout = QVBoxLayout()
        self._build()
        self.show_running(False)

    @property
    def axes(self) -> list[tuple[str, str]]:
        """Key and typed values of every setting."""
        return [row.value for row in self.rows]

    @property
    def judge(self) -> str:
        """Key of the network that decides."""
        return str(self.judge_box.currentData() or "")

    @property
    def n_searched(self) -> int:
        """Number of combinations that a search chooses; 0 for all."""
        return int(self.n_searched_field.value()) if self.search_box.isChecked() else 0

    @property
    def stops_early(self) -> bool:
        """Whether combinations are stopped early."""
        return self.early_box.isChecked() and not self.search_box.isChecked()

    def show_search(self, n_searched: int) -> None:
        """Show a number of combinations that a search chooses; 0 for all."""
        self.search_box.setChecked(n_searched > 0)
        if n_searched:
            self.n_searched_field.show_value(n_searched)

    def show_search_problem(self, reason: str) -> None:
        """Disable the search for a reason; empty to allow it."""
        self._search_problem = reason
        for widget in (self.search_box, self.n_searched_field):
            widget.setToolTip(plain_tip(reason or _SEARCH_TIP, is_long=True))
        self._show_choices()

    def _show_choices(self) -> None:
        """Enable what can be chosen: no early stopping in a search, and no search without Optuna."""
        is_idle, is_search = self.add_button.isEnabled(), self.search_box.isChecked()
        self.search_box.setEnabled(is_idle and not self._search_problem)
        self.n_searched_field.setEnabled(is_idle and is_search and not self._search_problem)
        self.early_box.setEnabled(is_idle and not is_search)
        self.early_box.setToolTip(plain_tip(_NO_EARLY_TIP if is_search else _EARLY_TIP, is_long=True))

    def show_axes(self, axes: Sequence[tuple[str, str]]) -> None:
        """Show these settings and values."""
        for row in list(self.rows):
            self._remove(row)
        for key, values in axes:
            self._add(key, values)

    def show_networks(self, networks: Sequence[tuple[str, str]], chosen: str) -> None:
        """Offer networks that may decide: key and title."""
        if [self.judge_box.itemData(index) for index in range(self.judge_box.count())] == [key for key, _ in networks]:
            return
        with QSignalBlocker(self.judge_box):
            self.judge_box.clear()
            for key, title in networks:
                self.judge_box.addItem(title, key)
            self.judge_box.setCurrentIndex(max(0, self.judge_box.findData(chosen)))

    def show_state(self, text: str, is_possible: bool, theme: Theme) -> None:
        """Show the size of the sweep, or why it is not possible."""
        self.status.setText(text)
        self.status.setStyleSheet(f"color: {(theme.muted if is_possible else theme.foreground).name()};")
        self.start_button.setEnabled(is_possible)

    def show_running(self, is_running: bool) -> None:
        """Disable editing while a sweep runs."""
        editors = (self.add_button, self.repeats, self.processes, self.judge_box, self.start_button)
        for widget in (*self.rows, *editors):
            widget.setEnabled(not is_running)
        self._show_choices()
        self.stop_button.setEnabled(is_running)
        self.bar.setVisible(is_running)

    def show_progress(self, share: float | None, text: str) -> None:
        """Show the progress; None if unknown."""
        self.bar.setRange(0, 0 if share is None else _PER_MILLE)
        if share is not None:
            self.bar.setValue(round(_PER_MILLE * share))
        self.status.setText(text)

    def _add(self, key: str, values: str) -> None:
        row = _Row(self._settings, self)
        row.show_value(key, values)
        row.edited.connect(self.edited)
        row.removed.connect(lambda: self._remove_one(row))
        self.rows.append(row)
        self._rows_layout.addWidget(row)
        row.show()

    def _remove(self, row: _Row) -> None:
        self.rows.remove(row)
        self._rows_layout.removeWidget(row)
        row.hide()
        row.deleteLater()

    def _remove_one(self, row: _Row) -> None:
        self._remove(row)
        self.edited.emit()

    def _add_one(self) -> None:
        used = {key for key, _ in self.axes}
        self._add(next(key for key, _ in self._settings if key not in used), "")
        self.rows[-1].key_box.setFocus()
        self.edited.emit()

    def _build(self) -> None:
        self.add_button.setToolTip("Add a setting that the sweep changes")
        self.repeats.setToolTip("Number of seeds of each combination; the first one is the experiment's")
        self.processes.setToolTip("Trials that are computed at the same time; the numbers do not depend on it")
        self.judge_box.setToolTip("Network whose test accuracy decides which combination is the best")
        self.judge_box.setAccessibleName("Network that decides")
        self.n_searched_field.setAccessibleName("Combinations of the search")
        self.show_search_problem("")
        self.start_button.setDefault(True)
        self.stop_button.setToolTip("Stop now. Finished trials are kept; Start continues from there.")
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(6)
        self.status.setFont(small_font())
        self.status.setWordWrap(True)
        self.status.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.status.setMinimumHeight(3 * self.status.fontMetrics().lineSpacing())
        self.add_button.clicked.connect(self._add_one)
        self.start_button.clicked.connect(self.start_requested)
        self.stop_button.clicked.connect(self.stop_requested)
        self.search_box.toggled.connect(lambda _: self._show_choices())
        self.search_box.toggled.connect(lambda _: self.edited.emit())
        for box in (self.repeats, self.processes, self.n_searched_field):
            box.valueChanged.connect(lambda _: self.edited.emit())
        self.judge_box.currentIndexChanged.connect(lambda _: self.edited.emit())
        self.early_box.toggled.connect(lambda _: self.edited.emit())
        form = QFormLayout()
        form.addRow("Repeats", self.repeats)
        form.addRow("Processes", self.processes)
        form.addRow("Judged network", self.judge_box)
        form.addRow(self.search_box, self.n_searched_field)
        buttons = QHBoxLayout()
        buttons.addWidget(self.start_button, 1)
        buttons.addWidget(self.stop_button, 1)
        self._rows_layout.setSpacing(4)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(PlainLabel(self, "Settings and their values"))
        layout.addLayout(self._rows_layout)
        layout.addWidget(self.add_button, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addLayout(form)
        layout.addWidget(self.early_box)
        layout.addLayout(buttons)
        layout.addWidget(self.bar)
        layout.addWidget(self.status)
        layout.addStretch(1)
