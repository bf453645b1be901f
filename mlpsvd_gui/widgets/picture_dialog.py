"""Dialog for the format and the size of a picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from mlpsvd.draw_chart import DOUBLE_COLUMN_MM, SINGLE_COLUMN_MM, PictureSize
from mlpsvd.errors import SettingError
from mlpsvd.quantities import Quantity
from mlpsvd.text import sentence
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.choosers import Chooser
from mlpsvd_gui.widgets.number_field import NumberField
from mlpsvd_gui.widgets.plain_label import PlainLabel

__all__ = ["ALL", "PictureChoice", "PictureDialog"]

ALL = "all"
_FORMATS = {"pdf": "PDF", "svg": "SVG", "png": "PNG"}
_WIDTHS = (("One column", SINGLE_COLUMN_MM), ("Two columns", DOUBLE_COLUMN_MM))
_LEAST_MM, _MOST_MM = 30.0, 500.0
_BY_CONTENT = "by content"
_LEAST_DPI, _MOST_DPI, _DPI_STEP = 72, 1200, 50


@dataclass(frozen=True)
class PictureChoice:
    """Format (``pdf``, ``svg``, ``png`` or ``all``) and size of a picture."""

    kind: str = "pdf"
    size: PictureSize = PictureSize()  # noqa: RUF009 # frozen

    def table(self) -> dict[str, object]:
        """Return the choice for storage."""
        size = self.size
        return {"format": self.kind, "width_mm": size.width_mm, "height_mm": size.height_mm, "dpi": size.dpi}

    @classmethod
    def restored(cls, table: Mapping[str, object]) -> PictureChoice:
        """Return a stored choice; the default where it is invalid."""
        kind, width, height, dpi = (table.get(key) for key in ("format", "width_mm", "height_mm", "dpi"))
        if not (isinstance(width, int | float) and isinstance(dpi, int) and kind in _FORMATS):
            return cls()
        try:
            return cls(str(kind), PictureSize(width, height if isinstance(height, int | float) else None, dpi))
        except SettingError:
            return cls()


class PictureDialog(QDialog):
    """Asks for format, width, height and resolution.

    Parameters
    ----------
    choice
        What is chosen at first.
    title
        Title of the window.
    is_for_all
        Whether the dialog is for several pictures, of which each may be written in all formats.
    has_height
        Whether the height can be chosen.
    """

    chosen = Signal(object)
    """Emits the :class:`PictureChoice`."""

    def __init__(
        self, choice: PictureChoice, title: str, parent: QWidget, *, is_for_all: bool = False, has_height: bool = True
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.format_box = Chooser(self)
        self.width_box = Chooser(self)
        self.width_field = NumberField(Quantity("mm", low=_LEAST_MM, high=_MOST_MM), SINGLE_COLUMN_MM, 1.0, self)
        self.height_field = NumberField(Quantity("mm", low=0.0, high=_MOST_MM, zero=_BY_CONTENT), 0.0, 1.0, self)
        dpi = Quantity("dpi", is_integer=True, low=_LEAST_DPI, high=_MOST_DPI)
        self.dpi_field = NumberField(dpi, 300, _DPI_STEP, self)
        self.buttons = QDialogButtonBox(self)
        self._note = PlainLabel(self)
        self._build(is_for_all, has_height)
        self._connect()
        self._show(choice)

    def _build(self, is_for_all: bool, has_height: bool) -> None:
        formats = {ALL: ", ".join(_FORMATS.values())} if is_for_all else {}
        for kind, text in (formats | _FORMATS).items():
            self.format_box.addItem(text, kind)
        for text, width_mm in _WIDTHS:
            self.width_box.addItem(f"{text} ({width_mm:g} mm)", width_mm)
        self.width_box.addItem("Other", None)
        self.width_box.setToolTip(plain_tip("Widths of one and two columns of a journal"))
        self.height_field.setToolTip(plain_tip(f"At least {_LEAST_MM:g} mm, or {_BY_CONTENT}"))
        self.dpi_field.setToolTip(plain_tip("Resolution of PNG files, and of images in SVG and PDF files"))
        for field, name in ((self.width_field, "Width"), (self.height_field, "Height"), (self.dpi_field, "Resolution")):
            field.setAccessibleName(name)
        widths = QHBoxLayout()
        widths.addWidget(self.width_box, 1)
        widths.addWidget(self.width_field)
        form = QFormLayout()
        form.addRow("Format", self.format_box)
        form.addRow("Width", widths)
        if has_height:
            form.addRow("Height", self.height_field)
        form.addRow("Resolution", self.dpi_field)
        self.height_field.setVisible(has_height)
        save = self.buttons.addButton("Save…", QDialogButtonBox.ButtonRole.AcceptRole)
        save.setDefault(True)
        self.buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        self._note.setWordWrap(True)
        self._note.hide()
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(self._note)
        layout.addWidget(self.buttons)

    def _connect(self) -> None:
        self.width_box.currentIndexChanged.connect(self._use_column)
        self.width_field.valueChanged.connect(self._follow_width)
        self.buttons.accepted.connect(self._accept)
        self.buttons.rejected.connect(self.reject)

    def _show(self, choice: PictureChoice) -> None:
        kind = ALL if self.format_box.findData(ALL) >= 0 else choice.kind
        self.format_box.setCurrentIndex(self.format_box.findData(kind))
        self.width_field.setValue(choice.size.width_mm)
        self.height_field.setValue(choice.size.height_mm or 0.0)
        self.dpi_field.setValue(choice.size.dpi)
        self._follow_width()

    def _use_column(self) -> None:
        width_mm = self.width_box.currentData()
        if width_mm is not None:
            self.width_field.setValue(width_mm)
        else:
            self.width_field.setFocus()

    def _follow_width(self) -> None:
        found = self.width_box.findData(self.width_field.value())
        blocked = self.width_box.blockSignals(True)
        self.width_box.setCurrentIndex(found if found >= 0 else self.width_box.count() - 1)
        self.width_box.blockSignals(blocked)

    def _accept(self) -> None:
        fields = (self.width_field, self.height_field, self.dpi_field)
        if not all(field.commit() for field in fields):
            return
        try:
            size = PictureSize(self.width_field.value(), self.height_field.value() or None, self.dpi_field.value())
        except SettingError as error:
            self._note.setText(sentence(str(error)))
            self._note.show()
            return
        self.accept()
        self.chosen.emit(PictureChoice(self.format_box.currentData(), size))
