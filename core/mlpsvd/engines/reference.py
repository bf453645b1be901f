"""The reference engine: the equations as array operations, on NumPy or CuPy from one text."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from mlpsvd.arrays import Backend, to_host
from mlpsvd.engines.optimiser import OptimiserRule, OptimiserState, update
from mlpsvd.errors import DeviceError
from mlpsvd.network.losses import losses
from mlpsvd.network.network import Network

__all__ = ["LabelledVectors", "ReferenceEngine"]

Array = NDArray[np.floating]

# Feature vectors evaluated at a time: bounds the memory of a pass over a large set, costs nothing for the paper's.
_EVALUATION_ROWS = 4096


class LabelledVectors:
    """Feature vectors and one-hot targets where an engine can use them.

    Attributes
    ----------
    x : np.ndarray or cupy.ndarray [shape=(n_clips, n_features)]
    targets : np.ndarray or cupy.ndarray [shape=(n_clips, n_classes)]
    """

    def __init__(self, x: Array, targets: Array) -> None:
        self.x = x
        self.targets = targets

    def __len__(self) -> int:
        return len(self.x)


class ReferenceEngine:
    """Runs epochs with :class:`~mlpsvd.network.network.Network`, the equations as they stand.

    Parameters
    ----------
    backend
        NumPy or CuPy.
    dtype
        ``float32`` or ``float64``.
    """

    def __init__(self, backend: Backend, dtype: str = "float32") -> None:
        self._backend = backend
        self._dtype = np.dtype(dtype)
        self._threads = ThreadpoolController()

    @property
    def description(self) -> str:
        """What runs where, in words."""
        return f"reference engine on {self._backend.description}"

    def vectors(self, x: Array, labels: NDArray[np.intp], n_classes: int) -> LabelledVectors:
        """Move feature vectors [shape=(n_clips, n_features)] and labels [shape=(n_clips,)] to the device.

        Raises
        ------
        DeviceError
            If the device has too little memory.
        """
        targets = np.zeros((len(labels), n_classes), self._dtype)
        targets[np.arange(len(labels)), labels] = 1
        return LabelledVectors(self.array(x), self.array(targets))

    def array(self, values: Array) -> Array:
        """Return a copy of a host array on the device, in the engine's precision."""
        try:
            return self._backend.xp.array(values, dtype=self._dtype)
        except MemoryError as error:
            raise self._too_large(error) from error

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
            If the device has too little memory.
        """
        try:
            # Products as small as these run slower on many BLAS threads than on one, and on one the sums are formed
            # in the same order on every machine with the same library.
            with self._threads.limit(limits=1):
                device_order = self._backend.xp.asarray(order)
                for start in range(0, len(order), batch_size):
                    batch = device_order[start : start + batch_size]
                    gradient = network.gradient(data.x[batch], data.targets[batch])
                    update(rule, network.spec, network.theta, gradient, state)
                to_host(network.theta[:1])  # a GPU works asynchronously: wait, so that the epoch's time is its own
        except MemoryError as error:
            raise self._too_large(error) from error

    def evaluate(self, network: Network, data: LabelledVectors) -> tuple[float, float, NDArray[np.intp]]:
        """Return mean loss, accuracy (0 to 1) and the estimated classes [shape=(n_clips,)] of a whole set."""
        spec = network.spec
        total, estimates = 0.0, []
        with self._threads.limit(limits=1):
            for start in range(0, len(data), _EVALUATION_ROWS):
                targets = data.targets[start : start + _EVALUATION_ROWS]
                outputs = network.predict(data.x[start : start + _EVALUATION_ROWS])
                total += float(losses(spec.loss, spec.layers[-1].activation, outputs, targets).sum())
                estimates.append(outputs.argmax(axis=1))
        estimated = self._backend.xp.concatenate(estimates)
        hits = float((estimated == data.targets.argmax(axis=1)).mean())
        return total / len(data), hits, to_host(estimated)

    def _too_large(self, error: MemoryError) -> DeviceError:
        return DeviceError(f"{self._backend.description} has too little memory for this experiment ({error})")
