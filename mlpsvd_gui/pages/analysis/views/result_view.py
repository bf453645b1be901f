"""Section of an analysis from the registry: Run, figures and tables."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from mlpsvd.tables import Table
from mlpsvd.text import sentence
from mlpsvd_gui.pages.analysis.views.section import Section
from mlpsvd_gui.plots.theme import Theme
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.choosers import Tabs
from mlpsvd_gui.widgets.plain_label import PlainLabel
from mlpsvd_gui.widgets.svg_picture import SvgPicture
from mlpsvd_gui.widgets.tables import list_rows

__all__ = ["ResultView"]

_MOST_ROWS = 500


class ResultView(Section):
    """Figures and tables in tabs.

    Parameters
    ----------
    key, title, question
        As of :class:`Section`.
    note
        How to read the result.
    """

    run_requested = Signal(str)
    """Emits the key of the analysis."""

    def __init__(self, key: str, title: str, question: str, note: str, parent: QWidget | None = None) -> None:
        super().__init__(key, title, question, parent)
        self.run_button = QPushButton("Run", self)
        self.run_button.clicked.connect(lambda: self.run_requested.emit(self.key))
        self.buttons.addWidget(self.run_button)
        self.tabs = Tabs(self)
        self.tabs.setDocumentMode(True)
        self.note = PlainLabel(self, note)
        self.note.setWordWrap(True)
        self.note.setVisible(bool(note))
        self.content.addWidget(self.note)
        self.content.addWidget(self.tabs, 1)
        self.content.addStretch(0)
        self._pictures: list[SvgPicture] = []
        self._theme: Theme | None = None
        self.clear()

    def show_result(self, pictures: Sequence[tuple[str, bytes]], tables: Sequence[Table]) -> None:
        """Show figures (caption and SVG) and tables."""
        self.clear()
        for number, (caption, svg) in enumerate(pictures, start=1):
            picture = SvgPicture(self.tabs)
            if self._theme is not None:
                picture.set_theme(self._theme)
            picture.show_picture(svg, caption)
            self._pictures.append(picture)
            title = "Figure" if len(pictures) == 1 else f"Figure {number}"
            self.tabs.setTabToolTip(self.tabs.addTab(self._with_caption(picture, caption), title), plain_tip(caption))
        for table in tables:
            self.tabs.setTabToolTip(self.tabs.addTab(_table(table, self.tabs), table.title), plain_tip(table.title))
        self.tabs.setVisible(self.tabs.count() > 0)

    def _with_caption(self, picture: SvgPicture, caption: str) -> QWidget:
        page, label = QWidget(self.tabs), PlainLabel(self.tabs, sentence(caption))
        label.setWordWrap(True)
        label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 4, 0, 0)
        column.addWidget(label)
        column.addWidget(picture, 1)
        return page

    def clear(self) -> None:
        """Remove the result."""
        while self.tabs.count():
            page = self.tabs.widget(0)
            self.tabs.removeTab(0)
            if page is not None:
                page.deleteLater()
        self._pictures = []
        self.tabs.hide()

    def set_run_enabled(self, refusal: str) -> None:
        """Disable Run with a reason; an empty text enables it."""
        self.run_button.setEnabled(not refusal)
        self.run_button.setToolTip(plain_tip(refusal or "Run this analysis in the background"))

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        super().set_theme(theme)
        self._theme = theme
        self.note.setStyleSheet(f"color: {theme.muted.name()};")
        for picture in self._pictures:
            picture.set_theme(theme)


def _table(table: Table, parent: QWidget) -> QTableWidget:
    rows = table.rows[:_MOST_ROWS]
    view = QTableWidget(len(rows), len(table.columns), parent)
    view.setAccessibleName(table.title)
    list_rows(view)
    view.setHorizontalHeaderLabels(list(table.columns))
    for row, values in enumerate(rows):
        for column, value in enumerate(values):
            text = f"{value:.6g}" if isinstance(value, float) else str(value)
            view.setItem(row, column, QTableWidgetItem(text))
    view.resizeColumnsToContents()
    return view
