"""Texts of the Files page."""

from __future__ import annotations

from mlpsvd.text import counted
from mlpsvd_gui.pages.files.workers.classification import FilesClassified
from mlpsvd_gui.state.available_models import AvailableModel

__all__ = ["progress_text", "ready_text", "stale_text"]


def progress_text(news: FilesClassified) -> str:
    """Return the progress and the remaining time."""
    left = f", {_time_left(news.left_s)} left" if news.left_s is not None else ""
    return f"{news.n_done:,} of {news.n_files:,} recordings{left}"


def ready_text(n_files: int, n_done: int, made_by: str) -> str:
    """Summarise the recordings while nothing runs."""
    if not n_files:
        return ""
    if not n_done:
        return f"{counted(n_files, 'recording')}, not classified yet."
    if n_done == n_files:
        return f"{counted(n_files, 'recording')} classified by {made_by}."
    return f"{n_done:,} of {counted(n_files, 'recording')} classified by {made_by}; press Start to continue."


def stale_text(made_by: AvailableModel | None, chosen: AvailableModel | None) -> str:
    """Return a note if the results are not those of the chosen model."""
    if made_by is None or chosen is None:
        return ""
    if made_by.key == chosen.key:
        return f"{chosen.text} has changed since these results. Press Start to reclassify."
    return f"Results of {made_by.text}. Press Start to reclassify with {chosen.text}."


def _time_left(seconds: float) -> str:
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
