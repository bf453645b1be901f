"""What a page of the live tab needs of the list of networks to choose from."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from mlpsvd_gui.state.available_models import AvailableModel

__all__ = ["ModelProvider"]


class ModelProvider(Protocol):
    """One list of networks, whoever chooses from it; :class:`~mlpsvd_gui.state.model_library.ModelLibrary`.

    Signals stand as Any, for Qt declares them as another type than they have on an object.
    """

    models_changed: Any
    """Emitted when the entries are others than before."""
    opened: Any
    """Emits the :class:`AvailableModel` that was asked for with :meth:`open_model`; it is among the entries by then."""
    failed: Any
    """Emits one sentence: a model file could not be opened."""

    def entries(self) -> list[AvailableModel]:
        """Return every model there is, the newest last."""

    def open_model(self, path: str | Path) -> None:
        """Read a model file in the background."""
