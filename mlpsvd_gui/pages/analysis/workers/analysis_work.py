"""Work of the Analysis page in its background threads: data of a run, sections, analyses, sounds and files."""

from __future__ import annotations

import io
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

import numpy as np
from numpy.typing import NDArray

from mlpsvd.analysis.calibration import Calibration, calibrate
from mlpsvd.analysis.calibration_report import calibration_result
from mlpsvd.analysis.class_means import class_means
from mlpsvd.analysis.direction_report import directions_result
from mlpsvd.analysis.directions import Directions, directions, over_frequency
from mlpsvd.analysis.predictions import Predictions, predict
from mlpsvd.analysis.rank_accuracy import rank_result
from mlpsvd.analysis.registry import analysis
from mlpsvd.analysis.result import AnalysisResult, result_of
from mlpsvd.analysis.subject import Subject
from mlpsvd.analysis.truncation import accuracies_by_rank
from mlpsvd.analysis.weight_spectra import WeightSpectra, spectra_result, weight_spectra
from mlpsvd.errors import DataError
from mlpsvd.experiments.analyse import described, prepared_again, subject_of, write_result
from mlpsvd.experiments.clip_sounds import ClipSound, ClipSounds
from mlpsvd.experiments.prepare import Prepared
from mlpsvd.experiments.runs.run import Run
from mlpsvd.experiments.runs.trained_model import model_of
from mlpsvd.models.model_file import save_model
from mlpsvd_gui.threads.latest import Progress

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "AnalysisWork",
    "Answer",
    "ClipQuestion",
    "DrawnResult",
    "ExportQuestion",
    "Exported",
    "ModelQuestion",
    "Place",
    "Question",
    "RankAnswer",
    "RunQuestion",
    "SectionQuestion",
]

_DATA_SHARE = 0.4
"""Share of the progress for the data, where they are not prepared yet."""


@dataclass(frozen=True, eq=False)
class Place:
    """What is examined: a network of a run at an epoch."""

    run: Run
    contender: str
    epoch: int
    layer: int
    as_trained: bool


@dataclass(frozen=True, eq=False)
class SectionQuestion:
    """Content of a section that has a view of its own."""

    key: str
    place: Place

    @property
    def identity(self) -> tuple[object, ...]:
        """What its answer depends on."""
        place = self.place
        epoch = place.epoch if self.key != "spectra" else None
        layer = place.layer if analysis(self.key).uses_layer else None
        as_trained = place.as_trained and self.key == "directions"
        return self.key, place.run.id, place.run.epoch, place.contender, epoch, layer, as_trained


@dataclass(frozen=True, eq=False)
class RunQuestion:
    """Run of an analysis of the registry."""

    key: str
    place: Place


@dataclass(frozen=True, eq=False)
class ClipQuestion:
    """Sound of a test clip."""

    run: Run
    index: int


@dataclass(frozen=True, eq=False)
class RankAnswer:
    """Content of the section Rank, with the data that it refers to; spectra and means lie over frequency."""

    accuracies: NDArray[np.float64]
    predictions: Predictions
    x_test: NDArray[np.float32]
    class_means: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class DirectionsAnswer:
    """Content of the section Directions; rows and means of the first layer lie over frequency."""

    found: Directions
    class_means: NDArray[np.float64]


Exported = DirectionsAnswer | RankAnswer | Calibration | WeightSpectra | AnalysisResult


@dataclass(frozen=True, eq=False)
class ExportQuestion:
    """Files of a section: its answer at the place for which it was computed."""

    key: str
    place: Place
    folder: Path
    answer: Exported


@dataclass(frozen=True, eq=False)
class ModelQuestion:
    """A model file with a temperature."""

    place: Place
    temperature: float
    path: Path


Question = SectionQuestion | RunQuestion | ClipQuestion | ExportQuestion | ModelQuestion


@dataclass(frozen=True, eq=False)
class DrawnResult:
    """A result with its figures as SVG."""

    result: AnalysisResult
    pictures: tuple[tuple[str, bytes], ...]


Answer = DirectionsAnswer | RankAnswer | Calibration | WeightSpectra | DrawnResult | ClipSound | Path


