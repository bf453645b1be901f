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
    """Feature vectors and targets where an engine can use them.

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
    """Return target outputs y [shape=(n_clips, n_classes)] for class indices [shape=(n_clips,)]."""
    targets = np.zeros((len(labels), n_classes), dtype)
    targets[np.arange(len(labels)), labels] = 1
    return targets


def shuffled(seeds: np.random.SeedSequence, n_clips: int) -> NDArray[np.intp]:
    """Return an order [shape=(n_clips,)] of the clips; it depends on the seeds alone."""
    return np.random.default_rng(seeds).permutation(n_clips)


class Engine(Protocol):
    """Executes epochs and evaluations on one device in one precision."""

    @property
    def description(self) -> str:
        """Description of what runs where."""
        ...

    def supports(self, spec: NetworkSpec) -> Support:
        """Say whether the engine can run a network; what it cannot run is left to the reference engine."""
        ...

    def vectors(self, x: Array, labels: NDArray[np.intp], n_classes: int) -> LabelledVectors:
        """Move feature vectors [shape=(n_clips, n_features)] and labels [shape=(n_clips,)] to the device.

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
        """Return the same order as :func:`shuffled`, on the host, in the engine's own time."""
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
        order : np.ndarray [shape=(n_clips,)]
            The shuffled order of the clips; the last batch may be smaller than ``batch_size``.

        Raises
        ------
        DeviceError
            If the device has too little memory. The network may then be half changed.
        """
        ...

    def evaluate(self, network: Network, data: LabelledVectors) -> tuple[float, float, NDArray[np.intp]]:
        """Return mean loss, accuracy (0 to 1) and the estimated classes [shape=(n_clips,)] of a whole set."""
        ...
