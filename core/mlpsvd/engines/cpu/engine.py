"""The fused CPU engine: one compiled call per epoch, without the interpreter and its lock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlpsvd.engines.capabilities import Support
from mlpsvd.engines.contract import LabelledVectors, one_hot
from mlpsvd.engines.cpu import activations, compiled_code, kernels
from mlpsvd.engines.cpu.capabilities import CAPABILITIES
from mlpsvd.engines.cpu.clips import FEW_ROWS, LEAST_FEATURES
from mlpsvd.engines.cpu.shuffling import shuffled
from mlpsvd.engines.optimiser import OptimiserRule, OptimiserState, fresh_state
from mlpsvd.errors import NetworkError
from mlpsvd.network.checks import check_spec
from mlpsvd.network.initialise import build
from mlpsvd.network.network import Network
from mlpsvd.network.settings import NetworkSettings
from mlpsvd.network.spec import NetworkSpec

__all__ = ["FusedEngine"]

Array = NDArray[np.floating]

_KINDS = {"dense": kernels.DENSE, "svd": kernels.SVD, "two-factor": kernels.TWO_FACTOR}
_ACTIVATIONS = {
    "relu": activations.RELU,
    "sigmoid": activations.SIGMOID,
    "tanh": activations.TANH,
    "softmax": activations.SOFTMAX,
}
_LOSSES = {"cross-entropy": kernels.CROSS_ENTROPY, "squared error": kernels.SQUARED_ERROR}
_OPTIMISERS = {"sgd": kernels.SGD, "momentum": kernels.MOMENTUM, "adam": kernels.ADAM}

# Networks with at most this many parameters are trained in copies of parameters and moments that start at a page
# boundary. Otherwise, a store and a later load may have addresses with the same last 12 bits (4K aliasing), which makes
# Adam three times slower.
_COPIED_UP_TO = 2**16
_PAGE = 1024  # numbers

# The default race has two networks, and each changes its shape at a discarding point.
_LAYOUTS_KEPT = 4


@dataclass(frozen=True)
class _Layout:
    """Layer table and buffers of a network.

    Attributes
    ----------
    table : np.ndarray [shape=(n_layers, COLUMNS), dtype=int64]
        One row per layer.
    work : np.ndarray [shape=(any,), dtype=float32]
        Workspace of one piece of a batch.
    picked, wanted : np.ndarray [shape=(PIECE,), dtype=int64 and float32]
        Buffers for the indices and the classes of the clips in a piece.
    gradient, more, theta, first, second : np.ndarray [shape=(n_parameters,), dtype=float32]
        Buffers for two gradients and for copies of parameters and moments.
    """

    table: NDArray[np.int64]
    work: NDArray[np.float32]
    picked: NDArray[np.int64]
    wanted: NDArray[np.float32]
    gradient: NDArray[np.float32]
    more: NDArray[np.float32]
    theta: NDArray[np.float32]
    first: NDArray[np.float32]
    second: NDArray[np.float32]


class FusedEngine:
    """Runs whole epochs in compiled code, in float32 on one core.

    An :class:`~mlpsvd.engines.contract.Engine` that agrees with the reference engine to the rounding of float32.

    Parameters
    ----------
    flush_subnormals
        Whether numbers below 2⁻¹²⁶ are treated as zero; see :mod:`mlpsvd.engines.cpu.subnormals`. Only the benchmark
        uses False.
    """

    def __init__(self, flush_subnormals: bool = True) -> None:
        self._flush = flush_subnormals
        self._layouts: dict[NetworkSpec, _Layout] = {}
        self._run_once()
        compiled_code.seal()

    @property
    def description(self) -> str:
        """Name of the engine and its device."""
        return "fused engine on one core of the CPU, Numba"

    def supports(self, spec: NetworkSpec) -> Support:
        """Return whether the kernels support a network."""
        return CAPABILITIES.supports(spec, "float32")

    def vectors(self, x: Array, labels: NDArray[np.intp], n_classes: int) -> LabelledVectors:
        """Return feature vectors [shape=(n_clips, n_features)] with one-hot targets, in float32.

        Contiguous float32 vectors are not copied, so that the networks of a race share them in the processor's cache.
        """
        return LabelledVectors(np.ascontiguousarray(x, np.float32), one_hot(labels, n_classes, np.float32), labels)

    def array(self, values: Array) -> Array:
        """Return a copy in float32."""
        return np.array(values, dtype=np.float32, order="C")

    def order(self, seeds: np.random.SeedSequence, n_clips: int) -> NDArray[np.intp]:
        """Return the order of the clips in an epoch, the same as for every engine."""
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
        """Train a network in place for one epoch.

        Raises
        ------
        NetworkError
            If network, state, data and order do not match.
        """
        layout = self._layout(network.spec)
        x, labels = _checked(network.spec, data, network.theta, state.first, state.second)
        if len(state.steps) != len(network.spec.layers):
            raise NetworkError(f"there are {len(state.steps)} counts of updates for {len(network.spec.layers)} layers")
        steps = np.array(state.steps, np.int64)
        numbers = [rule.learning_rate, rule.momentum, rule.beta_1, rule.beta_2, rule.epsilon]
        own = (network.theta, state.first, state.second)
        copies = (layout.theta, layout.first, layout.second) if len(own[0]) <= _COPIED_UP_TO else own
        for copy, vector in zip(copies, own, strict=True):
            copy[:] = vector
        theta, first, second = copies
        is_done = kernels.run_epoch(
            theta,
            layout.gradient,
            layout.more,
            first,
            second,
            steps,
            x,
            labels,
            _fixed(order, np.int64),
            batch_size,
            layout.table,
            layout.work,
            layout.picked,
            layout.wanted,
            _LOSSES[network.spec.loss],
            _OPTIMISERS[rule.kind],
            np.array(numbers, np.float32),
            self._flush,
        )
        if not is_done:
            raise NetworkError("the order of the clips or their classes, or the batch size, is out of bounds")
        for copy, vector in zip(copies, own, strict=True):
            vector[:] = copy
        state.steps[:] = steps.tolist()

    def evaluate(self, network: Network, data: LabelledVectors) -> tuple[float, float, NDArray[np.intp]]:
        """Return mean loss, accuracy (0 to 1) and predicted classes [shape=(n_clips,)] of a data set.

        Raises
        ------
        NetworkError
            If network and data do not match.
        """
        layout = self._layout(network.spec)
        x, labels = _checked(network.spec, data, network.theta)
        estimates = np.empty(len(data), np.int64)
        is_done, total = kernels.evaluate(
            network.theta,
            x,
            labels,
            layout.table,
            layout.work,
            layout.picked,
            _LOSSES[network.spec.loss],
            estimates,
            self._flush,
        )
        if not is_done:
            raise NetworkError("the classes of the clips are out of bounds")
        return total / len(data), np.count_nonzero(estimates == data.labels) / len(data), estimates

    def _run_once(self) -> None:
        """Train a tiny network, so that the time of the first epoch does not include compiling or loading."""
        network = build(NetworkSettings(hidden=(2,)), 3, 2, ("svd", "dense"), 0)
        data = self.vectors(np.ones((4, 3)), np.array([0, 1, 0, 1]), 2)
        order = self.order(np.random.SeedSequence(0), 4)
        rule = OptimiserRule("adam", 0.001, 0.9, 0.9, 0.999, 1e-8)
        self.run_epoch(network, rule, fresh_state(network.spec, network.theta), data, order, 2)
        self.evaluate(network, data)

    def _layout(self, spec: NetworkSpec) -> _Layout:
        """Return the layout of a network, from a small cache, since the networks of a race alternate."""
        if spec not in self._layouts:
            while len(self._layouts) >= _LAYOUTS_KEPT:
                del self._layouts[next(iter(self._layouts))]
            check_spec(spec)
            if not (support := self.supports(spec)):
                raise NetworkError(support.reason)
            self._layouts[spec] = _lay_out(spec)
        return self._layouts[spec]


def _checked(
    spec: NetworkSpec, data: LabelledVectors, *vectors: Array
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return feature vectors and labels in the kernels' format; check data and parameter vectors."""
    for vector in vectors:
        if vector.shape != (spec.n_parameters,) or vector.dtype != np.float32 or not vector.flags.c_contiguous:
            found = f"the shape {vector.shape} and the type {vector.dtype}"
            raise NetworkError(f"a vector of the network has {found}; it should be float32 with ({spec.n_parameters},)")
    x, labels = data.x, data.labels
    if x.ndim != 2 or x.shape[1] != spec.n_in or labels.shape != (len(x),) or x.dtype != np.float32:
        found = f"the shape {x.shape}, the type {x.dtype} and labels of the shape {labels.shape}"
        raise NetworkError(f"the data have {found}; they should be float32 with {spec.n_in} features")
    return _fixed(x, np.float32), _fixed(labels, np.int64)


