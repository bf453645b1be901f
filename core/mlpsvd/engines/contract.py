"""The engine interface. Every engine computes the same arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

from mlpsvd.engines.capabilities import Support
from mlpsvd.engines.optimiser import OptimiserRule, OptimiserState
from mlpsvd.network.network import Network
from mlpsvd.network.spec import NetworkSpec

__all__ = ["Engine", "LabelledVectors", "one_hot", "shuffled"]

Array = NDArray[np.floating]


@dataclass(frozen=True)
class LabelledVectors:
    """Feature vectors and targets on an engine's device.

    Attributes
    ----------
    x : np.ndarray or cupy.ndarray [shape=(n_clips, n_features)]
    targets : np.ndarray or cupy.ndarray [shape=(n_clips, n_classes)]
        One-hot, as in section III B.
    labels : np.ndarray [shape=(n_clips,)]
        Class indices, on the host.
    """

    x: Array
    targets: Array
    labels: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.labels)


def one_hot(labels: NDArray[np.intp], n_classes: int, dtype: DTypeLike) -> Array:
    """Return target outputs y: 1 for the class of a clip, 0 for all others.

    Parameters
    ----------
    labels : np.ndarray [shape=(n_clips,)]
        Class indices, 0 to ``n_classes`` - 1.
    n_classes : int
        Number of classes, K.
    dtype : dtype
        Type of the result.

    Returns
    -------
    np.ndarray [shape=(n_clips, n_classes)]

    Examples
    --------
    >>> one_hot(np.array([1, 0]), 2, np.float32).tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    targets = np.zeros((len(labels), n_classes), dtype)
    targets[np.arange(len(labels)), labels] = 1
    return targets


def shuffled(seeds: np.random.SeedSequence, n_clips: int) -> NDArray[np.intp]:
    """Return a random order of the clips [shape=(n_clips,)], which depends only on the seeds."""
    return np.random.default_rng(seeds).permutation(n_clips)


class Engine(Protocol):
    """Executes epochs and evaluations on one device in one precision."""

    @property
    def description(self) -> str:
        """Name of the engine and its device."""
        ...

    def supports(self, spec: NetworkSpec) -> Support:
        """Return whether the engine supports a network; if not, the reference engine is used."""
        ...

    def vectors(self, x: Array, labels: NDArray[np.intp], n_classes: int) -> LabelledVectors:
        """Move feature vectors and labels to the device.

        Parameters
        ----------
        x : np.ndarray [shape=(n_clips, n_features)]
            Feature vectors, on the host.
        labels : np.ndarray [shape=(n_clips,)]
            Class indices, on the host.
        n_classes : int
            Number of classes.

        Raises
        ------
        DeviceError
            If the device has too little memory.
        """
        ...

    def array(self, values: Array) -> Array:
        """Return a copy of a host array on the device, in the engine's precision."""
        ...

    def order(self, seeds: np.random.SeedSequence, n_clips: int) -> NDArray[np.intp]:
        """Return the same order as :func:`shuffled`, on the host; an engine may compute it faster."""
        ...

    def run_epoch(
        self,
        network: Network,
        rule: OptimiserRule,
        state: OptimiserState,
        data: LabelledVectors,
        order: NDArray[np.intp],
        batch_size: int,
    ) -> None:
        """Train ``network`` and ``state``, in place, on every clip once.

        Parameters
        ----------
        network : Network
            Its parameters lie on the engine's device.
        rule : OptimiserRule
            Which optimiser, with its constants.
        state : OptimiserState
            The moments of the optimiser, of the shape of the parameters.
        data : LabelledVectors
            What :meth:`vectors` returned.
        order : np.ndarray [shape=(n_clips,)]
            The shuffled order of the clips.
        batch_size : int
            Clips of one update; the last batch may be smaller.

        Raises
        ------
        DeviceError
            If the device has too little memory. The network may then be partly updated.
        """
        ...

    def evaluate(self, network: Network, data: LabelledVectors) -> tuple[float, float, NDArray[np.intp]]:
        """Evaluate a network on a whole set.

        Parameters
        ----------
        network : Network
            Its parameters lie on the engine's device.
        data : LabelledVectors
            What :meth:`vectors` returned.

        Returns
        -------
        loss : float
            Mean loss per clip.
        accuracy : float
            Share of clips that are classified correctly, 0 to 1.
        predicted : np.ndarray [shape=(n_clips,)]
            Class indices, on the host.
        """
        ...
