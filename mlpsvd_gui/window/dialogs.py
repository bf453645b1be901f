"""File dialogs and help texts, all non-blocking."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from mlpsvd_gui.file_dialogs import ask_for_path
from mlpsvd_gui.log import log_path
from mlpsvd_gui.window.actions import WindowActions
from mlpsvd_gui.window.documents import DocumentsController
from mlpsvd_gui.window.exchange_dialogs import ExchangeDialogs

__all__ = ["Dialogs"]

_EXPERIMENTS = "Experiments, models and projects (*.toml *.safetensors *.mlpsvdproject);;All files (*)"
_SHORTCUTS = """
<h3>Keys</h3>
<table cellpadding="3">
<tr><td><b>F5</b></td><td>Train</td></tr>
<tr><td><b>F6</b></td><td>Pause, resume</td></tr>
<tr><td><b>F7</b></td><td>Stop (keep results)</td></tr>
<tr><td><b>Ctrl+O, Ctrl+S</b></td><td>Open, save the experiment</td></tr>
<tr><td><b>Ctrl+R</b></td><td>Save the run to a folder</td></tr>
<tr><td><b>Ctrl+E</b></td><td>Export the MLP-SVD as a model file</td></tr>
<tr><td><b>Ctrl+Return</b></td><td>On the page <i>Files</i>: start or stop classification</td></tr>
<tr><td><b>Return, Ctrl+Return</b></td><td>On the page <i>Runs</i>: open, continue the selected run</td></tr>
<tr><td><b>C, A, P, S, N, F2, Del</b></td><td>On the page <i>Runs</i>: compare, analyse, report, star, note, name,
delete</td></tr>
<tr><td><b>Ctrl+F</b></td><td>On the pages <i>Runs</i> and <i>Files</i>: search</td></tr>
<tr><td><b>Ctrl+Z, Ctrl+Shift+Z</b></td><td>Undo, redo the last edit of the page in front; in a text field, the typing
first</td></tr>
<tr><td><b>Tab, Shift+Tab</b></td><td>Next, previous field; arrow keys change a number</td></tr>
<tr><td><b>←, →</b></td><td>In the filter plot: move the selected filter by 1 Hz, with Shift by 10 Hz;
in a plot over epochs: move the cursor</td></tr>
<tr><td><b>Ctrl+L</b></td><td>Start or stop listening</td></tr>
<tr><td><b>Ctrl+D</b></td><td>On the page <i>Listen</i>: choose the input device</td></tr>
<tr><td><b>R</b></td><td>On the page <i>Record</i>: record, from press to press or while held</td></tr>
<tr><td><b>1 to 9, with Ctrl</b></td><td>Class to record; with Ctrl, class of the selected clips</td></tr>
<tr><td><b>Enter, T, Del</b></td><td>Play, trim, delete the selected clips</td></tr>
</table>
<h3>Mouse</h3>
<table cellpadding="3">
<tr><td><b>Drag a filter's handle</b></td><td>Move the centre frequency (scroll or Shift-drag: bandwidth)</td></tr>
<tr><td><b>Point at a plot over epochs</b></td><td>Show the values of all plots at that epoch</td></tr>
<tr><td><b>Right-click a plot</b></td><td>Copy or save the picture and its data</td></tr>
</table>
"""

_MODELS = ";;".join(
    (
        "MLP-SVD model (*.safetensors)",
        "ONNX (*.onnx)",
        "MATLAB, with a function (*.mat)",
        "NumPy, with a script (*.npz)",
    )
)


class Dialogs(QObject):
    """Asks for paths and emits them."""

    reported = Signal(str)
    """Emits a message."""

    def __init__(self, window: QWidget, actions: WindowActions, files: DocumentsController) -> None:
        super().__init__(window)
        self._window = window
        self._files = files
        self.exchange = ExchangeDialogs(window, actions, files)
        actions.open.triggered.connect(self.ask_open)
        actions.open_run.triggered.connect(self.ask_open_run)
        actions.save.triggered.connect(self.save)
        actions.save_as.triggered.connect(self.ask_save_as)
        actions.save_run.triggered.connect(self.ask_save_run)
        actions.export_requested.connect(self.ask_export)
        actions.save_report.triggered.connect(self.ask_report)
        actions.shortcuts.triggered.connect(self.show_shortcuts)
        actions.about.triggered.connect(self.show_about)
        actions.show_log.triggered.connect(self.show_log)

    def ask_open(self) -> None:
        """Ask for an experiment or a model to open."""
        self._ask("experiment", "Open experiment", self._files.open, QFileDialog.FileMode.ExistingFile, _EXPERIMENTS)

    def ask_open_run(self) -> None:
        """Ask for a run folder."""
        self._ask("run", "Open run folder", self._files.open, QFileDialog.FileMode.Directory)

    def save(self) -> None:
        """Save to the file of the experiment, or ask for one."""
        if self._files.path is None:
            self.ask_save_as()
        else:
            self._files.save()

    def ask_save_as(self) -> None:
        """Ask for a file for the experiment."""
        self._ask(
            "experiment",
            "Save experiment",
            self._save,
            QFileDialog.FileMode.AnyFile,
            "Experiments (*.toml)",
            "experiment.toml",
        )

    def ask_save_run(self) -> None:
        """Ask for a new folder for the run; an existing folder is opened, not overwritten."""
        suggested = f"run {datetime.now():%Y-%m-%d %H-%M}"
        self._ask(
            "run", "Save run to a new folder", self._files.save_run, QFileDialog.FileMode.AnyFile, suggested=suggested
        )

    def ask_export(self, contender: str) -> None:
        """Ask for a file for a contender's model."""
        self._ask(
            "model",
            "Export model",
            lambda path: self._files.export_model(path, contender),
            QFileDialog.FileMode.AnyFile,
            _MODELS,
            f"{contender}.safetensors",
        )

    def ask_report(self) -> None:
        """Ask for a file for the report of the run."""
        html = "HTML page (*.html)"
        self._ask("report", "Save report", self._files.save_report, QFileDialog.FileMode.AnyFile, html, "report.html")

    def _save(self, path: Path) -> None:
        self._files.save(path)

    def _ask(
        self,
        kind: str,
        title: str,
        take: Callable[[Path], object],
        mode: QFileDialog.FileMode,
        name_filter: str = "",
        suggested: str = "",
    ) -> None:
        ask_for_path(
            self._window,
            kind,
            title,
            lambda path: take(Path(path)),
            mode=mode,
            name_filter=name_filter,
            suggested=suggested,
        )

    def show_shortcuts(self) -> None:
        """Show keys and gestures."""
        self._show_text("Shortcuts", _SHORTCUTS)

    def show_about(self) -> None:
        """Show version, licences and the places of files."""
        from mlpsvd_gui.window.about import AboutDialog  # nobody opens it at the start

        AboutDialog(self._window).open()

    def show_log(self) -> None:
        """Open the log file in the system's viewer."""
        path = log_path()
        if path is None:
            self.reported.emit("No log file could be written.")
            return
        path.touch()
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
            self.reported.emit(f"Log file: {path}")

    def _show_text(self, title: str, text: str) -> None:
        box = QMessageBox(self._window)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setWindowTitle(title)
        box.setTextFormat(Qt.TextFormat.RichText)
        box.setText(text)
        box.open()
