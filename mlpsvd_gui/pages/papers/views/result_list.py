"""Checkable list of the paper results, in groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QCheckBox, QListWidget, QListWidgetItem, QWidget

from mlpsvd_gui.pages.papers.views.content import RowState, ShownPaperResult
from mlpsvd_gui.pages.papers.views.result_row import ResultRow, make_box_visible
from mlpsvd_gui.plots.theme import Theme

__all__ = ["ResultList"]


class ResultList(QListWidget):
    """Entries under one heading per group, whose box ticks them all. Space ticks the selected entry."""

    chosen = Signal(str)
    """Emits the name of the selected entry."""
    ticked = Signal()
    """Emitted when the ticks have changed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: dict[str, ResultRow] = {}
        self._items: dict[str, QListWidgetItem] = {}
        self._headings: dict[str, QCheckBox] = {}
        self.setAccessibleName("Paper results")
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.currentItemChanged.connect(self._emit_chosen)

    def show_experiments(self, experiments: Sequence[ShownPaperResult]) -> None:
        """Fill the list, in the order given."""
        for one in experiments:
            if one.group not in self._headings:
                self._add_heading(one.group)
            self._add_row(one)

    def show_states(self, states: Mapping[str, RowState]) -> None:
        """Show the state of some entries."""
        for name, state in states.items():
            self._rows[name].show_state(state)

    def state_text(self, name: str) -> str:
        """Return the state text of an entry."""
        return self._rows[name].state.text()

    def entry(self, name: str) -> ResultRow:
        """Return the widget of an entry."""
        return self._rows[name]

    @property
    def current_name(self) -> str:
        """The name of the selected entry; empty without one."""
        item = self.currentItem()
        return str(item.data(Qt.ItemDataRole.UserRole) or "") if item is not None else ""

    def choose(self, name: str) -> None:
        """Select an entry."""
        self.setCurrentItem(self._items[name])

    def ticked_names(self) -> tuple[str, ...]:
        """Return the ticked names, in the order of the list."""
        return tuple(name for name, row in self._rows.items() if row.check.isChecked())

    def tick(self, names: Iterable[str]) -> None:
        """Tick these entries and untick all others."""
        wanted = set(names)
        for name, row in self._rows.items():
            row.check.setChecked(name in wanted)

    def set_ticks_enabled(self, enabled: bool) -> None:
        """Enable or disable ticking; entries can still be selected."""
        for box in (*self._headings.values(), *(row.check for row in self._rows.values())):
            box.setEnabled(enabled)

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self.setStyleSheet(
            f"QListWidget::item:selected {{ background: {_rgba(theme.accent, 46)}; }}"
            f"QListWidget::item:hover:!selected {{ background: {_rgba(theme.accent, 16)}; }}"
        )
        for heading in self._headings.values():
            make_box_visible(heading, theme)
        for row in self._rows.values():
            row.set_theme(theme)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Tick or untick with Space."""
        row = self._rows.get(self.current_name)
        if event.key() == Qt.Key.Key_Space and row is not None and row.check.isEnabled():
            row.check.toggle()
            return
        super().keyPressEvent(event)

    def _add_heading(self, group: str) -> None:
        box = QCheckBox(group, self)
        font = box.font()
        font.setBold(True)
        box.setFont(font)
        box.setContentsMargins(8, 6, 8, 4)
        box.setStyleSheet("QCheckBox { padding: 8px 6px 4px 8px; }")
        box.setToolTip("Tick all or none")
        box.clicked.connect(lambda: self._tick_group(group))
        self._headings[group] = box
        item = QListWidgetItem(self)
        item.setFlags(Qt.ItemFlag.ItemIsEnabled)
        item.setSizeHint(QSize(0, box.sizeHint().height()))
        self.setItemWidget(item, box)

    def _add_row(self, one: ShownPaperResult) -> None:
        row = ResultRow(one, self)
        row.checked_changed.connect(self._update_headings)
        row.checked_changed.connect(self.ticked)
        item = QListWidgetItem(self)
        item.setData(Qt.ItemDataRole.UserRole, one.name)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{one.title}: {one.about}")
        item.setSizeHint(QSize(0, row.sizeHint().height()))
        self.setItemWidget(item, row)
        self._rows[one.name] = row
        self._items[one.name] = item

    def _tick_group(self, group: str) -> None:
        """Tick all on a click, or none if all are ticked."""
        boxes = self._boxes(group)
        wanted = not all(box.isChecked() for box in boxes)
        for box in boxes:
            box.setChecked(wanted)
        self._update_headings()

    def _boxes(self, group: str) -> list[QCheckBox]:
        return [row.check for row in self._rows.values() if row.shown.group == group]

    def _update_headings(self) -> None:
        for group, heading in self._headings.items():
            ticks = [box.isChecked() for box in self._boxes(group)]
            state = Qt.CheckState.Checked if all(ticks) else Qt.CheckState.PartiallyChecked
            heading.setCheckState(state if any(ticks) else Qt.CheckState.Unchecked)

    def _emit_chosen(self) -> None:
        if self.current_name:
            self.chosen.emit(self.current_name)


def _rgba(colour: QColor, alpha: int) -> str:
    return f"rgba({colour.red()}, {colour.green()}, {colour.blue()}, {alpha})"
