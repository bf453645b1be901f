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

# Feature vectors per evaluation step. It limits the memory for large sets; the paper's sets fit into one step.
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
        """Name of the engine and its device."""
        return f"reference engine on {self._backend.description}"

    def supports(self, spec: NetworkSpec) -> Support:
        """Return support for every network: each registered layer family implements its own equations."""
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
        """Train a network in place for one epoch."""
        # Matrix products of this size are slower on several BLAS threads than on one. With one thread, the order of
        # the additions is the same on every machine with the same library.
        with device_failures(self._backend), self._threads.limited():
            device_order = self._backend.xp.asarray(order)
            class_weights = self.array(np.array(rule.class_weights)) if rule.class_weights else None
            for start in range(0, len(order), batch_size):
                batch = device_order[start : start + batch_size]
                targets = data.targets[batch]
                weights = None if class_weights is None else targets @ class_weights
                gradient = network.gradient(data.x[batch], targets, weights)
                if rule.nuclear_norm:
                    gradient += rule.nuclear_norm * nuclear_norm_gradient(network)
                gradient[: network.spec.offsets[rule.frozen_layers]] = 0  # all moments stay zero, so nothing moves
                update(rule, network.spec, network.theta, gradient, state)
            to_host(network.theta[:1])  # wait for the GPU, which works asynchronously, so that the epoch is timed fully

    def evaluate(self, network: Network, data: LabelledVectors) -> tuple[float, float, NDArray[np.intp]]:
        """Return mean loss, accuracy (0 to 1) and predicted classes [shape=(n_clips,)] of a data set."""
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
