"""Ways from one page to another: from a confusion cell to its clips, from labels to training and collections."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QTabWidget

from mlpsvd_gui.pages.analysis.controllers.analysis import AnalysisController
from mlpsvd_gui.pages.explore.controllers.data import DataController
from mlpsvd_gui.pages.explore.views.confusion_panel import ConfusionPanel
from mlpsvd_gui.pages.files.controllers.files import FilesController
from mlpsvd_gui.pages.record.controllers.collection import CollectionController
from mlpsvd_gui.pages.runs.controllers.runs import RunsController

__all__ = ["ANALYSIS_TAB", "EXPLORE_TAB", "PageLinks"]

EXPLORE_TAB, ANALYSIS_TAB = 0, 2


class PageLinks(QObject):
    """Connects requests of a page with the page that answers them.

    Parameters
    ----------
    tabs
        The pages.
    data, confusion, runs, analysis, files, collection
        Controllers and panels of the pages.
    """

    def __init__(
        self,
        tabs: QTabWidget,
        data: DataController,
        confusion: ConfusionPanel,
        runs: RunsController,
        analysis: AnalysisController,
        files: FilesController,
        collection: CollectionController,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._tabs, self._data, self._analysis = tabs, data, analysis
        confusion.cell_opened.connect(self._show_cell)
        runs.comparison.cell_requested.connect(self._show_cell_of)
        files.train_requested.connect(self._train_on)
        files.collection_requested.connect(collection.copy)
        collection.copied.connect(files.tell)

    def _show_cell(self, contender: str, row: int, column: int) -> None:
        self._analysis.show_cell(contender, row, column)
        self._tabs.setCurrentIndex(ANALYSIS_TAB)

    def _show_cell_of(self, folder: Path, contender: str, row: int, column: int) -> None:
        self._analysis.open_run(folder, (contender, row, column))
        self._tabs.setCurrentIndex(ANALYSIS_TAB)

    def _train_on(self, manifest: str) -> None:
        self._data.use_recordings(manifest)
        self._tabs.setCurrentIndex(EXPLORE_TAB)
