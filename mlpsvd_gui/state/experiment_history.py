"""Undo history of the experiment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject

from mlpsvd.experiments.experiment import Experiment
from mlpsvd.setting_labels import differences, inside_sentence, label
from mlpsvd_gui.state.undo_steps import ValueHistory

__all__ = ["ExperimentHistory", "Origin", "Version"]


@dataclass(frozen=True)
class Origin:
    """The file of an experiment (None for none), and its saved content."""

    path: Path | None
    saved: Experiment


@dataclass(frozen=True)
class Version:
    """An experiment before or after a step, and its origin if the step changes that too."""

    experiment: Experiment
    origin: Origin | None = None


class ExperimentHistory(ValueHistory[Version]):
    """Steps from one experiment to the next, named after the settings that they change.

    Parameters
    ----------
    show
        Makes an experiment the current one.
    parent
        Owner of the stack.
    """

    def __init__(self, show: Callable[[Version], None], parent: QObject | None = None) -> None:
        super().__init__(show, parent)

    def change(self, before: Version, after: Version, name: str = "") -> None:
        """Make ``after`` the current experiment; quick changes of the same settings without a name are one step."""
        keys = tuple(differences(before.experiment, after.experiment))
        joins = not name and after.origin is None
        self.add(name or _name(keys), before, after, "\n".join(keys) if joins else "")


def _name(keys: tuple[str, ...]) -> str:
    others = [key for key in keys if key != "name"]
    if len(others) > 1:
        return f"change of {len(others)} settings"
    return f"change of {inside_sentence(label(Experiment, (others or list(keys))[0]))}"
