"""Dialog for what a file of PyTorch does not state: activations and the order of the layers."""

from __future__ import annotations

from typing import Any, get_args

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QLineEdit, QWidget

from mlpsvd.network.settings import OUTPUTS, Activation
from mlpsvd_gui.widgets.choosers import Chooser
from mlpsvd_gui.widgets.plain_label import PlainLabel
from mlpsvd_gui.window.exchange import ImportChoice

__all__ = ["ImportDialog"]


class ImportDialog(QDialog):
    """Asks for activations and layers of a state_dict."""

    chosen = Signal(object)
    """Emits an :class:`~mlpsvd_gui.window.exchange.ImportChoice`."""

    def __init__(self, file_name: str, experiment_name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Import model")
        self.activation = Chooser()
        self.activation.addItems(get_args(Activation))
        self.output = Chooser()
        self.output.addItems(OUTPUTS)
        self.output.setToolTip("softmax also for networks that return its argument (logits)")
        self.layers = QLineEdit()
        self.layers.setPlaceholderText("by their names")
        self.layers.setToolTip("Names from the input on, with commas: fc1, fc2, out")
        note = PlainLabel(
            text=f"{file_name} holds the weights of linear layers. Features and classes are those of the experiment "
            f"“{experiment_name}”, whose data are prepared for the test accuracy."
        )
        note.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.import_button = buttons.addButton("Import…", QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        form = QFormLayout(self)
        form.addRow(note)
        form.addRow("Activation of hidden layers", self.activation)
        form.addRow("Output activation", self.output)
        form.addRow("Order of the layers", self.layers)
        form.addRow(buttons)
        self.setMinimumWidth(430)
        self.accepted.connect(self._choose)
        self.finished.connect(self.deleteLater)

    def _choose(self) -> None:
        layers = tuple(one.strip() for one in self.layers.text().split(",") if one.strip())
        activation: Any = self.activation.currentText()
        output: Any = self.output.currentText()
        self.chosen.emit(ImportChoice(activation, output, layers))
