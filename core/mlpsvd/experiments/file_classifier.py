"""One recording of any length through a model, block by block."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlpsvd.audio.files import SUFFIXES, UnusableAudioFileError
from mlpsvd.data.labels import label_from_name
from mlpsvd.data.settings import RecordingsSettings
from mlpsvd.data.streaming import ClipBlock, stream_clips
from mlpsvd.errors import AudioFileError
from mlpsvd.experiments.file_results import FileResult
from mlpsvd.experiments.sound_files import SoundFile
from mlpsvd.models.classifier import Classifier
from mlpsvd.models.model import Model
from mlpsvd.settings import from_table

__all__ = ["FileClassifier"]

_SUFFIXES = ", ".join(SUFFIXES)


class FileClassifier:
    """Classifies files with one model, block by block.

    Parameters
    ----------
    model
        A trained or loaded model.
    """

    def __init__(self, model: Model) -> None:
        self.classifier = Classifier(model)
        self._class_names = tuple(model.class_names)
        self._pattern = _name_pattern(model)

    def true_class(self, file: SoundFile) -> str | None:
        """Return the class of the model that a file is known to be of, None where that is not known.

        It is found as training found it where labels stood in the names of files; else the innermost chosen folder
        whose name is a class counts.
        """
        if self._pattern:
            label = label_from_name(file.path.stem, self._pattern)
            if label in self._class_names:
                return label
        names = (unicodedata.normalize("NFC", name) for name in reversed(file.folders))
        return next((name for name in names if name in self._class_names), None)

    def classify(self, file: SoundFile) -> Iterator[float | FileResult]:
        """Classify a file: yield the share of it that is done now and then, and at last its result.

        The windows and their numbers are those of :meth:`Classifier.classify_file`; only one block of the file is in
        memory at a time, unless the model takes recordings whole. A file that cannot be used is a result too.
        """
        windows: list[tuple[float, float, NDArray[np.float64]]] = []
        duration_s, problem = math.nan, ""
        try:
            for block in self._blocks(file.path):
                duration_s = block.read_s
                for start_s, samples in block.clips:
                    probabilities = self.classifier.probabilities(samples)
                    windows.append((start_s, len(samples) / self.classifier.sample_rate_hz, probabilities))
                yield block.share
        except AudioFileError as error:
            problem = error.reason if isinstance(error, UnusableAudioFileError) else str(error)
        except OSError as error:
            problem = f"it cannot be opened ({error.strerror or error})"
        except MemoryError:
            problem = "it is too long for the memory"
        yield self.unusable(file, problem) if problem else self._result(file, duration_s, windows)

    def unusable(self, file: SoundFile, problem: str) -> FileResult:
        """Return the result of a file that cannot be used."""
        none = np.zeros(0)
        no_classes = np.zeros((0, len(self._class_names)))
        return FileResult(
            file.path, self._class_names, math.nan, none, none, no_classes, self.true_class(file), problem
        )

    def _blocks(self, path: Path) -> Iterator[ClipBlock]:
        if path.is_dir():
            raise UnusableAudioFileError(path, f"it holds no audio files; there should be some ending in {_SUFFIXES}")
        model = self.classifier.model
        return stream_clips(path, self.classifier.sample_rate_hz, model.cut_s, model.shortest_s, model.channel)

    def _result(
        self, file: SoundFile, duration_s: float, windows: list[tuple[float, float, NDArray[np.float64]]]
    ) -> FileResult:
        starts_s, durations_s, probabilities = zip(*windows, strict=True)
        result = FileResult(
            path=file.path,
            class_names=self._class_names,
            duration_s=duration_s,
            starts_s=np.array(starts_s),
            durations_s=np.array(durations_s),
            probabilities=np.stack(probabilities),
            truth=self.true_class(file),
        )
        _ = result.agreement  # worked out here, where the others need not wait for it, and kept
        return result


def _name_pattern(model: Model) -> str:
    """The pattern that training found labels in file names with, empty where it did not."""
    data = model.experiment_table.get("data")
    if not isinstance(data, Mapping) or data.get("source") != "recordings":
        return ""
    recordings = from_table(RecordingsSettings, data.get("recordings", {}), "data.recordings.")
    return recordings.pattern if recordings.labels_from == "file names" else ""
