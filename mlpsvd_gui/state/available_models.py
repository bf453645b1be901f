"""Models to choose from: those just trained, and opened model files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mlpsvd.classification.classifier import Classifier
from mlpsvd.datasets.settings import SyntheticSettings
from mlpsvd.experiments.promotion import judged_text, ranked_contenders
from mlpsvd.experiments.race import Outcome
from mlpsvd.experiments.runs.run_data import RunData
from mlpsvd.experiments.runs.trained_model import model_of
from mlpsvd.models.model_file import load_model
from mlpsvd.text import counted, frequency_text

__all__ = ["AvailableModel", "default_model", "model_from_file", "models_from_run", "refusal_of_run"]


@dataclass(frozen=True, eq=False)
class AvailableModel:
    """One entry of the chooser.

    Attributes
    ----------
    key, text, tip
        Key, text and tooltip.
    classifier
        The classifier.
    at_chance
        Whether the network has not learned: no better than guessing on its own training clips.
    """

    key: str
    text: str
    tip: str
    classifier: Classifier
    at_chance: bool = False

    @property
    def bank(self) -> SyntheticSettings | None:
        """The synthetic classes it was trained on; None for recordings."""
        return self.classifier.model.contract.bank

    @property
    def window_s(self) -> float:
        """Length of a window."""
        return self.classifier.n_samples / self.classifier.sample_rate_hz


def models_from_run(data: RunData | None, outcomes: Sequence[Outcome]) -> list[AvailableModel]:
    """Return the models of a run that classify sound; the better one last."""
    if data is None or data.features.image_shape is not None:
        return []
    by_name = {outcome.contender.key: outcome for outcome in outcomes}
    return [_from_outcome(data, by_name[name]) for name in ranked_contenders(by_name)]


def refusal_of_run(data: RunData | None) -> str:
    """Return why the networks of a run cannot classify sound; empty if they can."""
    if data is None or data.features.image_shape is None:
        return ""
    return "The trained networks classify images of letters; sounds need a model that was trained on sounds."


def default_model(models: Sequence[AvailableModel], chosen_key: str) -> AvailableModel | None:
    """Return the model to use: the user's choice, otherwise the last one, which is the best of the last run.

    Parameters
    ----------
    models
        Opened models, followed by trained ones, the best one last.
    chosen_key
        Key of the model that the user chose; otherwise "". It applies to the next run too, unless that network
        has not learned.
    """
    chosen = next((one for one in models if one.key == chosen_key and not one.at_chance), None)
    return chosen or (models[-1] if models else None)


def model_from_file(path: Path) -> AvailableModel:
    """Open a model file.

    Raises
    ------
    MlpSvdError
        If it cannot be read or is not a model.
    """
    model = load_model(path)
    rate = frequency_text(model.features.sample_rate_hz)
    tip = f"{path}: {counted(len(model.class_names), 'class')}, {rate}, {model.clip_s:g} s a window"
    return AvailableModel(str(path), path.name, tip, Classifier(model))


def _from_outcome(data: RunData, outcome: Outcome) -> AvailableModel:
    model = model_of(data, outcome)
    name = outcome.contender.title
    kind = "test" if outcome.validation is None else "cross-validated"
    accuracy = judged_text(outcome)
    tip = f"{name} after epoch {outcome.last.epoch} of “{data.experiment.name}”, {kind} accuracy {accuracy}"
    measured = f"{'test accuracy' if kind == 'test' else kind} {accuracy}"
    text = f"{name}, just trained: {'did not learn' if outcome.at_chance else measured}"
    return AvailableModel(outcome.contender.key, text, tip, Classifier(model), outcome.at_chance)
