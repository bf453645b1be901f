"""Panel of the Analysis page: run, network and epoch at the top, sections on the left, the chosen section."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QListWidget,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from mlpsvd_gui.file_dialogs import ask_for_path
from mlpsvd_gui.pages.analysis.views.calibration_view import CalibrationView
from mlpsvd_gui.pages.analysis.views.directions_view import DirectionsView
from mlpsvd_gui.pages.analysis.views.rank_view import RankView
from mlpsvd_gui.pages.analysis.views.result_view import ResultView
from mlpsvd_gui.pages.analysis.views.section import Section
from mlpsvd_gui.pages.analysis.views.spectra_view import SpectraView
from mlpsvd_gui.pages.analysis.views.welcome import AnalysisWelcome
from mlpsvd_gui.plots.theme import Theme, theme_for
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.choosers import Chooser, Slider
from mlpsvd_gui.widgets.eliding import ElidedLabel
from mlpsvd_gui.widgets.help_mark import mark_help
from mlpsvd_gui.widgets.messages import MessageBar, ShowsMessages
from mlpsvd_gui.widgets.plain_label import PlainLabel

__all__ = ["AnalysisPanel"]

_LIST_PX = 176
_SLIDER_PX = 150
_EPOCH_PX = 96
_SECOND = "occlusion"
"""Section below the first one, of the same question."""


class AnalysisPanel(ShowsMessages, QWidget):
    """The page.

    Parameters
    ----------
    analyses
        Key, title, question and note of the analyses that have no view of their own.
    """

    opened = Signal()
    """Emitted when the page becomes visible."""
    run_chosen = Signal(str)
    """Emits the folder of a run to open."""
    current_run_requested = Signal()
    """Requests the run of the window instead of the opened one."""
    contender_chosen = Signal(str)
    layer_chosen = Signal(int)
    epoch_chosen = Signal(int)
    """Emits the position of the epoch among those kept."""
    section_chosen = Signal(str)
    """Emits the key of the section."""
    export_chosen = Signal(str, str)
    """Emits the key of the section and the folder."""
    model_chosen = Signal(float, str)
    """Emits temperature and path of a model file to write."""

    def __init__(self, analyses: Sequence[tuple[str, str, str, str]] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark_help(self, "analysis")
        self.messages = MessageBar(self)
        self.welcome = AnalysisWelcome(self)
        self.directions = DirectionsView(self)
        self.rank = RankView(self)
        self.calibration = CalibrationView(self)
        self.spectra = SpectraView(self)
        self.results = [ResultView(*one, self) for one in analyses]
        self.own_sections = (self.directions, self.rank, self.calibration, self.spectra)
        first, *rest = self.own_sections
        shown = sorted((*rest, *self.results), key=lambda one: one.key != _SECOND)
        self.sections: dict[str, Section] = {one.key: one for one in (first, *shown)}
        self.source = ElidedLabel(Qt.TextElideMode.ElideMiddle, least_px=30, parent=self)
        self.current_button = QPushButton("Current run", self)
        self.open_button = QPushButton("Open run…", self)
        self.contender_box, self.layer_box = Chooser(self), Chooser(self)
        self.slider = Slider(Qt.Orientation.Horizontal, self)
        self.epoch_label = PlainLabel(self)
        self.list = QListWidget(self)
        self._stack, self._pages = QStackedWidget(self), QStackedWidget(self)
        self._build()
        self._connect()
        self.set_theme(theme_for(self.palette()))
        self.show_welcome()

    def _build(self) -> None:
        for box in (self.contender_box, self.layer_box):
            box.setSizeAdjustPolicy(box.SizeAdjustPolicy.AdjustToContents)
        self.contender_box.setAccessibleName("Network to analyse")
        self.layer_box.setAccessibleName("Layer to analyse")
        self.slider.setAccessibleName("Epoch to analyse")
        self.slider.setFixedWidth(_SLIDER_PX)
        self.epoch_label.setFixedWidth(_EPOCH_PX)
        self.current_button.setToolTip(plain_tip("Show the run of this window again"))
        self.open_button.setToolTip(plain_tip("Analyse a saved run; the run of this window stays as it is"))
        self.list.setAccessibleName("Analyses")
        self.list.setMinimumWidth(_LIST_PX)
        for section in self.sections.values():
            self.list.addItem(section.title.text())
            self._pages.addWidget(section)
        self.list.setCurrentRow(0)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.source, 1)
        head.addWidget(self.current_button)
        head.addWidget(self.open_button)
        choosers: tuple[tuple[str, QWidget], ...] = (
            ("Network", self.contender_box),
            ("Layer", self.layer_box),
            ("Epoch", self.slider),
        )
        for text, widget in choosers:
            label = PlainLabel(self, text)
            label.setBuddy(widget)
            head.addSpacing(6)
            head.addWidget(label)
            head.addWidget(widget)
        head.addWidget(self.epoch_label)
        split = QSplitter(Qt.Orientation.Horizontal, self)
        split.addWidget(self.list)
        split.addWidget(self._pages)
        split.setChildrenCollapsible(False)
        split.setStretchFactor(1, 1)
        split.setSizes([_LIST_PX, 1000])
        body = QWidget(self)
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(split, 1)
        self._stack.addWidget(self.welcome)
        self._stack.addWidget(body)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setSpacing(8)
        layout.addWidget(self.messages)
        layout.addWidget(self._stack, 1)

    def _connect(self) -> None:
        self.list.currentRowChanged.connect(self._show_section)
        self.open_button.clicked.connect(self._ask_for_run)
        self.welcome.open_requested.connect(self._ask_for_run)
        self.current_button.clicked.connect(self.current_run_requested)
        self.contender_box.activated.connect(lambda _: self.contender_chosen.emit(self.contender_box.currentData()))
        self.layer_box.activated.connect(self.layer_chosen)
        self.slider.valueChanged.connect(self.epoch_chosen)
        self.calibration.save_requested.connect(self._ask_for_model)
        for section in self.sections.values():
            section.export_requested.connect(self._ask_for_folder)

    @property
    def section(self) -> Section:
        """The section that is shown."""
        return list(self.sections.values())[max(self.list.currentRow(), 0)]

    def show_welcome(self) -> None:
        """Show the page without a run."""
        self._stack.setCurrentIndex(0)

    def show_source(self, text: str, *, is_saved: bool) -> None:
        """Show whose results these are."""
        self._stack.setCurrentIndex(1)
        self.source.setText(text)
        self.current_button.setVisible(is_saved)

    def show_contenders(self, entries: Sequence[tuple[str, str]], chosen: str) -> None:
        """Show keys and titles of the networks."""
        with QSignalBlocker(self.contender_box):
            self.contender_box.clear()
            for key, title in entries:
                self.contender_box.addItem(title, key)
            self.contender_box.setCurrentIndex(max(0, self.contender_box.findData(chosen)))

    def show_layers(self, entries: Sequence[str], chosen: int) -> None:
        """Show the layers of the network."""
        with QSignalBlocker(self.layer_box):
            self.layer_box.clear()
            self.layer_box.addItems(list(entries))
            self.layer_box.setCurrentIndex(chosen)

    def show_layer_use(self, is_used: bool) -> None:
        """Enable the choice of a layer in sections that examine one layer."""
        self.layer_box.setEnabled(is_used)
        self.layer_box.setToolTip(plain_tip("" if is_used else "This section does not depend on the layer"))

    def show_epochs(self, epochs: Sequence[int], position: int, last: int) -> None:
        """Show which epochs can be chosen, and the chosen one."""
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, max(len(epochs) - 1, 0))
            self.slider.setValue(position)
        self.slider.setEnabled(len(epochs) > 1)
        only = "" if len(epochs) > 1 else "Only the networks of the last epoch were kept"
        self.slider.setToolTip(plain_tip(only or "Epoch to analyse (arrow keys)"))
        self.epoch_label.setToolTip(plain_tip(only))
        self.epoch_label.setText(f"{epochs[position]} of {last}" if epochs else "")

    def choose_section(self, key: str) -> None:
        """Show a section."""
        self.list.setCurrentRow(list(self.sections).index(key))

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self.welcome.set_theme(theme)
        for section in self.sections.values():
            section.set_theme(theme)

    def showEvent(self, event: QShowEvent) -> None:
        """Emit :attr:`opened`."""
        super().showEvent(event)
        self.opened.emit()

    def _show_section(self, row: int) -> None:
        if row >= 0:
            self._pages.setCurrentIndex(row)
            self.section_chosen.emit(self.section.key)

    def _ask_for_run(self) -> None:
        mode = QFileDialog.FileMode.Directory
        ask_for_path(self, "run", "Open run", self.run_chosen.emit, mode=mode, accept_text="Open")

    def _ask_for_folder(self, key: str) -> None:
        take = lambda folder: self.export_chosen.emit(key, folder)  # noqa: E731
        mode = QFileDialog.FileMode.Directory
        ask_for_path(self, "analysis", "Export analysis to folder", take, mode=mode, accept_text="Export")

    def _ask_for_model(self, temperature: float) -> None:
        ask_for_path(
            self,
            "model",
            "Save model",
            lambda path: self.model_chosen.emit(temperature, path),
            mode=QFileDialog.FileMode.AnyFile,
            name_filter="Models (*.safetensors)",
            suggested="model.safetensors",
        )
