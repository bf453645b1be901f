"""Controller of the singular values panel."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from mlpsvd.text import sentence
from mlpsvd.training.events import singular_value_table
from mlpsvd_gui.log import LOGGER
from mlpsvd_gui.pages.explore.controllers import run_figures
from mlpsvd_gui.pages.explore.views.singular_values_panel import SingularValuesPanel
from mlpsvd_gui.state.run_state import RunState
from mlpsvd_gui.state.selection_state import SelectionState
from mlpsvd_gui.threads.background_jobs import BackgroundJobs

__all__ = ["SingularValuesController"]


class SingularValuesController(QObject):
    """Shows the singular values of a layer; computes U, σ, Vᵀ in the background while they are visible.

    New epochs are drawn when :meth:`draw_history` and :meth:`draw_spectrum` are called, in separate passes.
    """

    def __init__(
        self, panel: SingularValuesPanel, selection: SelectionState, run: RunState, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._panel = panel
        self._selection = selection
        self._run = run
        self._background = BackgroundJobs("factors", self)
        self._layer: tuple[str, int] | None = None
        self._is_chosen = False
        self._has_fresh_history = False
        self._has_fresh_spectrum = False
        panel.layer_chosen.connect(self._choose)
        panel.cursor_moved.connect(selection.select_epoch)
        panel.factors_wanted.connect(self._update_factors)
        selection.epoch_changed.connect(self._move)
        run.started.connect(self.clear)
        run.events_added.connect(self._take)

    def close(self) -> None:
        """Stop the background work."""
        self._background.close()

    def clear(self) -> None:
        """Clear the last run."""
        if not self._is_chosen:
            self._layer = None
        self._has_fresh_history = self._has_fresh_spectrum = False
        self.show_nothing()
        self._panel.show_layers(())

    def show_nothing(self) -> None:
        """Show the empty text."""
        self._panel.clear()

    def expect(self) -> None:
        """Draw the axes of a run once its data are prepared."""
        if self._run.experiment is not None:
            self._panel.expect(self._run.experiment.training.epochs)

    def show_waiting(self, text: str) -> None:
        """Show what a run is waiting for."""
        self.clear()
        self._panel.show_waiting(text)

    def set_dimmed(self, dimmed: bool) -> None:
        """Dim the plots while they show results of other settings."""
        self._panel.set_dimmed(dimmed)

    def draw_history(self) -> None:
        """Update the heatmap if there are new epochs."""
        if self._has_fresh_history and self._layer is not None:
            contender, layer = self._layer
            self._has_fresh_history = False
            self._panel.heatmap.put_off_painting()
            self._panel.show_history(singular_value_table(self._run.histories[contender], layer))

    def draw_spectrum(self) -> None:
        """Update the values at the cursor, and the factors if visible, if there are new epochs."""
        if self._has_fresh_spectrum:
            self._has_fresh_spectrum = False
            self._panel.values.put_off_painting()
            self._move(self._selection.epoch)

    def _take(self, contender: str) -> None:
        choices = run_figures.layer_choices(self._run)
        if len(choices) != self._panel.layer_box.count():
            keys = [(choice.contender, choice.layer) for choice in choices]
            is_kept = self._is_chosen and self._layer is not None and self._layer in keys
            current = keys.index(self._layer) if is_kept and self._layer is not None else 0
            self._panel.show_layers(choices, current)
            self._layer = keys[current]
        if self._layer is not None and self._layer[0] == contender:
            self._has_fresh_history = self._has_fresh_spectrum = True

    def _choose(self, contender: str, layer: int) -> None:
        self._layer = (contender, layer)
        self._is_chosen = True
        self._has_fresh_history = self._has_fresh_spectrum = True
        self.draw_history()
        self.draw_spectrum()

    def _move(self, epoch: int | None) -> None:
        self._panel.show_epoch(epoch)
        event = self._run.event_at(self._layer[0], epoch) if self._layer else None
        if event is None or self._layer is None or self._run.experiment is None:
            return
        contender, layer = self._run.contenders[self._layer[0]], self._layer[1]
        spec = run_figures.layer_spec(self._run.histories[contender.key], layer)
        threshold = run_figures.discard_threshold(contender.applied_to(self._run.experiment), event, layer, spec)
        self._panel.show_spectrum(event.epoch, event.singular_values[layer], threshold, contender)
        self._update_factors()

    def _update_factors(self, *_: object) -> None:
        if not self._panel.shows_factors or self._layer is None:
            return
        contender, layer = self._layer
        event = self._run.event_at(contender, self._selection.epoch)
        if event is None:
            return
        if event.snapshot is None:
            self._panel.show_factors(None)
            return
        job = partial(
            run_figures.factors,
            event.snapshot,
            layer,
            event.epoch,
            self._column_hz(layer),
            as_trained=self._panel.wants_trained,
        )
        self._background.submit(job, self._panel.show_factors, self._fail)

    def _column_hz(self, layer: int) -> NDArray[np.floating] | None:
        """Return the frequency of each input if the columns cover the frequencies once, evenly; else None."""
        data = self._run.data
        spec = None if self._layer is None else run_figures.layer_spec(self._run.histories[self._layer[0]], layer)
        if spec is not None and spec.window is not None:
            return None  # the kernels lie over frequency differences
        if layer or data is None or data.features.image_shape is not None or data.features.pca is not None:
            return None
        if data.features.settings.bands != "none":
            return None
        frequencies = np.asarray(data.features.frequencies_hz)
        return frequencies if np.all(np.diff(frequencies) > 0) else None

    def _fail(self, error: Exception) -> None:
        LOGGER.warning("U, σ, Vᵀ could not be computed", exc_info=error)
        self._panel.show_factors(None, sentence(f"The factors could not be computed: {error}"))
