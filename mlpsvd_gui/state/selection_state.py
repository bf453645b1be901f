"""State of the selection: class and epoch."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

__all__ = ["SelectionState"]


class SelectionState(QObject):
    """A selected class (or none: all) and an epoch (or none: the latest), shared by all panels."""

    class_changed = Signal(object)
    """Emits the index of the selected class, or None."""
    epoch_changed = Signal(object)
    """Emits the selected epoch, or None for the latest."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._class_index: int | None = None
        self._epoch: int | None = None

    @property
    def class_index(self) -> int | None:
        """Index of the selected class, or None."""
        return self._class_index

    @property
    def epoch(self) -> int | None:
        """Selected epoch, or None for the latest."""
        return self._epoch

    def select_class(self, index: int | None) -> None:
        """Select a class; None selects none."""
        if index != self._class_index:
            self._class_index = index
            self.class_changed.emit(index)

    def select_epoch(self, epoch: int | None) -> None:
        """Select an epoch; None follows the latest."""
        if epoch != self._epoch:
            self._epoch = epoch
            self.epoch_changed.emit(epoch)
