"""Predictions of a network for the test clips, and the clips that it classifies incorrectly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlpsvd.classification.classifier import as_probabilities
from mlpsvd.datasets.dataset import DataSet
from mlpsvd.metrics.scores import confusion_matrix
from mlpsvd.network.network import Network

__all__ = ["Predictions", "accuracy_on", "predict", "probabilities_on_test_set"]


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a network predicts for the test clips.

    Attributes
    ----------
    confusion : np.ndarray [shape=(n_classes, n_classes)]
        Rows are actual classes, columns predicted ones.
    misclassified : np.ndarray [shape=(n,)]
        Indices of the test clips classified incorrectly; those predicted with the highest probability first.
    actual, predicted : np.ndarray [shape=(n_test,)]
        Class indices.
    probability : np.ndarray [shape=(n_test,)]
        Probability of the predicted class, without a temperature.
    """

    confusion: NDArray[np.intp]
    misclassified: NDArray[np.intp]
    actual: NDArray[np.intp]
    predicted: NDArray[np.intp]
    probability: NDArray[np.float64]


def probabilities_on_test_set(network: Network, dataset: DataSet) -> NDArray[np.float64]:
    """Return the probability of each class for the test clips [shape=(n_test, n_classes)], without a temperature."""
    outputs = network.predict(dataset.x_test.astype(network.theta.dtype, copy=False))
    return as_probabilities(np.asarray(outputs, np.float64), network.spec.layers[-1].activation)


def accuracy_on(network: Network, x: NDArray[np.floating], labels: NDArray[np.integer]) -> float:
    """Return the share of feature vectors x [shape=(n_clips, n_features)] that are classified correctly, 0 to 1."""
    outputs = network.predict(x.astype(network.theta.dtype, copy=False))
    return float(np.mean(outputs.argmax(axis=1) == labels))


def predict(network: Network, dataset: DataSet) -> Predictions:
    """Classify the test clips of a data set."""
    probabilities = probabilities_on_test_set(network, dataset)
    predicted, probability = probabilities.argmax(axis=1), probabilities.max(axis=1)
    wrong = np.flatnonzero(predicted != dataset.y_test)
    return Predictions(
        confusion=confusion_matrix(dataset.y_test, predicted, len(dataset.class_names)),
        misclassified=wrong[np.argsort(-probability[wrong], kind="stable")],
        actual=dataset.y_test,
        predicted=predicted,
        probability=probability,
    )
