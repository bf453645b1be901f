"""All pictures of the window, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from mlpsvd_gui.main_window import MainWindow
from window_pictures import explore_scenes, live_scenes, runs_scenes, study_scenes
from window_pictures.studio import Studio

__all__ = ["SCENES", "Scene"]

_WHOLE, _LOW = 800, 640


@dataclass(frozen=True)
class Scene:
    """How a window gets into the state of a picture, and which part of it is shown.

    ``height`` is that of the window, ``margin`` is added around the part, and
    ``is_live`` where sound goes on: the picture is taken at once.
    """

    prepare: Callable[[Studio], None]
    part: Callable[[MainWindow], QWidget]
    margin: int = 0
    height: int = 880
    is_live: bool = False
    needs_digits: bool = False


SCENES: Mapping[str, Scene] = {
    "welcome": Scene(explore_scenes.welcome, explore_scenes.welcome_block, margin=28),
    "explore": Scene(explore_scenes.explore, explore_scenes.whole_window, height=_WHOLE),
    "recordings": Scene(explore_scenes.recordings, explore_scenes.whole_window, height=_WHOLE),
    "digits": Scene(explore_scenes.digits, explore_scenes.whole_window, height=_WHOLE, needs_digits=True),
    "runs": Scene(runs_scenes.runs, runs_scenes.page, height=_LOW),
    "comparison": Scene(runs_scenes.comparison, runs_scenes.page, height=_LOW),
    "analysis": Scene(study_scenes.analysis, study_scenes.analysis_page),
    "papers": Scene(study_scenes.papers, study_scenes.papers_page),
    "sweep": Scene(study_scenes.sweep, study_scenes.sweep_window),
    "listen": Scene(live_scenes.listen, live_scenes.listen_page, is_live=True),
    "record": Scene(live_scenes.record, live_scenes.record_page, is_live=True),
    "files": Scene(live_scenes.files, live_scenes.files_page),
}
"""The pictures of docs/pictures, without those that the program draws (make_paper_pictures.py)."""
