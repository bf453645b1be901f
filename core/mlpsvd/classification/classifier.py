"""Classifier built from a model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlpsvd.audio import files
from mlpsvd.datasets.recordings import cut, fewest_samples
from mlpsvd.errors import DataError
from mlpsvd.features.conditioning import Conditioning
from mlpsvd.features.spectra import n_samples_needed
from mlpsvd.models.model import Model
from mlpsvd.models.temperature import tempered
from mlpsvd.network.settings import Output

__all__ = ["Classifier", "Decision", "as_probabilities"]

Samples = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Decision:
    """Prediction for one clip of a file.

    Attributes
    ----------
    path
        The file.
    start_s, duration_s
        Position of the clip in the file, in seconds.
    label
        Name of the most probable class.
    probability
        Its probability, 0 to 1.
    probabilities : np.ndarray [shape=(n_classes,)]
        Probabilities of all classes, in the model's order.
    """

    path: Path
    start_s: float
    duration_s: float
    label: str
    probability: float
    probabilities: NDArray[np.float64] = field(repr=False)


class Classifier:
    """Classifies sound with a trained model.

    Clips go through the network one at a time, so that the result of a clip is the same, bit for bit, from a file, from
    a microphone and in any batch. An instance is read only and may be used from several threads.

    Parameters
    ----------
    model
        A trained or loaded model.

    Raises
    ------
    DataError
        If the model classifies images.

    Examples
    --------
    >>> import mlpsvd
    >>> import numpy as np
    >>> experiment = mlpsvd.with_value(mlpsvd.Experiment(), "training.epochs", 2)
    >>> experiment = mlpsvd.with_value(experiment, "data.synthetic.train_per_class", 20)
    >>> model = mlpsvd.train(experiment).model("mlp-svd")
    >>> classifier = mlpsvd.Classifier(model)
    >>> classifier.probabilities(np.ones(classifier.n_samples, np.float32)).shape
    (5,)
    """

    def __init__(self, model: Model) -> None:
        if model.features.image_shape is not None:
            raise DataError("this model classifies images of letters; sounds need a model that was trained on sounds")
        self._model = model
        self._network = model.network()

    @property
    def model(self) -> Model:
        """The model that it was built from."""
        return self._model

    @property
    def class_names(self) -> tuple[str, ...]:
        """Name of each class, in the order of the probabilities."""
        return self._model.class_names

    @property
    def sample_rate_hz(self) -> float:
        """Sample rate that :meth:`probabilities` expects."""
        return self._model.features.sample_rate_hz

    @property
    def clip_s(self) -> float:
        """Length in seconds of the window of one decision."""
        return self._model.clip_s

    @property
    def n_samples(self) -> int:
        """Length of the window of one decision in samples at :attr:`sample_rate_hz`."""
        needed = n_samples_needed(self._model.features.settings) or 1
        return max(needed, round(self.clip_s * self.sample_rate_hz))

    def features(self, samples: Samples, conditioning: Conditioning | None = None) -> Samples:
        """Return the vector [shape=(n_features,)] that enters the network for one clip.

        Parameters
        ----------
        samples : np.ndarray [shape=(n_samples,)]
            One clip at :attr:`sample_rate_hz`, full scale 1.
        conditioning
            Microphone response and background to compensate; neither by default.

        Raises
        ------
        DataError
            If the conditioning belongs to other features.
        """
        return self.magnitudes_and_features(samples, conditioning)[1]

    def magnitudes_and_features(
        self, samples: Samples, conditioning: Conditioning | None = None
    ) -> tuple[NDArray[np.float64], Samples]:
        """Return the magnitudes ``|FFT|`` of one clip [shape=(n_magnitudes,)] and its features [shape=(n_features,)].

        Parameters and errors are those of :meth:`features`.
        """
        extractor = self._model.features
        magnitudes = extractor.unscaled(np.asarray(samples, np.float32)[np.newaxis], conditioning)
        return magnitudes[0], extractor.scaled(magnitudes)[0]

    def probabilities_of(self, vector: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Return the probability of each class [shape=(n_classes,)].

        They are the outputs of a softmax network. Other outputs are shifted (tanh) to be at least 0 and scaled to a sum
        of 1, which preserves their order. The temperature of the model is applied to both.

        Parameters
        ----------
        vector : np.ndarray [shape=(n_features,)]
            Result of :meth:`features` for a clip.
        """
        x = vector[np.newaxis].astype(self._network.theta.dtype, copy=False)
        # Samples or weights that are near the largest float or not finite give probabilities that are NaN.
        with np.errstate(over="ignore", invalid="ignore"):
            outputs = self._network.predict(x)[0]
        shown = as_probabilities(outputs.astype(np.float64), self._model.spec.layers[-1].activation)
        return tempered(shown, self._model.temperature)

    def distance_of(self, vector: NDArray[np.floating[Any]]) -> float:
        """Return the distance of a feature vector from the training set; 99 of 100 training clips lie within 1.0.

        It is NaN if the model has no reference data of its training set.
        """
        reference = self._model.reference
        return math.nan if reference is None else reference.distance(vector)

    def probabilities(self, samples: Samples) -> NDArray[np.float64]:
        """Return the probability of each class [shape=(n_classes,)]; see :meth:`probabilities_of`.

        Parameters
        ----------
        samples : np.ndarray [shape=(n_samples,)]
            One clip at :attr:`sample_rate_hz`, full scale 1.
        """
        return self.probabilities_of(self.features(samples))

    def probabilities_many(self, clips: Sequence[Samples] | Samples) -> NDArray[np.float64]:
        """Return the probabilities [shape=(n_clips, n_classes)] of clips of any lengths."""
        if not len(clips):
            return np.empty((0, len(self.class_names)))
        return np.stack([self.probabilities(clip) for clip in clips])

    def classify_file(self, path: str | Path) -> list[Decision]:
        """Classify an audio file, resampled to the model's rate and cut as the training data was.

        Raises
        ------
        AudioFileError
            If the file is unreadable, empty, not finite, or shorter than the shortest clip.
        """
        path = Path(path)
        samples, rate_hz = files.read(path, channel=self._model.contract.channel)
        samples = files.resample(samples, rate_hz, self.sample_rate_hz)
        least_s = self._model.contract.shortest_s
        if len(samples) < fewest_samples(least_s, self.sample_rate_hz):
            length_s = len(samples) / self.sample_rate_hz
            reason = f"it is too short: {length_s:.3g} s; at least {least_s:.3g} s are needed"
            raise files.UnusableAudioFileError(path, reason)
        pieces = cut(samples, self.sample_rate_hz, self._model.contract.cut_s, least_s)
        return [self._decision(path, start_s, piece) for start_s, piece in pieces]

    def _decision(self, path: Path, start_s: float, clip: Samples) -> Decision:
        probabilities = self.probabilities(clip)
        best = int(probabilities.argmax())
        return Decision(
            path=path,
            start_s=start_s,
            duration_s=len(clip) / self.sample_rate_hz,
            label=self.class_names[best],
            probability=float(probabilities[best]),
            probabilities=probabilities,
        )


def as_probabilities(outputs: NDArray[np.float64], activation: Output) -> NDArray[np.float64]:
    """Return outputs of a network [shape=(..., n_classes)] as probabilities, without a temperature."""
    if activation == "softmax":
        return outputs
    if activation == "tanh":
        outputs = (outputs + 1.0) / 2.0
    total = outputs.sum(axis=-1, keepdims=True)
    equal = np.full(outputs.shape, 1.0 / outputs.shape[-1])
    return np.asarray(np.divide(outputs, total, out=equal, where=total > 0))
