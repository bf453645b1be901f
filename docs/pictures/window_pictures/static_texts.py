"""The fixed texts of a part of the window: tabs, buttons, titles, headings and labels, without values.

A text is fixed if a window that was only just made has it too: what training, files or devices bring is not there yet.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from pyqtgraph import AxisItem
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QGraphicsView,
    QGroupBox,
    QHeaderView,
    QLabel,
    QListWidget,
    QMenuBar,
    QTabBar,
    QTabWidget,
    QToolButton,
    QWidget,
)

__all__ = ["FixedText", "TextRecord", "fixed_texts", "visible_texts"]

_HORIZONTAL = Qt.Orientation.Horizontal


@dataclass(frozen=True, eq=False)
class FixedText:
    """A text and the widget that shows it; ``is_hidden`` if that widget hides it by itself."""

    text: str
    widget: QWidget
    is_hidden: bool = False


@dataclass(frozen=True)
class TextRecord:
    """The fixed texts of a part of the window when its picture was taken: those in the picture, and the others."""

    shown: frozenset[str]
    others: frozenset[str]

    @classmethod
    def of(cls, new: QWidget, seen: set[str]) -> TextRecord:
        """Return the record of a part of a new window and of the texts that were seen in the picture."""
        texts = {one.text for one in fixed_texts(new)}
        return cls(frozenset(texts & seen), frozenset(texts - seen))

    @classmethod
    def parsed(cls, text: str) -> TextRecord:
        """Return the record that a picture holds."""
        table = json.loads(text)
        return cls(frozenset(table["shown"]), frozenset(table["others"]))

    def as_text(self) -> str:
        """Return what a picture holds."""
        table = {"shown": sorted(self.shown), "others": sorted(self.others)}
        return json.dumps(table, ensure_ascii=False)

    def differences(self, new: QWidget) -> tuple[list[str], list[str]]:
        """Return the texts of the picture that a new window lacks, and those that it shows beside them.

        A text that is in no record counts where its surroundings are in the picture, unless it is a free label: those
        are filled with values.
        """
        texts = fixed_texts(new)
        gone = self.shown - {one.text for one in texts}
        strange = [one for one in texts if one.text not in self.shown | self.others]
        added = {one.text for one in strange if not one.is_hidden and self._is_among_shown(one, texts, new)}
        return sorted(gone), sorted(added)

    def _is_among_shown(self, one: FixedText, texts: list[FixedText], top: QWidget) -> bool:
        """Whether the texts nearest to one of them are in the picture."""
        if isinstance(one.widget, QLabel) and one.widget.buddy() is None:
            return False
        around: QWidget | None = one.widget
        while around is not None:
            near = {other.text for other in texts if around is other.widget or around.isAncestorOf(other.widget)}
            if near & (self.shown | self.others):
                return bool(near & self.shown)
            around = None if around is top else around.parentWidget()
        return False


def fixed_texts(part: QWidget) -> list[FixedText]:
    """Return all texts of a part of the window, of the chosen page of each tab only, whether visible or not."""
    found = []
    for widget in _widgets(part):
        for text, _, is_hidden in _texts(widget):
            found.append(FixedText(text, widget, is_hidden or widget.isHidden()))
    return found


def visible_texts(part: QWidget) -> set[str]:
    """Return the texts that a picture of a part of the window shows."""
    frame = part.rect()
    return {
        text
        for widget in _widgets(part)
        if widget.isVisible()
        for text, place, is_hidden in _texts(widget)
        if not is_hidden and _is_seen(widget, place, part, frame)
    }


def _is_seen(widget: QWidget, place: QRect, part: QWidget, frame: QRect) -> bool:
    """Whether at least a third of a place in a widget is seen."""
    widget = widget.viewport() if isinstance(widget, QAbstractScrollArea) else widget
    seen = widget.visibleRegion().intersected(place).boundingRect()
    seen = seen.translated(widget.mapTo(part, QPoint(0, 0))).intersected(frame)
    return 3 * seen.width() * seen.height() >= place.width() * place.height() > 0


def _widgets(top: QWidget) -> Iterator[QWidget]:
    """Yield a widget and all below it, except for windows of their own and tabs that are not chosen."""
    yield top
    hidden = set()
    if isinstance(top, QTabWidget):
        hidden = {top.widget(index) for index in range(top.count())} - {top.currentWidget()}
    stack = [child for child in top.children() if isinstance(child, QWidget) and not child.isWindow()]
    for child in stack:
        if isinstance(top, QTabWidget) and not isinstance(child, QTabBar):
            yield from (one for page in child.children() if isinstance(page, QWidget) and page not in hidden
                        for one in _widgets(page))  # fmt: skip
        else:
            yield from _widgets(child)


def _texts(widget: QWidget) -> Iterator[tuple[str, QRect, bool]]:
    """Yield the texts of one widget, where they are, and whether they are hidden."""
    has_keys = not isinstance(widget, QLabel) or widget.buddy() is not None
    for text, place, is_hidden in _raw_texts(widget):
        text = text.replace("&&", "\0").replace("&", "").replace("\0", "&") if has_keys else text
        text = " ".join(text.split())
        if any(character.isalpha() for character in text):
            yield text, place, is_hidden


def _raw_texts(widget: QWidget) -> Iterator[tuple[str, QRect, bool]]:
    match widget:
        case QToolButton() if widget.toolButtonStyle() is Qt.ToolButtonStyle.ToolButtonIconOnly and not (
            widget.icon().isNull()
        ):
            return
        case QAbstractButton() | QLabel():
            yield widget.text(), widget.rect(), False
        case QGroupBox():
            yield widget.title(), widget.rect(), False
        case QTabBar():
            for index in range(widget.count()):
                yield widget.tabText(index), widget.tabRect(index), not widget.isTabVisible(index)
        case QMenuBar():
            for action in widget.actions():
                yield action.text(), widget.actionGeometry(action), not action.isVisible()
        case QHeaderView():
            yield from _headings(widget)
        case QListWidget():
            for row in range(widget.count()):
                item = widget.item(row)
                yield item.text(), widget.visualItemRect(item), item.isHidden()
        case QGraphicsView():
            yield from _axis_labels(widget)


def _headings(header: QHeaderView) -> Iterator[tuple[str, QRect, bool]]:
    model = header.model()
    if header.orientation() is not _HORIZONTAL or model is None:
        return
    for section in range(header.count()):
        place = QRect(header.sectionViewportPosition(section), 0, header.sectionSize(section), header.height())
        text = model.headerData(section, _HORIZONTAL)
        yield str(text or ""), place, header.isSectionHidden(section)


def _axis_labels(view: QGraphicsView) -> Iterator[tuple[str, QRect, bool]]:
    scene = view.scene()
    for item in scene.items() if scene is not None else ():
        if isinstance(item, AxisItem):
            place = view.mapFromScene(item.sceneBoundingRect()).boundingRect()
            yield item.labelText or "", place, not item.isVisible()
