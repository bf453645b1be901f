"""Classification of one recording of any length, block by block."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlpsvd.audio.files import SUFFIXES, UnusableAudioFileError
from mlpsvd.audio.level import Level, measure_level
from mlpsvd.classification.batch.file_mismatch import file_mismatches
from mlpsvd.classification.batch.find_files import SoundFile
from mlpsvd.classification.batch.results import FileResult, Thresholds
from mlpsvd.classification.classifier import Classifier
from mlpsvd.classification.live.mismatch import MismatchKind
from mlpsvd.datasets.labels import label_from_name
from mlpsvd.datasets.streaming import ClipBlock, stream_clips
from mlpsvd.errors import AudioFileError
from mlpsvd.models.model import Model

__all__ = ["FileClassifier"]

_SUFFIXES = ", ".join(SUFFIXES)


class FileClassifier:
    """Classifies files with one model, block by block.

    Parameters
    ----------
    model
        A trained or loaded model.
    thresholds
        Thresholds beyond which a prediction is "unknown".
    """

    def __init__(self, model: Model, thresholds: Thresholds | None = None) -> None:
        self.classifier = Classifier(model)
        self._thresholds = thresholds or Thresholds()
        self._trained_on = frozenset() if model.reference is None else model.reference.trained_on
        self._class_names = tuple(model.class_names)
        self._pattern = model.contract.label_pattern

    def true_class(self, file: SoundFile) -> str | None:
        """Return the actual class of a file if it is known and is a class of the model, else None.

        It is read from the file name if training read its labels there, else from the innermost selected folder whose
        name is a class.
        """
        if self._pattern:
            label = label_from_name(file.path.stem, self._pattern)
            if label in self._class_names:
                return label
        names = (unicodedata.normalize("NFC", name) for name in reversed(file.folders))
        return next((name for name in names if name in self._class_names), None)

    def classify(self, file: SoundFile) -> Iterator[float | FileResult]:
        """Classify a file: yield the completed share from time to time, and finally the result.

        The windows and their results are those of :meth:`Classifier.classify_file`; only one block of the file is in
        memory at a time, unless the model classifies whole recordings. An unusable file also has a result.
        """
        windows: list[_Window] = []
        last, problem = None, ""
        try:
            for block in self._blocks(file.path):
                last = block
                windows += [self._window(start_s, samples) for start_s, samples in block.clips]
                yield block.share
        except AudioFileError as error:
            problem = error.reason if isinstance(error, UnusableAudioFileError) else str(error)
        except OSError as error:
            problem = f"it cannot be opened ({error.strerror or error})"
        except MemoryError:
            problem = "it does not fit into memory"
        yield self.unusable(file, problem) if last is None or problem else self._result(file, last, windows)

    def unusable(self, file: SoundFile, problem: str) -> FileResult:
        """Return the result of a file that cannot be used."""
        none = np.zeros(0)
        no_classes = np.zeros((0, len(self._class_names)))
        return FileResult(
            file.path, self._class_names, math.nan, none, none, no_classes, self.true_class(file), problem
        )

    def _blocks(self, path: Path) -> Iterator[ClipBlock]:
        if path.is_dir():
            raise UnusableAudioFileError(path, f"it contains no audio files; supported endings are {_SUFFIXES}")
        contract = self.classifier.model.contract
        return stream_clips(path, contract.sample_rate_hz, contract.cut_s, contract.shortest_s, contract.channel)

    def _window(self, start_s: float, samples: NDArray[np.float32]) -> _Window:
        classifier = self.classifier
        features = classifier.features(samples)
        return _Window(
            start_s,
            len(samples) / classifier.sample_rate_hz,
            classifier.probabilities_of(features),
            measure_level(samples),
            classifier.distance_of(features),
        )

    def _result(self, file: SoundFile, last: ClipBlock, windows: Sequence[_Window]) -> FileResult:
        result = FileResult(
            path=file.path,
            class_names=self._class_names,
            duration_s=last.read_s,
            starts_s=np.array([one.start_s for one in windows]),
            durations_s=np.array([one.duration_s for one in windows]),
            probabilities=np.stack([one.probabilities for one in windows]),
            truth=self.true_class(file),
            levels_dbfs=np.array([one.level.rms_dbfs for one in windows]),
            distances=np.array([one.distance for one in windows]),
            notes=self._notes(last, windows),
            is_training=last.digest in self._trained_on,
            thresholds=self._thresholds,
            digest=last.digest,
        )
        _ = result.agreement  # computed and cached here, where the others need not wait for it
        return result

    def _notes(self, last: ClipBlock, windows: Sequence[_Window]) -> tuple[str, ...]:
        found = file_mismatches(
            self.classifier.model,
            last.sample_rate_hz,
            [one.level.rms_dbfs for one in windows],
            [one.distance for one in windows],
            sum(one.level.clipped for one in windows),
        )
        says_why_silent = any("silent" in note or "cancel" in note for note in last.notes)
        clauses = [one.sentence for one in found if not (one.kind is MismatchKind.SILENCE and says_why_silent)]
        return (*last.notes, *clauses)


@dataclass(frozen=True, eq=False)
class _Window:
    """One window of a file."""

    start_s: float
    duration_s: float
    probabilities: NDArray[np.float64]
    level: Level
    distance: float
