"""Explore page: layout of its panels."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QSplitter, QStackedLayout, QVBoxLayout, QWidget

from mlpsvd_gui.pages.explore.views.filters_panel import FiltersPanel
from mlpsvd_gui.pages.explore.views.validation_panel import ValidationPanel
from mlpsvd_gui.pages.explore.views.welcome import ExploreWelcome
from mlpsvd_gui.widgets.choosers import Tabs

__all__ = ["ExplorePage"]

_SETTINGS_SHARE = 0.215
_SETTINGS_WIDTHS = (288, 350)


class ExplorePage(QWidget):
    """Settings | filters over data | curves over singular values, and the comparison below, in splitters."""

    def __init__(
        self,
        settings: QWidget,
        filters: FiltersPanel,
        data: QWidget,
        training: QWidget,
        singular_values: QWidget,
        confusion: QWidget,
        race: QWidget,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.results = Tabs(self)
        self.results.setDocumentMode(True)
        self.results.addTab(singular_values, "Singular values")
        self.results.addTab(confusion, "Confusion matrix")
        self.validation = ValidationPanel(self)
        self.results.addTab(self.validation, "Cross-validation")
        self._middle = _splitter(Qt.Orientation.Vertical, (filters, data), (1, 1))
        self._right = _splitter(Qt.Orientation.Vertical, (training, self.results), (1, 1))
        self._upper = _splitter(Qt.Orientation.Horizontal, (self._middle, self._right), (1, 1))
        below = QWidget(self)
        below_layout = QVBoxLayout(below)
        below_layout.setContentsMargins(0, 0, 0, 0)
        below_layout.setSpacing(0)
        below_layout.addWidget(self._upper, 1)
        below_layout.addWidget(_line())
        below_layout.addWidget(race)
        self._outer = _splitter(Qt.Orientation.Horizontal, (settings, below), (0, 1))
        self.welcome = ExploreWelcome(self)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._outer)
        self._stack.addWidget(self.welcome)
        self._first_sizes()
        filters.folded.connect(self._share_middle)
        self._outer.splitterMoved.connect(self._keep_settings_width)

    def show_welcome(self, is_shown: bool) -> None:
        """Show the welcome in place of the panels."""
        self._stack.setCurrentWidget(self.welcome if is_shown else self._outer)
        if is_shown:
            self.welcome.task_button.setFocus()

    def show_validation(self, is_shown: bool, is_chosen: bool) -> None:
        """Show or hide the tab with the cross-validation; one that the user chose comes to the front as it appears."""
        index = self.results.indexOf(self.validation)
        was_shown = self.results.isTabVisible(index)
        self.results.setTabVisible(index, is_shown)
        if is_shown and is_chosen and not was_shown:
            self.results.setCurrentWidget(self.validation)

    @property
    def _splitters(self) -> dict[str, QSplitter]:
        return {"middle": self._middle, "right": self._right, "upper": self._upper, "outer": self._outer}

    def _first_sizes(self) -> None:
        self._is_dragged = False
        self._propose_settings_width()
        for splitter in (self._middle, self._right, self._upper):
            splitter.setSizes([1000, 1000])

    def _share_middle(self, folded: bool) -> None:
        """Divide the height equally between filters and data once both are visible."""
        if not folded:
            self._middle.setSizes([1000, 1000])

    def _keep_settings_width(self, *_: int) -> None:
        self._is_dragged = True

    def _propose_settings_width(self) -> None:
        """Give the settings enough width for their values, but not more than they need."""
        least, most = _SETTINGS_WIDTHS
        self._proposed = min(max(round(self.width() * _SETTINGS_SHARE), least), most)
        self._outer.setSizes([self._proposed, max(self.width() - self._proposed, 1)])

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Redistribute the width until the user has dragged the border."""
        super().resizeEvent(event)
        if not self._is_dragged:
            self._propose_settings_width()

    def states(self) -> dict[str, QByteArray]:
        """Return the positions of the splitters."""
        return {name: splitter.saveState() for name, splitter in self._splitters.items()}

    def restore(self, name: str, state: QByteArray) -> bool:
        """Restore the state of one splitter; False if it is invalid."""
        self._is_dragged |= name == "outer"
        return self._splitters[name].restoreState(state)

    def reset(self) -> None:
        """Reset all splitters."""
        self._first_sizes()


def _splitter(direction: Qt.Orientation, widgets: tuple[QWidget, ...], stretches: tuple[int, ...]) -> QSplitter:
    splitter = QSplitter(direction)
    splitter.setChildrenCollapsible(False)
    splitter.setHandleWidth(5)
    for index, (widget, stretch) in enumerate(zip(widgets, stretches, strict=True)):
        splitter.addWidget(widget)
        splitter.setStretchFactor(index, stretch)
    return splitter


def _line() -> QFrame:
    line = QFrame()
    line.setFrameShape(QFrame.Shape.HLine)
    line.setFrameShadow(QFrame.Shadow.Plain)
    line.setEnabled(False)
    return line
