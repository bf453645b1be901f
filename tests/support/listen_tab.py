"""The Listen page with its controller and the run that it observes."""

from __future__ import annotations

from dataclasses import dataclass

from mlpsvd_gui.pages.listen.controllers.listen import ListenController
from mlpsvd_gui.pages.listen.views.panel import ListenPanel
from mlpsvd_gui.state.model_library import ModelLibrary
from mlpsvd_gui.state.run_state import RunState


@dataclass(frozen=True)
class Tab:
    """The tab, its controller and the run that it looks at."""

    panel: ListenPanel
    controller: ListenController
    run_model: RunState
    models: ModelLibrary
