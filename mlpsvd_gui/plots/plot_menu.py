"""Context menu of the plots: export, copy, reset view."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from mlpsvd_gui.file_dialogs import ask_for_path
from mlpsvd_gui.plots.export import ExportError, Table, to_csv

__all__ = ["Exportable", "PlotMenu"]


class Exportable(Protocol):
    """Protocol of an exportable plot."""

    def export_png(self, path: Path) -> None:
        """Write a picture."""

    def export_svg(self, path: Path) -> None:
        """Write vector graphics."""

    def export_csv(self, path: Path) -> None:
        """Write the shown values."""

    def table(self) -> Table:
        """Return the shown values."""

    def reset_view(self) -> None:
        """Reset the view."""


class PlotMenu(QMenu):
    """Menu to export, copy and reset."""

    saved = Signal(str)
    """Emits that a file was written, in one sentence."""
    failed = Signal(str)
    """Emits why a file could not be written, in one sentence."""

    def __init__(self, plot: Exportable, parent: QWidget) -> None:
        super().__init__(parent)
        self._plot = plot
        self._widget = parent
        self.addAction("Export PNG…", lambda: self._export("PNG picture (*.png)", ".png", plot.export_png))
        self.addAction("Export SVG…", lambda: self._export("SVG drawing (*.svg)", ".svg", plot.export_svg))
        self.addAction("Export CSV…", lambda: self._export("CSV table (*.csv)", ".csv", plot.export_csv))
        self.addAction("Copy CSV", self._copy_csv)
        self.addSeparator()
        self.addAction("Reset view", plot.reset_view)

    def _copy_csv(self) -> None:
        QGuiApplication.clipboard().setText(to_csv(self._plot.table()))

    def _export(self, kind: str, suffix: str, write: Callable[[Path], None]) -> None:
        ask_for_path(
            self._widget,
            "plot",
            "Export",
            lambda name: self.write(Path(name) if Path(name).suffix else Path(f"{name}{suffix}"), write),
            mode=QFileDialog.FileMode.AnyFile,
            name_filter=kind,
            suggested=f"plot{suffix}",
        )

    def write(self, path: Path, write: Callable[[Path], None]) -> None:
        """Write a file and emit the result."""
        try:
            write(path)
        except ExportError as error:
            self.failed.emit(str(error))
        else:
            self.saved.emit(f"Saved plot to {path}.")
