"""The first start: a welcome on Explore with three ways in, and a tour that can be called again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QTabWidget, QToolBar, QWidget

from mlpsvd.experiments.example_recordings import write_example_recordings
from mlpsvd.experiments.runs.places import data_folder
from mlpsvd_gui.file_dialogs import ask_for_path
from mlpsvd_gui.log import error_sentence
from mlpsvd_gui.pages.explore.views.page import ExplorePage
from mlpsvd_gui.state.preferences import Preferences
from mlpsvd_gui.threads.background_jobs import BackgroundJobs
from mlpsvd_gui.widgets.help_mark import marked
from mlpsvd_gui.widgets.tour import Tour, TourStop
from mlpsvd_gui.window.actions import WindowActions

__all__ = ["EXAMPLES", "WelcomeController"]

EXAMPLES = "Everyday sounds"
"""Folder of the example recordings, in the folder of the program's data."""

_TOUR = (
    ("filters", "Filters", "Each class is noise through one of these band-pass filters, 30 Hz apart. Drag a handle: "
     "its response and the spectra of its class follow."),
    ("data", "Data", "Mean spectra of the classes, and a single clip, dotted. One clip alone hardly shows its class: "
     "that is what the networks learn. Filtered noise can be replaced by your own recordings."),
    ("training", "Accuracy", "Test accuracy after each epoch, with the Bayes limit, which no classifier can exceed on "
     "average. Move the pointer: all plots show that epoch."),
    ("singular-values", "Singular values", "One column per epoch, one row per singular value of the layer. At the "
     "discarding points MLP-SVD drops those below a tenth of the largest; two or three of twenty remain."),
    ("comparison", "Comparison", "Accuracy, rank, weights, operations and time of each network. A difference within "
     "chance is grey and marked n.s."),
    ("settings", "Settings", "Everything that a result depends on, with the paper's values. The tooltip of a setting "
     "gives its unit, its range and its symbol in the paper."),
)  # fmt: skip
"""Topic, title and text of each stop at a panel."""

_TRAIN = ("Train", "Train (F5) trains all networks on the same clips, which takes a few seconds. Pause and Stop keep "
          "what was trained.")  # fmt: skip
_TRAIN_AT = 2
_PAGES = ("Pages", "Runs keeps every training. Analysis shows what a network has learned. Papers computes the tables "
          "and figures of the papers. Live audio listens, records and classifies files. F1 opens the "
          "documentation.")  # fmt: skip


class WelcomeController(QObject):
    """Shows the welcome at the first start and on request, and follows its buttons.

    Parameters
    ----------
    window
        The main window.
    actions
        Its actions.
    tabs
        Its pages, Explore first.
    explore
        The page with the welcome.
    preferences
        Remember that the welcome was seen.
    use_recordings
        Makes a folder of recordings the data of the experiment.
    """

    noted = Signal(str)
    """Emits a hint, in one sentence."""

    def __init__(
        self,
        window: QWidget,
        actions: WindowActions,
        tabs: QTabWidget,
        explore: ExplorePage,
        preferences: Preferences,
        use_recordings: Callable[[str], None],
    ) -> None:
        super().__init__(window)
        self._window, self._tabs, self._explore = window, tabs, explore
        self._preferences, self._use_recordings = preferences, use_recordings
        self._jobs = BackgroundJobs("example recordings", self)
        self.tour: Tour | None = None
        actions.welcome.triggered.connect(self.show)
        actions.tour.triggered.connect(self.start_tour)
        actions.train.triggered.connect(self.leave)
        welcome = explore.welcome
        welcome.task_requested.connect(self._use_task)
        welcome.examples_requested.connect(self._use_examples)
        welcome.recordings_requested.connect(self._ask_recordings)
        welcome.tour_requested.connect(self.start_tour)

    def show_at_first_start(self) -> None:
        """Show the welcome unless the program was used before."""
        if not self._preferences.is_welcomed and self._preferences.experiment() is None:
            self.show()

    def show(self) -> None:
        """Bring Explore to the front, with the welcome."""
        self._tabs.setCurrentIndex(0)
        self._explore.welcome.show_status("")
        self._explore.show_welcome(True)

    def start_tour(self) -> None:
        """Lead through the panels of Explore."""
        self.leave()
        self._tabs.setCurrentIndex(0)
        if self.tour is None:
            self.tour = Tour(self._window, self._stops())
            self.tour.ended.connect(self._forget_tour)

    def close(self) -> None:
        """Drop what is under way."""
        self._jobs.close()

    def _stops(self) -> list[TourStop]:
        stops = [TourStop(marked(self._window, topic), title, text) for topic, title, text in _TOUR]
        toolbar = self._window.findChild(QToolBar)
        stops.insert(_TRAIN_AT, TourStop(toolbar or self._window, *_TRAIN))
        return [*stops, TourStop(self._tabs.tabBar(), *_PAGES)]

    def leave(self) -> None:
        """Show the panels; the next start does not welcome again."""
        if not self._preferences.is_welcomed:
            self._preferences.is_welcomed = True
        self._explore.show_welcome(False)

    def _forget_tour(self) -> None:
        self.tour = None

    def _use_task(self) -> None:
        self.leave()
        self.noted.emit("Press Train (F5) to train the networks on the paper's task.")

    def _use_examples(self) -> None:
        self._explore.welcome.show_status("Making the example recordings…", is_busy=True)
        folder = data_folder() / EXAMPLES
        self._jobs.submit(lambda: write_example_recordings(folder), self._open, self._tell)

    def _ask_recordings(self) -> None:
        ask_for_path(
            self._window,
            "recordings",
            "Own recordings: a folder with one folder per class",
            lambda path: self._open(Path(path)),
            mode=QFileDialog.FileMode.Directory,
        )

    def _open(self, folder: Path) -> None:
        self._explore.welcome.show_status("")
        self.leave()
        self._use_recordings(str(folder))

    def _tell(self, error: Exception) -> None:
        self._explore.welcome.show_status(f"The example recordings cannot be written: {error_sentence(error)}")
