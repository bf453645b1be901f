"""Data panel: source, class spectra or images, one clip, class sizes, skipped files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QSplitter,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from mlpsvd.collection.paths import is_folder
from mlpsvd_gui.pages.explore.views.clip_browser import ClipBrowser
from mlpsvd_gui.pages.explore.views.images_view import ImagesView
from mlpsvd_gui.pages.explore.views.recordings_form import RecordingsForm
from mlpsvd_gui.pages.explore.views.spectra_view import SpectraView
from mlpsvd_gui.plots.bar_plot import BarPlot
from mlpsvd_gui.plots.curve_plot import CurvePlot
from mlpsvd_gui.plots.pixel_view import PixelView
from mlpsvd_gui.plots.theme import Theme, class_colour, theme_for
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.choosers import Tabs
from mlpsvd_gui.widgets.eliding import ElidedLabel
from mlpsvd_gui.widgets.help_mark import mark_help
from mlpsvd_gui.widgets.path_edit import dropped_paths
from mlpsvd_gui.widgets.segments import Segments

__all__ = ["DataPanel"]

_SOURCES = ("synthetic", "recordings", "letters")


class DataPanel(QWidget):
    """Shows the data set and emits requests for another source or clip."""

    source_chosen = Signal(str)
    """Emits ``synthetic``, ``recordings`` or ``letters``."""
    path_dropped = Signal(str)
    """Emits a folder or CSV manifest that was dropped on the panel."""
    class_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark_help(self, "data")
        self._theme = theme_for(self.palette())
        self._names: tuple[str, ...] = ()
        self._waveform_class = 0
        self.setAcceptDrops(True)
        self._build_widgets()
        self._build_layout()
        self._connect()

    def _build_widgets(self) -> None:
        self.source = Segments(
            ("Filtered noise", "Recordings", "Letters"),
            (
                "Clips of filtered noise",
                "Clips from audio files: choose or drop a folder",
                "Images of the 26 capitals (Kantack)",
            ),
        )
        self.summary = ElidedLabel(parent=self)
        self.form = RecordingsForm(self)
        self.spectra = SpectraView(self)
        self.waveform = CurvePlot("Time", "s", "Amplitude", "")
        self.waveform.set_legend_visible(False)
        self.images = ImagesView(self)
        self.images.hide()
        self.pixels = PixelView(self)
        self.balance = BarPlot("Clips")
        self.skipped = self._skipped_table()
        self.browser = ClipBrowser(self)
        self.tabs = Tabs(self)
        self.tabs.setDocumentMode(True)
        self.tabs.setUsesScrollButtons(False)
        self.tabs.setElideMode(Qt.TextElideMode.ElideRight)
        self.one = QStackedWidget(self)
        self.one.addWidget(self.waveform)
        self.one.addWidget(self.pixels)
        self.tabs.addTab(self.one, "Waveform")
        self.tabs.addTab(self.balance, "Classes")
        self.tabs.addTab(self.skipped, "Skipped")

    @staticmethod
    def _skipped_table() -> QTableWidget:
        table = QTableWidget(0, 2)
        table.setHorizontalHeaderLabels(["File", "Reason"])
        table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        table.setTabKeyNavigation(False)
        table.verticalHeader().hide()
        table.setShowGrid(False)
        table.setWordWrap(True)
        header = table.horizontalHeader()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        return table

    def _build_layout(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.source)
        top.addWidget(self.summary, 1)
        self.plots = QSplitter(Qt.Orientation.Horizontal, self)
        self.plots.setChildrenCollapsible(False)
        self.plots.addWidget(self.spectra)
        self.plots.addWidget(self.images)
        self.plots.addWidget(self.tabs)
        for index, stretch in enumerate((3, 3, 2)):
            self.plots.setStretchFactor(index, stretch)
        self.plots.setSizes([380, 380, 230])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 4, 6, 4)
        layout.setSpacing(4)
        layout.addLayout(top)
        layout.addWidget(self.form)
        layout.addWidget(self.plots, 1)
        layout.addWidget(self.browser)

    def _connect(self) -> None:
        self.source.chosen.connect(lambda index: self.source_chosen.emit(_SOURCES[index]))
        self.balance.bar_clicked.connect(self.class_chosen)
        self.images.class_chosen.connect(self.class_chosen)

    # -- dropping a folder

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept a folder or a CSV file."""
        if self._dropped(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Request the dropped recordings."""
        path = self._dropped(event)
        if path is not None:
            event.acceptProposedAction()
            self.path_dropped.emit(path)

    @staticmethod
    def _dropped(event: QDropEvent) -> str | None:
        paths = dropped_paths(event.mimeData())
        return next((path for path in paths if Path(path).suffix.lower() == ".csv" or is_folder(Path(path))), None)

    # -- display

    def show_source(self, source: str, summary: str, has_images: bool = False) -> None:
        """Show the source of the clips, a sentence about them, and the views of images or of sounds."""
        self.spectra.setVisible(not has_images)
        self.images.setVisible(has_images)
        self.one.setCurrentWidget(self.pixels if has_images else self.waveform)
        self.tabs.setTabText(0, "Image" if has_images else "Waveform")
        self.balance.set_value_text("Images" if has_images else "Clips")
        self.browser.show_kind("Image" if has_images else "Clip")
        index = _SOURCES.index(source)
        if self.source.index != index:
            with QSignalBlocker(self):
                self.source.choose(index)
        self.form.setVisible(index == 1)
        self.tabs.setTabVisible(2, index == 1 and self.skipped.rowCount() > 0)
        self.summary.setText(summary)

    def show_spectra(
        self, names: Sequence[str], frequencies_hz: NDArray[np.float64], means: NDArray[np.float64], n_averaged: int
    ) -> None:
        """Show the mean spectra of the classes; :meth:`show_clip` draws them with the clip."""
        self._names = tuple(names)
        self.browser.setEnabled(True)
        self.spectra.show_spectra(names, frequencies_hz, means, n_averaged)
        self.browser.show_classes(names, self._colours())

    def show_clip(
        self, class_index: int, magnitudes: NDArray[np.float64], samples: NDArray[np.float32], sample_rate_hz: float
    ) -> None:
        """Show one clip's spectrum and waveform."""
        self.spectra.show_clip(class_index, magnitudes)
        self.show_waveform(class_index, samples, sample_rate_hz)

    def show_images(
        self,
        names: Sequence[str],
        means: Sequence[NDArray[np.float64]],
        examples: Sequence[NDArray[np.float64]],
        notes: tuple[str, str],
    ) -> None:
        """Show the mean and one example of each class, see :meth:`ImagesView.show_images`."""
        self._names = tuple(names)
        self.browser.setEnabled(True)
        self.browser.show_classes(names, self._colours())
        self.images.show_images(names, means, examples, notes)

    def show_image(self, title: str, pixels: NDArray[np.float64]) -> None:
        """Show one image [shape=(height, width)]."""
        self.pixels.show_pixels(title, pixels)

    def show_waveform(self, class_index: int, samples: NDArray[np.float32], sample_rate_hz: float) -> None:
        """Draw the waveform of a clip in the colour of its class."""
        self._waveform_class = class_index
        times_s = np.arange(len(samples)) / sample_rate_hz
        self._draw_waveform(times_s, samples)
        largest = float(np.abs(samples).max(initial=0.0)) or 1.0
        self.waveform.set_y_range(-1.1 * largest, 1.1 * largest)

    def _draw_waveform(self, times_s: NDArray[np.float64], samples: NDArray[np.floating]) -> None:
        colour = class_colour(self._waveform_class, self._theme)
        self.waveform.set_curve("clip", times_s, samples, "Clip", colour, width=1.0)

    def show_balance(self, n_train: Sequence[int], n_test: Sequence[int]) -> None:
        """Show the number of training and test clips per class."""
        self.balance.set_bars(self._names, n_train, self._colours(), more_values=n_test, more_name="test")

    def show_skipped(self, files: Sequence[tuple[str, str]], notes: Sequence[tuple[str, str]] = ()) -> None:
        """List skipped files with their reasons, and used files with notes."""
        rows = [*files, *((path, f"used, but {note}") for path, note in notes)]
        self.tabs.setTabVisible(2, self.source.index == 1 and bool(rows))
        self.tabs.setTabText(2, f"{'Files' if notes else 'Skipped'} ({len(rows)})")
        self.skipped.setRowCount(len(rows))
        for row, (path, reason) in enumerate(rows):
            for column, text in enumerate((Path(path).name, reason)):
                item = QTableWidgetItem(text)
                item.setToolTip(plain_tip(path if column == 0 else reason))
                self.skipped.setItem(row, column, item)

    def show_nothing(self, why: str) -> None:
        """Clear the panel and show the reason."""
        self.browser.setEnabled(False)
        self._names = ()
        self.spectra.clear(why)
        self.images.clear(why)
        self.pixels.clear()
        self.waveform.clear_curves()
        self.waveform.set_empty_text("The selected clip appears here.")
        self.balance.set_bars((), ())
        self.balance.set_empty_text("Number of clips per class.")

    def select_class(self, index: int | None) -> None:
        """Highlight the selected class."""
        self.spectra.select(index)
        self.images.select(index)
        self.balance.highlight(index)

    def set_dimmed(self, dimmed: bool) -> None:
        """Dim plots that no longer match the settings."""
        self.spectra.set_dimmed(dimmed)
        self.images.set_dimmed(dimmed)
        self.pixels.set_dimmed(dimmed)
        self.waveform.plot_item.setOpacity(0.45 if dimmed else 1.0)

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self._theme = theme
        self._recolour()
        for part in (self.form, self.spectra, self.images, self.waveform, self.pixels, self.balance, self.browser):
            part.set_theme(theme)
        self.summary.setStyleSheet(f"color: {theme.muted.name()};")

    def _recolour(self) -> None:
        """Redraw in the class colours of the theme."""
        colours = self._colours()
        self.browser.show_colours(colours)
        if self.waveform.curve_keys():
            self._draw_waveform(*self.waveform.curve_data("clip"))
        if self._names:
            self.balance.recolour(colours)

    def _colours(self) -> list[QColor]:
        return [class_colour(index, self._theme) for index in range(len(self._names))]
