"""Runs of the analyses of the registry, one at a time, in a thread of their own."""

from __future__ import annotations

import time
from collections.abc import Sequence

from PySide6.QtCore import QObject

from mlpsvd.analysis.registry import ANALYSES, Analysis
from mlpsvd.analysis.result import AnalysisResult
from mlpsvd.text import capitalised, sentence
from mlpsvd_gui.pages.analysis.controllers.scenes import progress_text
from mlpsvd_gui.pages.analysis.views.result_view import ResultView
from mlpsvd_gui.pages.analysis.workers.analysis_work import AnalysisWork, DrawnResult, Place, RunQuestion
from mlpsvd_gui.threads.latest import LatestRunner

__all__ = ["OWN_VIEWS", "RegistryRuns", "offered"]

OWN_VIEWS = ("directions", "rank", "calibration", "spectra")
"""Analyses with views of their own."""

_READY = "Press Run to compute this analysis of {title} at epoch {epoch}."
_READY_FOR_DATA = "Press Run to compute this analysis of the data; it is the same for all networks and epochs."
_READY_FOR_ALL = "Press Run to compare all networks of the run at epoch {epoch}."
_OTHER = "Of {title} at epoch {epoch}. Press Run for what is chosen above."
_BUSY = "Another analysis is running. Stop it or wait until it is finished."


def offered() -> list[tuple[str, str, str, str]]:
    """Return key, title, question and note of the analyses without a view of their own."""
    return [(one.key, one.title, one.question, one.note) for one in ANALYSES.values() if one.key not in OWN_VIEWS]


class RegistryRuns(QObject):
    """Runs and shows analyses; results stay until the run changes.

    Parameters
    ----------
    views
        One view for each analysis.
    work
        Answers questions in the background.
    """

    def __init__(self, views: Sequence[ResultView], work: AnalysisWork, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._views = {view.key: view for view in views}
        self._place: Place | None = None
        self._results: dict[str, tuple[Place, AnalysisResult]] = {}
        self._failures: dict[str, str] = {}
        self._running: str | None = None
        self._began = 0.0
        self._runner = LatestRunner(work, "analysis run", self)
        self._runner.answered.connect(self._take)
        self._runner.failed.connect(self._fail)
        self._runner.progressed.connect(self._show_progress)
        for view in views:
            view.run_requested.connect(self.run)
            view.stop_requested.connect(self.stop)

    def close(self) -> None:
        """Stop the thread."""
        self._runner.close()

    def forget(self) -> None:
        """Cancel the running analysis and forget all results."""
        self._runner.cancel()
        self._running, self._place = None, None
        self._results, self._failures = {}, {}
        for view in self._views.values():
            view.clear()
            view.show_findings(())
            view.show_idle("")

    def show(self, place: Place) -> None:
        """Show which network the next run examines."""
        if self._place is None or _names(self._place) != _names(place):
            self._failures = {}
        self._place = place
        self._update()

    def result(self, key: str) -> tuple[Place, AnalysisResult] | None:
        """Return the result of an analysis with its place, if there is one."""
        return self._results.get(key)

    def run(self, key: str) -> None:
        """Run an analysis."""
        if self._place is None or self._running is not None:
            return
        self._running, self._began = key, time.monotonic()
        self._failures.pop(key, None)
        self._runner.ask(RunQuestion(key, self._place))
        self._update()
        self._views[key].show_busy("Computing…", None)

    def stop(self) -> None:
        """Cancel the running analysis."""
        self._runner.cancel()
        self._running = None
        self._update()

    def _take(self, question: RunQuestion, drawn: DrawnResult) -> None:
        self._running = None
        self._results[question.key] = (question.place, drawn.result)
        view = self._views[question.key]
        view.show_result(drawn.pictures, [one for one in drawn.result.tables if one.shown])
        view.show_findings(drawn.result.findings)
        self._update()

    def _fail(self, question: RunQuestion, text: str) -> None:
        self._running = None
        self._failures[question.key] = capitalised(sentence(text))
        self._update()

    def _show_progress(self, question: RunQuestion, share: float) -> None:
        self._views[question.key].show_busy(progress_text(share, time.monotonic() - self._began), share)

    def _update(self) -> None:
        for key, view in self._views.items():
            if key == self._running:
                view.set_run_enabled("This analysis is running.")
                continue
            view.set_run_enabled(_BUSY if self._running is not None else "")
            view.show_idle(self._note(key), has_result=key in self._results)

    def _note(self, key: str) -> str:
        if self._place is None:
            return ""
        if key in self._failures:
            return self._failures[key]
        if key not in self._results:
            return _ready(ANALYSES[key]).format(title=_title(self._place), epoch=self._place.epoch)
        made = self._results[key][0]
        if _is_of(ANALYSES[key], made, self._place):
            return ""
        title = _title(made) if ANALYSES[key].is_of_one_network else "all networks"
        return _OTHER.format(title=title, epoch=made.epoch)


def _ready(one: Analysis) -> str:
    if not one.uses_network:
        return _READY_FOR_DATA
    return _READY_FOR_ALL if one.compares_networks else _READY


def _is_of(one: Analysis, made: Place, place: Place) -> bool:
    """Return whether a result that was made for one place holds for another."""
    if not one.uses_network:
        return True
    return made.epoch == place.epoch if one.compares_networks else _names(made) == _names(place)


def _names(place: Place) -> tuple[str, str, int]:
    return place.run.id, place.contender, place.epoch


def _title(place: Place) -> str:
    return place.run.outcomes[place.contender].contender.title