class RunContents:
    """Prepared data and test clips of the run that was examined last; shared by threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._prepared: tuple[str, Prepared | None] | None = None
        self._sounds: tuple[str, ClipSounds] | None = None

    def prepared(self, run: Run, progress: Progress) -> Prepared | None:
        """Return the data of a run; None where its recordings are gone."""
        with self._lock:
            if self._prepared is None or self._prepared[0] != run.id:
                self._prepared = (run.id, prepared_again(run, progress))
            return self._prepared[1]

    def clip(self, run: Run, index: int) -> ClipSound:
        """Return the sound of a test clip."""
        with self._lock:
            if self._sounds is None or self._sounds[0] != run.id:
                self._sounds = (run.id, ClipSounds(run.experiment))
            sounds = self._sounds[1]
        return sounds.clip(index)


class AnalysisWork:
    """Answers questions; called in a background thread."""

    def __init__(self, contents: RunContents) -> None:
        self._contents = contents

    def __call__(self, question: Question, progress: Progress) -> Answer:
        """Return the answer; errors of the core are sentences for the user."""
        match question:
            case SectionQuestion():
                return self._section(question, progress)
            case RunQuestion():
                return self._run(question, progress)
            case ClipQuestion():
                return self._contents.clip(question.run, question.index)
            case ExportQuestion():
                return _export(question)
            case ModelQuestion():
                return _write_model(question)
        assert_never(question)

    def _section(self, question: SectionQuestion, progress: Progress) -> Answer:
        place = question.place
        if question.key == "spectra":
            spec = place.run.outcomes[place.contender].snapshot.spec.layers[place.layer]
            return weight_spectra(place.run.history(place.contender), spec.matrix_shape, place.layer)
        subject = self._subject(place, progress)
        dataset = subject.require_dataset()
        if question.key == "calibration":
            return calibrate(subject.network, dataset)
        features = subject.features
        means = class_means(dataset.x_train, dataset.y_train, len(dataset.class_names)).T
        means = np.asarray(features.spectra(means), np.float64)
        if question.key == "rank":
            accuracies = accuracies_by_rank(subject.network, dataset, place.layer)
            spectra = np.asarray(features.spectra(dataset.x_test), np.float32)
            return RankAnswer(accuracies, predict(subject.network, dataset), spectra, means)
        for step in directions(subject.network, dataset, place.layer, as_trained=place.as_trained):
            if isinstance(step, Directions):
                return DirectionsAnswer(over_frequency(step, features), means)
            progress(_DATA_SHARE + (1.0 - _DATA_SHARE) * step)
        raise AssertionError("no directions")

    def _subject(self, place: Place, progress: Progress) -> Subject:
        prepared = self._contents.prepared(place.run, lambda share: progress(_DATA_SHARE * share))
        if prepared is None:
            raise DataError(
                "The recordings of this run cannot be read. Restore them; until then only Spectra over training is "
                "available."
            )
        progress(_DATA_SHARE)
        return subject_of(place.run, place.contender, prepared, place.epoch)

    def _result(self, key: str, place: Place, progress: Progress) -> AnalysisResult:
        one = analysis(key)
        subject = (
            self._subject(place, progress)
            if one.needs_data
            else subject_of(place.run, place.contender, None, place.epoch)
        )
        return result_of(
            one.run(subject),
            lambda event: progress(_DATA_SHARE + (1.0 - _DATA_SHARE) * event.done / max(event.total, 1)),
        )

    def _run(self, question: RunQuestion, progress: Progress) -> DrawnResult:
        result = self._result(question.key, question.place, progress)
        return DrawnResult(result, tuple((one.caption, _svg(one.draw())) for one in result.pictures))


def _export(question: ExportQuestion) -> Path:
    """Write what the section shows; nothing is computed again."""
    place, answer = question.place, question.answer
    subject = subject_of(place.run, place.contender, None, place.epoch, place.layer, as_trained=place.as_trained)
    match answer:
        case DirectionsAnswer():
            result = directions_result(subject, answer.found)
        case RankAnswer():
            result = rank_result(subject, answer.accuracies, answer.predictions)
        case Calibration():
            result = calibration_result(subject, answer)
        case WeightSpectra():
            result = spectra_result(subject, answer)
        case AnalysisResult():
            result = answer
    write_result(result, question.folder, f"{place.run.experiment.name}: {described(analysis(question.key), subject)}")
    return question.folder


def _write_model(question: ModelQuestion) -> Path:
    place = question.place
    outcome = replace(place.run.outcomes[place.contender], temperature=question.temperature)
    path = question.path if question.path.suffix else question.path.with_suffix(".safetensors")
    save_model(path, model_of(place.run.data, outcome, place.run.id))
    return path


def _svg(figure: Figure) -> bytes:
    from mlpsvd.drawing import style

    content = io.BytesIO()
    with style():
        figure.savefig(content, format="svg", metadata={"Date": None})
    return content.getvalue()
