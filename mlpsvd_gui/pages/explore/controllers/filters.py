"""Controller of the filters panel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject

from mlpsvd.datasets import bank_editing
from mlpsvd.datasets.bank_editing import Bank
from mlpsvd.datasets.settings import SyntheticSettings
from mlpsvd.errors import DataError
from mlpsvd.experiments.recordings_recipe import adapted_to_bank
from mlpsvd.signals.bank import paper_bank
from mlpsvd.signals.filter_curves import QUANTITIES, bandwidth_text, curves, poles_and_zeros
from mlpsvd.text import sentence
from mlpsvd_gui.pages.explore.views.filter_view import POLES_AND_ZEROS
from mlpsvd_gui.pages.explore.views.filters_panel import FiltersPanel
from mlpsvd_gui.pages.explore.views.spacing_dialog import SpacingDialog
from mlpsvd_gui.state.experiment_state import ExperimentChange, ExperimentState
from mlpsvd_gui.state.selection_state import SelectionState

__all__ = ["FiltersController"]


class FiltersController(QObject):
    """Applies the panel's requests to the experiment and shows every change of it."""

    def __init__(
        self,
        panel: FiltersPanel,
        experiment_model: ExperimentState,
        selection_model: SelectionState,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._panel = panel
        self._model = experiment_model
        self._selection = selection_model
        self._connect()
        self._show_all()
        panel.view.show_octaves_around()

    def _connect(self) -> None:
        panel = self._panel
        panel.add_requested.connect(self._add)
        panel.duplicate_requested.connect(self._duplicate)
        panel.remove_requested.connect(self._remove)
        panel.edit_requested.connect(self._edit)
        panel.filter_dragged.connect(self._drag)
        panel.preset_requested.connect(self._on_preset)
        panel.spacing_requested.connect(self._ask_spacing)
        panel.class_selected.connect(self._selection.select_class)
        panel.view.quantity_changed.connect(self._show_curves)
        panel.use_filters_requested.connect(self._use_filters)
        self._model.changed.connect(self._on_changed)
        self._selection.class_changed.connect(self._on_selected)

    @property
    def _settings(self) -> SyntheticSettings:
        return self._model.experiment.data.synthetic

    @property
    def _nyquist_hz(self) -> float:
        return self._settings.sample_rate_hz / 2

    # -- requests of the panel

    def _change(self, edit: Callable[[Bank], Bank], step: str = "") -> bool:
        """Apply an edit of the bank as a step of that name, or show why it is refused."""
        before = self._settings
        try:
            after = edit(before.filters)
        except DataError as error:
            return self._refuse(sentence(str(error)))
        problem = bank_editing.refusal(before, after)
        if problem is not None:
            return self._refuse(problem)
        self._panel.show_problem("")
        self._model.set_value("data.synthetic.filters", after, step)
        return True

    def _refuse(self, sentence: str) -> bool:
        self._panel.show_problem(sentence)
        self._panel.show_filters(self._settings.filters)
        return False

    def _drag(self, index: int, centre_hz: float, bandwidth_hz: float) -> None:
        self._change(lambda bank: bank_editing.moved(bank, index, centre_hz, bandwidth_hz, self._nyquist_hz))
        self._panel.show_filters(self._settings.filters)

    def _edit(self, index: int, field: str, text: str) -> None:
        self._change(lambda bank: bank_editing.edited(bank, index, field, text))

    def _add(self) -> None:
        if self._change(lambda bank: bank_editing.added(bank, self._nyquist_hz), "add filter"):
            self._selection.select_class(len(self._settings.filters) - 1)

    def _duplicate(self) -> None:
        index = self._selection.class_index
        if index is not None and self._change(
            lambda bank: bank_editing.duplicated(bank, index, self._nyquist_hz), "duplicate filter"
        ):
            self._selection.select_class(index + 1)

    def _remove(self, row: int) -> None:
        index = row if row >= 0 else self._selection.class_index
        if index is None or not self._change(lambda bank: bank_editing.removed(bank, index), "remove filter"):
            return
        last = len(self._settings.filters) - 1
        selected = self._selection.class_index
        if selected is not None:
            self._selection.select_class(min(selected - (selected > index), last))

    def _on_preset(self, n_classes: int, spacing_hz: float, bandwidth_hz: float) -> None:
        self._on_bank(paper_bank(n_classes, spacing_hz, bandwidth_hz))

    def _ask_spacing(self) -> None:
        dialog = SpacingDialog(self._nyquist_hz * 0.99, self._panel)
        dialog.accepted.connect(lambda: self._on_spacing(dialog))
        dialog.open()

    def _on_spacing(self, dialog: SpacingDialog) -> None:
        low_hz, high_hz = sorted((dialog.low_hz.value(), dialog.high_hz.value()))
        bandwidth_hz, logarithmic = dialog.bandwidth_hz.value(), dialog.logarithmic.isChecked()
        self._on_bank(bank_editing.spaced(low_hz, high_hz, dialog.n_classes.value(), bandwidth_hz, logarithmic))

    def _on_bank(self, bank: Bank) -> None:
        if self._change(lambda _: bank, "filter bank"):
            self._panel.view.show_octaves_around()

    def _use_filters(self) -> None:
        self._model.replace(adapted_to_bank(self._model.experiment)[0], "settings for the filter bank")

    # -- changes of the state

    def _on_changed(self, change: ExperimentChange) -> None:
        if change.before.data == change.after.data:
            return
        before, after = change.before.data.synthetic, change.after.data.synthetic
        self._panel.show_problem("")
        index = self._selection.class_index
        if change.after.data.source == "synthetic" and index is not None and index >= len(after.filters):
            self._selection.select_class(None)
        self._show_all()
        if replace(before, filters=()) != replace(after, filters=()) or len(before.filters) != len(after.filters):
            self._panel.view.show_octaves_around()

    def _on_selected(self, index: int | None) -> None:
        self._panel.show_selected(index)
        self._show_bandwidth()

    def _show_all(self) -> None:
        settings = self._settings
        self._panel.view.set_limits(settings.sample_rate_hz)
        data = self._model.experiment.data
        self._panel.show_source(data.source == "synthetic", _NOT_USED if data.image_shape is None else _IMAGES)
        self._panel.show_filters(settings.filters)
        self._panel.show_selected(self._selection.class_index)
        self._show_curves(self._panel.view.quantity_index)
        self._show_bandwidth()

    def _show_curves(self, quantity_index: int) -> None:
        view, settings = self._panel.view, self._settings
        if quantity_index == POLES_AND_ZEROS:
            view.show_poles_and_zeros(poles_and_zeros(settings.filters, settings.sample_rate_hz))
        else:
            view.show_curves(*curves(settings.filters, settings.sample_rate_hz, QUANTITIES[quantity_index]))

    def _show_bandwidth(self) -> None:
        index, settings = self._selection.class_index, self._settings
        is_one = index is not None and index < len(settings.filters)
        self._panel.view.show_bandwidth(
            bandwidth_text(settings.filters[index or 0], settings.sample_rate_hz) if is_one else _HINT
        )

    def close(self) -> None:
        """Do nothing: no background work to stop."""


_NOT_USED = "This experiment does not use the filter bank."
_IMAGES = "Letters are images: they have no filters."
_HINT = "Drag a handle to move the centre frequency; scroll or Shift-drag to change the bandwidth."
