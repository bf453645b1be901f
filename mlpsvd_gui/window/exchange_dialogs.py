"""File dialogs of the exchange with other programs, all non-blocking."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from mlpsvd.text import one_line
from mlpsvd_gui.file_dialogs import ask_for_path
from mlpsvd_gui.window.actions import WindowActions
from mlpsvd_gui.window.documents import DocumentsController
from mlpsvd_gui.window.exchange import ImportChoice
from mlpsvd_gui.window.import_dialog import ImportDialog

__all__ = ["ExchangeDialogs"]

_WEIGHTS = "scikit-learn, PyTorch, MLP-SVD (*.npz *.safetensors)"
_BANKS = "Table (*.csv);;MATLAB (*.mat);;Python, for SciPy (*.py);;MATLAB code (*.m)"
_FEATURES = "NumPy (*.npz);;MATLAB (*.mat)"


class ExchangeDialogs(QObject):
    """Asks for the files of the exchange with other programs."""

    def __init__(self, window: QWidget, actions: WindowActions, files: DocumentsController) -> None:
        super().__init__(window)
        self._window = window
        self._files = files
        exchange = files.exchange
        actions.import_model.triggered.connect(self.ask_model)
        actions.import_filters.triggered.connect(
            self._asks("filters", "Import filters", exchange.import_filters, "Filters (*.csv *.mat)")
        )
        for action, title, take, filters, suggested in (
            (actions.export_filters, "Export filters", exchange.export_filters, _BANKS, "filters.csv"),
            (actions.export_clips, "Export clips to a new folder", exchange.export_clips, "", "clips"),
            (actions.export_features, "Export features", exchange.export_features, _FEATURES, "features.npz"),
        ):
            action.triggered.connect(self._asks("exchange", title, take, filters, suggested))

    def ask_model(self) -> None:
        """Ask for weights or a model file, and then for what the file does not state."""
        self._ask("model", "Import model", self.take_model, _WEIGHTS)

    def take_model(self, path: Path) -> None:
        """Open a model file, or ask for what is missing of weights."""
        is_foreign = self._files.exchange.is_foreign(path)
        if is_foreign is False:
            self._files.open(path)
        elif is_foreign and path.suffix.lower() == ".npz":
            self._ask_target(path, ImportChoice())
        elif is_foreign:
            dialog = ImportDialog(one_line(path.name), one_line(self._files.experiment.name), self._window)
            dialog.chosen.connect(partial(self._ask_target, path))
            dialog.open()

    def _ask_target(self, source: Path, choice: ImportChoice) -> None:
        def take(target: Path) -> None:
            self._files.exchange.import_model(source, target, choice)

        suggested = f"{source.stem}-model.safetensors"
        self._ask("model", "Save imported model", take, "MLP-SVD model (*.safetensors)", suggested)

    def _asks(
        self, kind: str, title: str, take: Callable[[Path], None], name_filter: str, suggested: str = ""
    ) -> Callable[[], None]:
        return lambda *_: self._ask(kind, title, take, name_filter, suggested)

    def _ask(self, kind: str, title: str, take: Callable[[Path], None], name_filter: str, suggested: str = "") -> None:
        mode = QFileDialog.FileMode.AnyFile if suggested else QFileDialog.FileMode.ExistingFile
        ask_for_path(
            self._window, kind, title, lambda path: take(Path(path)), mode=mode, name_filter=name_filter,
            suggested=suggested,
        )  # fmt: skip
