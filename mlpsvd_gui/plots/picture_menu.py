"""Context menu of everything that has a picture: copy it, save it, save its numbers."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtWidgets import QAbstractScrollArea, QMenu, QWidget

from mlpsvd.chart import Chart

__all__ = ["PictureMenu", "PictureRequests", "Source", "offer_picture"]

Source = Chart | bytes
"""Content of a picture: a chart, or the finished drawing as SVG."""


class PictureRequests(QObject):
    """Takes the requests of all menus of the widget that is its parent, and of the widgets in it."""

    copy_requested = Signal(object)
    picture_requested = Signal(object, str)
    """Emits a source and a name for its file."""
    data_requested = Signal(object)
    """Emits a chart."""
    data_copied = Signal(object)
    """Emits a chart whose numbers are to be copied."""


class PictureMenu(QMenu):
    """Menu of a widget with a picture.

    Parameters
    ----------
    widget
        The widget; :class:`PictureRequests` of it or of a widget around it takes the requests.
    source
        Returns what the widget shows; a drawing without numbers if it is SVG.
    name
        Returns the name of the file of an SVG.
    """

    def __init__(
        self, widget: QWidget, source: Callable[[], Source], name: Callable[[], str] = lambda: "picture"
    ) -> None:
        super().__init__(widget)
        self._widget = widget
        self._source = source
        self._name = name
        self.copy_picture = self.addAction("Copy picture", self._copy)
        self.save_picture = self.addAction("Save picture…", self._save)
        self.copy_data = self.addAction("Copy data", lambda: self._with_chart("data_copied"))
        self.save_data = self.addAction("Save data…", lambda: self._with_chart("data_requested"))
        self.aboutToShow.connect(self.follow_content)

    def follow_content(self) -> None:
        """Offer only what there is."""
        source = self._source()
        is_drawing = isinstance(source, bytes)
        has_content = bool(source) if isinstance(source, bytes) else not source.is_empty
        for action in (self.copy_picture, self.save_picture):
            action.setEnabled(has_content)
        for action in (self.copy_data, self.save_data):
            action.setVisible(not is_drawing)
            action.setEnabled(has_content)

    def _copy(self) -> None:
        requests = _requests_of(self._widget)
        if requests is not None:
            requests.copy_requested.emit(self._source())

    def _save(self) -> None:
        requests, source = _requests_of(self._widget), self._source()
        if requests is not None:
            requests.picture_requested.emit(source, self._name() if isinstance(source, bytes) else source.name)

    def _with_chart(self, signal: str) -> None:
        requests, source = _requests_of(self._widget), self._source()
        if requests is not None and isinstance(source, Chart):
            getattr(requests, signal).emit(source)


def offer_picture(
    widget: QWidget, source: Callable[[], Source], name: Callable[[], str] = lambda: "picture"
) -> PictureMenu:
    """Give a widget the context menu and return it."""
    menu = PictureMenu(widget, source, name)

    def open_at(place: QPoint) -> None:
        origin = widget.viewport() if isinstance(widget, QAbstractScrollArea) else widget
        menu.popup(origin.mapToGlobal(place))

    widget.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
    widget.customContextMenuRequested.connect(open_at)
    return menu


def _requests_of(widget: QWidget) -> PictureRequests | None:
    """Return what takes the requests: that of the nearest widget around it."""
    around: QObject | None = widget
    while around is not None:
        for child in around.children():
            if isinstance(child, PictureRequests):
                return child
        around = around.parent()
    return None
