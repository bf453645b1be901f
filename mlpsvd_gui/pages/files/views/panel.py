"""Panel of the Files page."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from mlpsvd.classification.batch.summary import ClassificationTotals
from mlpsvd_gui.pages.files.views.controls import FilesControls
from mlpsvd_gui.pages.files.views.filter import FileFilter
from mlpsvd_gui.pages.files.views.rows import UNCERTAIN_BELOW, FileEntry, RowFilter
from mlpsvd_gui.pages.files.views.table import REVIEWED, FileTable
from mlpsvd_gui.pages.files.views.totals import TotalsView
from mlpsvd_gui.pages.files.views.welcome import FilesWelcome
from mlpsvd_gui.pages.files.views.windows import WindowsView
from mlpsvd_gui.plots.theme import Theme, class_colour, theme_for
from mlpsvd_gui.widgets.help_mark import mark_help
from mlpsvd_gui.widgets.messages import MessageBar, MessageKind, ShowsMessages
from mlpsvd_gui.widgets.path_edit import dropped_paths
from mlpsvd_gui.widgets.tables import pad_cells

__all__ = ["FilesPanel"]

_MODEL_SUFFIX = ".safetensors"
_DROP_HERE = "Drop recordings, folders or a model here"


class FilesPanel(ShowsMessages, QWidget):
    """Classifies files and folders that are dropped anywhere on the page.

    Requests come from the signals of :attr:`controls`, and ``remove_requested``.
    """

    remove_requested = Signal(list)
    """Emits the :class:`FileEntry` objects to remove."""
    current_shown = Signal()
    """Another recording may be the current one, or its result may have changed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark_help(self, "files")
        self._theme = theme_for(self.palette())
        self._names: tuple[str, ...] = ()
        self.below = UNCERTAIN_BELOW
        """Probability below which a prediction is uncertain."""
        self.controls = FilesControls(self)
        self.messages = MessageBar(self)
        self.filter = FileFilter(self)
        self.table = FileTable(self)
        self.windows = WindowsView(self)
        self.totals = TotalsView(self)
        self.welcome = FilesWelcome(self)
        self._pages = QStackedWidget(self)
        self._drop_frame = _DropFrame(self)
        self._build_layout()
        self._connect()
        self.setAcceptDrops(True)
        self.set_theme(self._theme)
        self.show_pages(has_files=False, has_model=False)

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self._theme = theme
        for view in (self.controls, self.windows, self.totals, self.welcome, self._drop_frame):
            view.set_theme(theme)
        pad_cells(self.table)
        self._recolour()

    def colour_of(self, label: str) -> QColor:
        """Return the colour of a class."""
        return class_colour(self._names.index(label) if label in self._names else 0, self._theme)

    # --- messages ----------------------------------------------------------------------------------------------------

    def show_pages(self, has_files: bool, has_model: bool) -> None:
        """Show the tables, or the welcome page."""
        self.welcome.show_model(has_model)
        self._pages.setCurrentIndex(int(has_files))

    def show_classes(self, names: Sequence[str]) -> None:
        """Set the classes of the model of the results."""
        if tuple(names) != self._names:
            self.table.fit_names(names)
        self._names = tuple(names)
        self._recolour()

    def show_results(self, totals: ClassificationTotals | None) -> None:
        """Update results in table, windows and totals."""
        has_truth = totals is not None and totals.n_known > 0
        has_notes = totals is not None and totals.n_unusable + totals.n_doubtful + totals.n_training > 0
        results = [one.result for one in self.table.rows.entries if one.result is not None]
        has_distances = any(one.distance > 0.0 for one in results)
        has_several = not results or any(one.n_windows > 1 for one in results)
        has_reviews = any(one.reviewed for one in results)
        self.table.show_columns(has_truth, has_notes, has_distances, has_several, has_reviews)
        self.filter.show_classes(self._names, has_truth)
        self.totals.show_totals(totals)
        self.show_reviews()

    def show_reviews(self) -> None:
        """Update the labels given in the review, and what is left."""
        results = [one.result for one in self.table.rows.entries if one.result is not None]
        self.table.setColumnHidden(REVIEWED, not any(one.reviewed for one in results))
        is_trainable = any(one.is_usable and (one.reviewed or one.truth) for one in results)
        self.windows.review.show_trainable(is_trainable)
        self.controls.show_trainable(is_trainable)
        self.totals.show_reviews(results)
        self.table.rows.results_changed()
        self._show_left()
        self.show_current()

    def show_current(self) -> None:
        """Show the windows of the selected file, and the number of files shown."""
        entry = self.table.current
        self.windows.show_entry(entry)
        self.windows.review.show_result(entry.result if entry is not None else None, self.table.n_selected)
        self.filter.show_count(len(self.table.rows.shown), len(self.table.rows.entries))
        self.current_shown.emit()

    def _show_left(self) -> None:
        shown = (one.result for one in self.table.rows.shown)
        self.windows.review.show_left(sum(one is not None and one.needs_review(self.below) for one in shown))

    def _set_below(self, below: float) -> None:
        self.below = below
        self.filter.set_uncertain_below(below)
        self._show_left()

    def show_stale(self, sentence: str) -> None:
        """Dim the results with a reason; an empty text restores them."""
        self.table.rows.set_stale(bool(sentence))
        self.totals.setEnabled(not sentence)
        if sentence:
            self.messages.show_message(MessageKind.WARNING, sentence)
        elif self.messages.kind is MessageKind.WARNING:
            self.messages.clear()

    # --- drag and drop -----------------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept files and folders."""
        if dropped_paths(event.mimeData()):
            event.acceptProposedAction()
            self._drop_frame.cover()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Hide the drop overlay."""
        self._drop_frame.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        """Add dropped files and folders; open a dropped model."""
        self._drop_frame.hide()
        paths = dropped_paths(event.mimeData())
        event.acceptProposedAction()
        for path in paths:
            if path.lower().endswith(_MODEL_SUFFIX):
                self.controls.model_file_chosen.emit(path)
        recordings = [path for path in paths if not path.lower().endswith(_MODEL_SUFFIX)]
        if recordings:
            self.controls.paths_chosen.emit(recordings)

    # --- layout ------------------------------------------------------------------------------------------------------

    def _recolour(self) -> None:
        self.table.rows.set_colours(self.colour_of, self._theme)
        self.windows.set_colours(self.colour_of)
        self.windows.review.show_classes(self._names, self.colour_of)
        self.totals.set_colours(self.colour_of)

    def _build_layout(self) -> None:
        self._pages.addWidget(self.welcome)
        self._pages.addWidget(self._build_body())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 8)
        layout.setSpacing(8)
        layout.addWidget(self.controls)
        layout.addWidget(self.messages)
        layout.addWidget(self._pages, 1)

    def _build_body(self) -> QWidget:
        files = QWidget(self)
        column = QVBoxLayout(files)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.filter)
        column.addWidget(self.table, 1)
        left = QSplitter(Qt.Orientation.Vertical, self)
        left.addWidget(files)
        left.addWidget(self.windows)
        left.setSizes([180, 320])
        left.setStretchFactor(0, 1)
        left.setStretchFactor(1, 2)
        body = QSplitter(Qt.Orientation.Horizontal, self)
        body.addWidget(left)
        body.addWidget(self.totals)
        body.setSizes([890, 320])
        body.setStretchFactor(0, 3)
        body.setStretchFactor(1, 1)
        for splitter in (left, body):
            splitter.setChildrenCollapsible(False)
        self.totals.setMinimumWidth(240)
        return body

    def _connect(self) -> None:
        self.filter.changed.connect(self._filter)
        self.table.entry_chosen.connect(lambda _: self.show_current())
        self.table.remove_requested.connect(self.remove_requested)
        self.table.rows.layoutChanged.connect(self.show_current)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self.show_current())
        self.totals.files_wanted.connect(self._list_files)
        self.windows.review.add_keys(self.table)
        self.windows.recording.add_keys(self.table)
        self.windows.review.below_changed.connect(self._set_below)
        self.windows.review.train_requested.connect(lambda: self.controls.ask_for_export("train"))
        self.windows.audacity_button.clicked.connect(lambda: self.controls.ask_for_export("audacity"))
        self.welcome.files_requested.connect(self.controls.ask_for_files)
        self.welcome.folder_requested.connect(self.controls.ask_for_folder)
        self.welcome.model_requested.connect(self.controls.ask_for_model)

    def _list_files(self, truth: str, label: str) -> None:
        """List the recordings of a cell of the confusion matrix, and show the first of them."""
        self.filter.choose(RowFilter(label=label, truth=truth))
        if self.table.rows.shown:
            self.table.choose(self.table.rows.shown[0])
            self.table.setFocus()

    def _filter(self, row_filter: RowFilter) -> None:
        self.table.rows.set_filter(row_filter)
        self._show_left()
        self.show_current()

    @property
    def current(self) -> FileEntry | None:
        """The selected file."""
        return self.table.current


class _DropFrame(QWidget):
    """Overlay shown while something is dragged over the page."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._page = parent
        self._theme = theme_for(self.palette())
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme

    def cover(self) -> None:
        """Cover the page."""
        self.setGeometry(self._page.rect())
        self.raise_()
        self.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        background = QColor(self._theme.background)
        background.setAlphaF(0.75)
        painter.fillRect(self.rect(), background)
        painter.setPen(QPen(self._theme.accent, 3, Qt.PenStyle.DashLine))
        painter.drawRect(self.rect().adjusted(6, 6, -7, -7))
        font = painter.font()
        font.setPointSizeF(font.pointSizeF() * 1.7)
        painter.setFont(font)
        box = painter.fontMetrics().boundingRect(_DROP_HERE).adjusted(-24, -14, 24, 14)
        box.moveCenter(self.rect().center())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.background)
        painter.drawRect(box)
        painter.setPen(self._theme.foreground)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, _DROP_HERE)
        painter.end()
