"""The reference engine: the equations as array operations, for NumPy and CuPy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlpsvd.arrays import Backend, device_failures, to_host
from mlpsvd.engines.blas_threads import OneThread
from mlpsvd.engines.capabilities import Support
from mlpsvd.engines.contract import LabelledVectors, one_hot, shuffled
from mlpsvd.engines.names import Precision
from mlpsvd.engines.optimiser import OptimiserRule, OptimiserState, update
from mlpsvd.network.losses import losses
from mlpsvd.network.network import Network
from mlpsvd.network.nuclear_norm import nuclear_norm_gradient
from mlpsvd.network.spec import NetworkSpec

__all__ = ["ReferenceEngine"]

Array = NDArray[np.floating]

# Feature vectors evaluated at a time: bounds the memory of a pass over a large set, costs nothing for the paper's.
_EVALUATION_ROWS = 4096


class ReferenceEngine:
    """Runs epochs with :class:`~mlpsvd.network.network.Network`, the equations as written.

    An :class:`~mlpsvd.engines.contract.Engine`.

    Parameters
    ----------
    backend
        NumPy or CuPy.
    dtype
        ``float32`` or ``float64``.
    """

    def __init__(self, backend: Backend, dtype: Precision = "float32") -> None:
        self._backend = backend
        self._dtype = np.dtype(dtype)
        self._threads = OneThread()

    @property
    def description(self) -> str:
        """Description of what runs where."""
        return f"reference engine on {self._backend.description}"

    def supports(self, spec: NetworkSpec) -> Support:
        """Return yes: every registered layer family brings its own equations."""
        return Support()

    def vectors(self, x: Array, labels: NDArray[np.intp], n_classes: int) -> LabelledVectors:
        """Move feature vectors and labels to the device."""
        return LabelledVectors(self.array(x), self.array(one_hot(labels, n_classes, self._dtype)), labels)

    def array(self, values: Array) -> Array:
        """Return a copy of a host array on the device, in the engine's precision."""
        with device_failures(self._backend):
            return self._backend.xp.array(values, dtype=self._dtype)

    def order(self, seeds: np.random.SeedSequence, n_clips: int) -> NDArray[np.intp]:
        """Return the order of the clips in an epoch, on the host."""
        return shuffled(seeds, n_clips)

    def run_epoch(
        self,
        network: Network,
        rule: OptimiserRule,
        state: OptimiserState,
        data: LabelledVectors,
        order: NDArray[np.intp],
        batch_size: int,
    ) -> None:
        """Train ``network`` and ``state``, in place, on every clip once."""
        # Products as small as these run slower on many BLAS threads than on one, and on one the sums are formed
        # in the same order on every machine with the same library.
        with device_failures(self._backend), self._threads.limited():
            device_order = self._backend.xp.asarray(order)
            for start in range(0, len(order), batch_size):
                batch = device_order[start : start + batch_size]
                gradient = network.gradient(data.x[batch], data.targets[batch])
                if rule.nuclear_norm:
                    gradient += rule.nuclear_norm * nuclear_norm_gradient(network)
                update(rule, network.spec, network.theta, gradient, state)
            to_host(network.theta[:1])  # a GPU works asynchronously: wait, so that the epoch's time is its own

    def evaluate(self, network: Network, data: LabelledVectors) -> tuple[float, float, NDArray[np.intp]]:
        """Return mean loss, accuracy (0 to 1) and the estimated classes [shape=(n_clips,)] of a whole set."""
        spec = network.spec
        total, estimates = 0.0, []
        with device_failures(self._backend), self._threads.limited():
            for start in range(0, len(data), _EVALUATION_ROWS):
                targets = data.targets[start : start + _EVALUATION_ROWS]
                outputs = network.predict(data.x[start : start + _EVALUATION_ROWS])
                total += float(losses(spec.loss, spec.layers[-1].activation, outputs, targets).sum())
                estimates.append(to_host(outputs.argmax(axis=1)))
        estimated = np.concatenate(estimates)
        return total / len(data), float((estimated == data.labels).mean()), estimated
