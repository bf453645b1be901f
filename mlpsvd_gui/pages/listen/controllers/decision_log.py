"""Log of decisions for export, with accuracy if the actual class is known."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject

from mlpsvd.audio.sources.source import AudioSource
from mlpsvd.audio.sources.synthetic_source import SyntheticSource
from mlpsvd.classification.live.decision import Latency, LiveDecision
from mlpsvd.classification.live.decision_log import to_audacity_labels, to_csv
from mlpsvd.files import write_atomically
from mlpsvd_gui.pages.listen.views.panel import ListenPanel
from mlpsvd_gui.threads.background_jobs import BackgroundJobs

__all__ = ["LiveLog"]

_MOST_KEPT = 50_000
"""About 45 MB; more than an hour at ten decisions per second."""
_NOTHING = np.zeros(0, dtype=np.float32)
_NO_LATENCY = Latency(0.0, 0.0, 0.0, 0.0)


class LiveLog(QObject):
    """Keeps the latest 50,000 decisions and exports them on request."""

    def __init__(self, panel: ListenPanel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._panel = panel
        self._kept: deque[LiveDecision] = deque(maxlen=_MOST_KEPT)
        self._writing = BackgroundJobs("export decisions", self)
        self._is_of_last_session = False
        self.n_decisions = 0
        self.n_judged = 0
        self.n_right = 0
        panel.log.export_requested.connect(self.export)
        panel.log.clear_requested.connect(self.empty)

    def begin(self) -> None:
        """Start a new session; decisions of the last one are kept until the first new one."""
        self._is_of_last_session = True
        self.n_decisions = self.n_judged = self.n_right = 0

    def empty(self) -> None:
        """Clear the kept decisions; the counts of the session continue."""
        self._is_of_last_session = False
        self._kept.clear()
        self._panel.log.clear()

    def close(self) -> None:
        """Finish writing."""
        self._writing.close()

    def add(self, decisions: Sequence[LiveDecision], source: AudioSource, clips_align: bool) -> None:
        """Add decisions, and score them if clips of a known class align with windows."""
        if self._is_of_last_session:
            self.empty()
        self.n_decisions += len(decisions)
        self._kept.extend(_without_spectra(one) for one in decisions)
        if clips_align and isinstance(source, SyntheticSource):
            for one in decisions:
                self._judge(one, source.class_at(one.start_s))

    def export(self, kind: str, path: str) -> None:
        """Write the log as ``csv`` or as ``audacity`` labels, in the background."""
        decisions = list(self._kept)
        to_text = to_csv if kind == "csv" else to_audacity_labels
        which = "The latest " if len(decisions) == _MOST_KEPT else ""
        done = f"{which}{len(decisions)} decisions written to {path}."
        self._writing.submit(
            lambda: write_atomically(Path(path), to_text(decisions)),
            lambda _: self._panel.show_done(done),
            lambda error: self._panel.show_error(f"Decisions could not be written: {error}"),
        )

    def _judge(self, decision: LiveDecision, played: int | None) -> None:
        if played is not None and played < len(decision.class_names):
            self.n_judged += 1
            self.n_right += decision.label == decision.class_names[played]


def _without_spectra(one: LiveDecision) -> LiveDecision:
    """Return a decision without spectra, which no export needs."""
    return dataclasses.replace(one, features=_NOTHING, magnitudes=_NOTHING, smoothed=_NOTHING, latency=_NO_LATENCY)