def _fixed(array: NDArray[Any], dtype: type[np.generic]) -> NDArray[Any]:
    """Return a read-only, contiguous array, copied only if necessary; Numba compiles once for each array type."""
    fixed = np.ascontiguousarray(array, dtype).view()
    fixed.flags.writeable = False
    return fixed


def _lay_out(spec: NetworkSpec) -> _Layout:
    """Assign every intermediate result of a piece a place in one workspace."""
    table = np.zeros((len(spec.layers), kernels.COLUMNS), np.int64)
    first, end = spec.layers[0], 0

    def place(n_rows: int) -> int:
        nonlocal end
        start, end = end, end + n_rows * kernels.PIECE
        return start

    is_in_place = first.is_factored and first.rank <= FEW_ROWS and first.n_in >= LEAST_FEATURES
    inputs = kernels.IN_PLACE if is_in_place else place(first.n_in)
    for row, layer, offset in zip(table, spec.layers, spec.offsets, strict=False):
        row[kernels.KIND] = _KINDS[layer.kind]
        row[kernels.N_IN], row[kernels.N_OUT], row[kernels.RANK] = layer.n_in, layer.n_out, layer.rank
        row[kernels.ACTIVATION] = _ACTIVATIONS[layer.activation]
        row[kernels.THETA], row[kernels.X] = offset, inputs
        inputs = row[kernels.Z] = place(layer.n_out)
        row[kernels.DELTA] = place(max(2, layer.n_out))  # also used as two rows of scratch
        if layer.is_factored:
            row[kernels.P], row[kernels.Q], row[kernels.BACK] = (place(layer.rank) for _ in range(3))
    batch = np.zeros(kernels.PIECE, np.int64), np.zeros(kernels.PIECE, np.float32)
    return _Layout(table, _page(end), *batch, *(_page(spec.n_parameters) for _ in range(5)))


def _page(n_numbers: int) -> NDArray[np.float32]:
    """Return zeros [shape=(n_numbers,)] that start at a page boundary."""
    spare = np.zeros(n_numbers + _PAGE, np.float32)
    start = (-spare.ctypes.data // spare.itemsize) % _PAGE
    return spare[start : start + n_numbers]
