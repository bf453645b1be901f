"""Controller of pictures: copies and saves what the context menus of plots offer, and all pictures of a run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog, QWidget

from mlpsvd.chart import Chart
from mlpsvd.chart_files import file_stem, to_csv, write_charts, write_data
from mlpsvd.draw_chart import PictureSize, picture
from mlpsvd.drawing import FORMATS
from mlpsvd.errors import MlpSvdError
from mlpsvd.experiments.runs.charts import run_charts
from mlpsvd.experiments.runs.run import Run
from mlpsvd.files import write_atomically
from mlpsvd.text import counted, sentence
from mlpsvd_gui.file_dialogs import ask_for_path
from mlpsvd_gui.log import LOGGER, unexpected_sentence
from mlpsvd_gui.plots.picture_menu import PictureRequests, Source
from mlpsvd_gui.state.preferences import Preferences
from mlpsvd_gui.state.run_state import RunState
from mlpsvd_gui.threads.serial_jobs import SerialJobs
from mlpsvd_gui.widgets.picture_dialog import ALL, PictureChoice, PictureDialog
from mlpsvd_gui.widgets.svg_files import svg_content

__all__ = ["STATUS_MS", "PicturesController"]

STATUS_MS = 10_000
"""How long the status bar says what was saved."""

_KIND = "picture"
_DATA = "CSV table (*.csv);;NumPy arrays (*.npz);;NumPy array (*.npy)"
_COPIED = PictureSize(dpi=300)


class PicturesController(QObject):
    """Asks where, and writes in the background.

    Parameters
    ----------
    window
        The widget in which the plots are.
    """

    done = Signal(str)
    """Emits what was copied or saved, in one sentence."""
    failed = Signal(str)
    """Emits why something could not be drawn or written, in one sentence."""

    def __init__(self, window: QWidget, run: RunState, preferences: Preferences) -> None:
        super().__init__(window)
        self._window = window
        self._run = run
        self._preferences = preferences
        self._writing = SerialJobs("pictures", self)
        requests = PictureRequests(window)
        requests.copy_requested.connect(self.copy)
        requests.picture_requested.connect(self.ask_picture)
        requests.data_requested.connect(self.ask_data)
        requests.data_copied.connect(self.copy_data)

    @property
    def is_busy(self) -> bool:
        """Whether something is being drawn or written."""
        return self._writing.is_busy

    def close(self) -> None:
        """Finish all pending writes."""
        self._writing.close()

    def copy(self, source: Source) -> None:
        """Put a picture on the clipboard."""
        self._writing.submit(partial(_content, source, "png", _COPIED), self._put_on_clipboard, self._fail)

    def _put_on_clipboard(self, content: bytes) -> None:
        QGuiApplication.clipboard().setImage(QImage.fromData(content))
        self.done.emit("Copied the picture.")

    def copy_data(self, chart: Chart) -> None:
        """Put the numbers of a chart on the clipboard, as CSV."""
        QGuiApplication.clipboard().setText(to_csv(chart))
        self.done.emit("Copied the data.")

    def ask_picture(self, source: Source, name: str) -> None:
        """Ask for format, size and file of a picture."""
        is_chart = isinstance(source, Chart)
        dialog = PictureDialog(self._choice, "Save picture", self._window, has_height=is_chart)
        dialog.finished.connect(dialog.deleteLater)
        dialog.chosen.connect(lambda choice: self._ask_file(source, name, choice))
        dialog.open()

    def _ask_file(self, source: Source, name: str, choice: PictureChoice) -> None:
        self._preferences.set_table("pictures", choice.table())
        ask_for_path(
            self._window,
            _KIND,
            "Save picture",
            lambda path: self._save(source, Path(path), choice),
            mode=QFileDialog.FileMode.AnyFile,
            name_filter=f"{choice.kind.upper()} picture (*.{choice.kind})",
            suggested=f"{file_stem(name)}.{choice.kind}",
        )

    def _save(self, source: Source, path: Path, choice: PictureChoice) -> None:
        path = path if path.suffix.lower() == f".{choice.kind}" else path.with_name(f"{path.name}.{choice.kind}")
        self._write(path, lambda: write_atomically(path, _content(source, choice.kind, choice.size)))

    def ask_data(self, chart: Chart) -> None:
        """Ask for the file of the numbers of a chart."""
        ask_for_path(
            self._window,
            _KIND,
            "Save data",
            lambda path: self._save_data(chart, Path(path)),
            mode=QFileDialog.FileMode.AnyFile,
            name_filter=_DATA,
            suggested=f"{file_stem(chart.name)}.csv",
        )

    def _save_data(self, chart: Chart, path: Path) -> None:
        self._write(path, lambda: write_data(path, chart))

    def ask_all(self) -> None:
        """Ask for size and folder of all pictures of the run."""
        run = self._run.to_run()
        if run is None:
            self.failed.emit("No run to draw. Train first.")
            return
        dialog = PictureDialog(self._choice, "Export all pictures", self._window, is_for_all=True, has_height=False)
        dialog.finished.connect(dialog.deleteLater)
        dialog.chosen.connect(lambda choice: self._ask_folder(run, choice))
        dialog.open()

    def _ask_folder(self, run: Run, choice: PictureChoice) -> None:
        ask_for_path(
            self._window,
            _KIND,
            "Export all pictures to a folder",
            lambda path: self._save_all(run, Path(path), choice),
            mode=QFileDialog.FileMode.AnyFile,
            suggested=f"pictures {datetime.now():%Y-%m-%d %H-%M}",
            accept_text="Export",
        )

    def _save_all(self, run: Run, folder: Path, choice: PictureChoice) -> None:
        self.done.emit(f"Drawing the pictures for {folder}…")

        def write() -> int:
            formats = FORMATS if choice.kind == ALL else (choice.kind,)
            return len(list(write_charts(folder, run_charts(run), choice.size, formats)))

        self._writing.submit(
            write,
            lambda n: self.done.emit(f"Saved {counted(n, 'file')} in {folder}."),
            partial(self._fail, path=folder),
        )

    def _write(self, path: Path, job: Callable[[], object]) -> None:
        self._writing.submit(job, lambda _: self.done.emit(f"Saved {path}."), partial(self._fail, path=path))

    @property
    def _choice(self) -> PictureChoice:
        return PictureChoice.restored(self._preferences.table("pictures"))

    def _fail(self, error: Exception, path: Path | None = None) -> None:
        if isinstance(error, MlpSvdError):
            self.failed.emit(sentence(str(error)))
        elif isinstance(error, OSError):
            self.failed.emit(f"{path} cannot be written: {error.strerror or error}. Choose another place.")
        else:
            LOGGER.error("The picture could not be drawn", exc_info=error)
            self.failed.emit(unexpected_sentence(error))


def _content(source: Source, kind: str, size: PictureSize) -> bytes:
    return svg_content(source, kind, size) if isinstance(source, bytes) else picture(source, kind, size)
