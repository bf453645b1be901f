"""The fused GPU engine: many small networks trained in one kernel call, one network per thread block.

One network of the paper's size cannot use a whole GPU, but the 120 trainings of Table II can: each thread block holds
one network, its batch and its moments in shared memory and runs whole epochs without returning to the host. Networks
may differ in data set, seed, layers, rank, batch size and optimiser. Numbers are added in a fixed order, without
atomic operations: results depend neither on the number of threads nor on the other networks of a call.

The kernels are in ``many_networks.cu``. The same source is tested on the CPU (tests/core/engines/gpu).
Measurements on a GPU are in docs/engines.md.
"""

from __future__ import annotations

from collections.abc import Sequence, Sized
from dataclasses import dataclass
from importlib import resources
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlpsvd.arrays import Backend, device_failures, namespace, raw_module, shared_memory_bytes, to_host
from mlpsvd.engines.capabilities import Support
from mlpsvd.engines.contract import LabelledVectors, one_hot, shuffled
from mlpsvd.engines.gpu.layout import CAPABILITIES, Rows, Tables, lay_out
from mlpsvd.engines.names import Precision
from mlpsvd.engines.optimiser import OptimiserRule, OptimiserState
from mlpsvd.network.network import Network
from mlpsvd.network.spec import NetworkSpec

__all__ = ["FusedGpuEngine", "GpuArrays", "Scores", "Trained", "TrainingRun"]

Array = NDArray[np.floating]

_THREADS = 512  # the fastest of five numbers on an H100: docs/engines.md
_EVALUATION_ROWS = 64
_SHARED_WITHOUT_ASKING = 48 * 1024  # bytes; a kernel that uses more must set an attribute


@dataclass(frozen=True)
class GpuArrays:
    """Data sets on the device, concatenated.

    Attributes
    ----------
    x : cupy.ndarray [shape=(any,)]
        Feature vectors of all sets.
    labels : cupy.ndarray [shape=(any,), dtype=int32]
        Class indices of all sets.
    places
        For each set, its offsets in ``x`` and in ``labels``, and its number of clips.
    """

    x: Array
    labels: NDArray[np.int32]
    places: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class TrainingRun:
    """One network to train, with its data set and optimiser.

    Attributes
    ----------
    network, state
        On the host or on the device; changed in place.
    rule
        Kind and constants of the optimiser.
    data_set
        Index of the data set in the :class:`GpuArrays`.
    orders : np.ndarray [shape=(n_epochs, n_clips)]
        The shuffled order of the clips in each epoch. Runs with the same array share its copy on the device.
    batch_size
        Clips per update; the last batch of an epoch may be smaller.
    """

    network: Network
    state: OptimiserState
    rule: OptimiserRule
    data_set: int
    orders: NDArray[np.integer]
    batch_size: int


@dataclass(frozen=True)
class Trained:
    """Result of :meth:`FusedGpuEngine.train_epochs`.

    Attributes
    ----------
    history
        For each network, its parameters after every epoch [shape=(n_epochs, n_parameters)].
    shares : np.ndarray [shape=(n_networks,)]
        Time of each network's thread block by its own clock, divided by the sum over all blocks.
    """

    history: list[Array]
    shares: NDArray[np.float64]


@dataclass(frozen=True)
class Scores:
    """Result of :meth:`FusedGpuEngine.evaluate_many`.

    Attributes
    ----------
    losses, accuracies : np.ndarray [shape=(n_networks,)]
        Mean loss, and accuracy (0 to 1).
    estimates
        For each network, the predicted classes [shape=(n_clips,)], on the device.
    """

    losses: NDArray[np.float64]
    accuracies: NDArray[np.float64]
    estimates: list[NDArray[np.int32]]


class FusedGpuEngine:
    """Trains many networks at once; with one network it is an :class:`~mlpsvd.engines.contract.Engine`.

    Parameters
    ----------
    backend
        CuPy, from :func:`mlpsvd.arrays.gpu`.
    precision
        ``float32`` or ``float64``.
    n_threads
        Threads per block, fewer if the registers of a multiprocessor do not suffice (72 per thread in float32 allow
        896); the results do not depend on it.

    Raises
    ------
    DeviceError
        If the backend is not a GPU.
    """

    def __init__(self, backend: Backend, precision: Precision = "float32", n_threads: int = _THREADS) -> None:
        self._backend = backend
        self._xp: Any = backend.xp
        self._dtype = np.dtype(precision)
        self._n_threads = n_threads
        real = {"float32": "float", "float64": "double"}[precision]
        source = resources.files("mlpsvd.engines.gpu").joinpath("many_networks.cu").read_text(encoding="utf-8")
        with device_failures(backend):
            self._module = raw_module(backend, source, (f"-DREAL={real}", "--std=c++17"))
            self._room = shared_memory_bytes(backend) // self._dtype.itemsize

    @property
    def description(self) -> str:
        """Name of the engine and its device."""
        return f"fused engine on {self._backend.description}"

    @property
    def dtype(self) -> np.dtype[np.floating]:
        """Data type of parameters and feature vectors."""
        return self._dtype

    def supports(self, spec: NetworkSpec) -> Support:
        """Return whether the kernels support a network."""
        return CAPABILITIES.supports(spec, self._dtype.name)

    def vectors(self, x: Array, labels: NDArray[np.intp], n_classes: int) -> LabelledVectors:
        """Move feature vectors and labels to the device."""
        return LabelledVectors(self.array(x), self.array(one_hot(labels, n_classes, self._dtype)), labels)

    def array(self, values: Array) -> Array:
        """Return a copy of a host array on the device, in the engine's precision."""
        with device_failures(self._backend):
            return self._xp.array(values, dtype=self._dtype)

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
        """Train one network in place for one epoch, in a single thread block, which leaves most of the GPU idle."""
        self.train_epochs(
            [TrainingRun(network, state, rule, 0, order[None, :], batch_size)], self._as_gpu_arrays(data), 1
        )

    def evaluate(self, network: Network, data: LabelledVectors) -> tuple[float, float, NDArray[np.intp]]:
        """Return mean loss, accuracy (0 to 1) and predicted classes [shape=(n_clips,)] of a data set."""
        scores = self.evaluate_many([network], self._as_gpu_arrays(data), [0])
        estimates = to_host(scores.estimates[0]).astype(np.intp)
        return float(scores.losses[0]), float(scores.accuracies[0]), estimates

    def upload(self, data_sets: Sequence[tuple[Array, NDArray[np.intp]]]) -> GpuArrays:
        """Move data sets, each x [shape=(n_clips, n_features)] and labels [shape=(n_clips,)], to the device.

        Raises
        ------
        DeviceError
            If the device has too little memory.
        """
        places, x_end, labels_end = [], 0, 0
        for x, labels in data_sets:
            places.append((x_end, labels_end, len(labels)))
            x_end += x.size
            labels_end += len(labels)
        with device_failures(self._backend):
            x_all = self._xp.empty(x_end, self._dtype)
            for (start, _, _), (x, _) in zip(places, data_sets, strict=True):
                x_all[start : start + x.size] = self.array(x).ravel()
            labels_all = self._xp.asarray(np.concatenate([labels for _, labels in data_sets]).astype(np.int32))
        return GpuArrays(x_all, labels_all, tuple(places))

    def train_epochs(self, runs: Sequence[TrainingRun], gpu_data: GpuArrays, n_epochs: int) -> Trained:
        """Train every network in place for ``n_epochs`` epochs in one kernel call.

        Parameters
        ----------
        runs
            The networks; one thread block each.
        gpu_data
            Their data sets.
        n_epochs
            Number of epochs, the number of rows of each ``orders``.

        Returns
        -------
        Trained
            Parameters after each epoch, and shares of the time, on the host.

        Raises
        ------
        DeviceError
            If the device fails or has too little memory. Networks and states are then unchanged.
        """
        orders, order_starts = _orders([run.orders for run in runs])
        tables = lay_out(
            [_rows(run, gpu_data, start) for run, start in zip(runs, order_starts, strict=True)], self._room
        )
        thetas = [run.network.theta for run in runs]
        moments = [run.state.first for run in runs], [run.state.second for run in runs]
        with device_failures(self._backend):
            theta, first, second = self._packed(thetas), self._packed(moments[0]), self._packed(moments[1])
            steps = self._xp.asarray(np.array([step for run in runs for step in run.state.steps], np.int64))
            ticks = self._xp.empty(len(runs), np.int64)
            history = self._xp.empty((n_epochs, tables.n_parameters), self._dtype)
            self._launch(
                "train_many",
                tables,
                (theta, self._xp.empty(tables.n_parameters, self._dtype), first, second, steps, ticks),
                (gpu_data.x, gpu_data.labels, self._xp.asarray(orders)),
                (self._xp.asarray(_rule_numbers(runs)), self._work(tables), history),
                (np.int64(tables.n_parameters), np.int64(n_epochs)),
            )
            after, steps_after, spent = to_host(history), to_host(steps), to_host(ticks)
            for packed, vectors in ((theta, thetas), (first, moments[0]), (second, moments[1])):
                self._unpack(packed, vectors)
        for run, own in zip(runs, np.split(steps_after, _bounds([run.state.steps for run in runs])), strict=True):
            run.state.steps[:] = own.tolist()
        return Trained(np.split(after, _bounds(thetas), axis=1), spent / spent.sum())

    def evaluate_many(self, networks: Sequence[Network], gpu_data: GpuArrays, data_sets: Sequence[int]) -> Scores:
        """Evaluate each network on its data set in one kernel call, one network per thread block.

        Parameters
        ----------
        networks
            The networks, on the host or on the device.
        gpu_data, data_sets
            The data sets, and for each network the index of its set.

        Raises
        ------
        DeviceError
            If the device fails or has too little memory.
        """
        places = [gpu_data.places[index] for index in data_sets]
        blocks = [Rows(one.spec, *place, _EVALUATION_ROWS) for one, place in zip(networks, places, strict=True)]
        tables = lay_out(blocks, self._room, train=False)
        n_clips = np.array([place[2] for place in places])
        with device_failures(self._backend):
            losses = self._xp.empty(len(networks), np.float64)
            n_right = self._xp.empty(len(networks), np.int32)
            estimates = self._xp.empty(tables.n_results, np.int32)
            self._launch(
                "evaluate_many",
                tables,
                (self._packed([network.theta for network in networks]),),
                (gpu_data.x, gpu_data.labels),
                (self._work(tables), losses, n_right, estimates),
                (),
            )
            mean_losses, accuracies = to_host(losses) / n_clips, to_host(n_right) / n_clips
        stops = np.cumsum(n_clips).tolist()
        pieces = [estimates[stop - count : stop] for stop, count in zip(stops, n_clips.tolist(), strict=True)]
        return Scores(mean_losses, accuracies, pieces)

    def _launch(
        self,
        name: str,
        tables: Tables,
        vectors: tuple[Any, ...],
        data: tuple[Any, ...],
        rest: tuple[Any, ...],
        numbers: tuple[np.int64, ...],
    ) -> None:
        """Start a kernel with one block per network; the tables are passed between ``data`` and ``rest``."""
        kernel = self._module.get_function(name)
        shared_bytes = tables.n_shared * self._dtype.itemsize
        if shared_bytes > _SHARED_WITHOUT_ASKING:
            kernel.max_dynamic_shared_size_bytes = shared_bytes
        on_device = (self._xp.asarray(tables.networks), self._xp.asarray(tables.layers))
        kernel(
            (len(tables.networks),),
            (min(self._n_threads, kernel.max_threads_per_block),),
            (*vectors, *data, *on_device, *rest, *numbers),
            shared_mem=shared_bytes,
        )

    def _work(self, tables: Tables) -> Array:
        return self._xp.empty(max(1, tables.n_work), self._dtype)

    def _packed(self, vectors: Sequence[Array]) -> Array:
        """Return a copy of all vectors, concatenated, on the device; one transfer if they are on the host."""
        joined = namespace(vectors[0]).concatenate(vectors)
        return self._xp.array(joined, dtype=self._dtype)

    def _unpack(self, packed: Array, vectors: Sequence[Array]) -> None:
        """Copy each part of a concatenated vector back, with one transfer if the vectors are on the host."""
        source = packed if namespace(vectors[0]) is self._xp else to_host(packed)
        start = 0
        for vector in vectors:
            vector[...] = source[start : start + len(vector)]
            start += len(vector)

    def _as_gpu_arrays(self, data: LabelledVectors) -> GpuArrays:
        """Return one data set, which is already on the device, as :class:`GpuArrays`."""
        labels = self._xp.asarray(data.labels.astype(np.int32))
        return GpuArrays(data.x.ravel(), labels, ((0, 0, len(data)),))


def _rows(run: TrainingRun, gpu_data: GpuArrays, order: int) -> Rows:
    return Rows(run.network.spec, *gpu_data.places[run.data_set], run.batch_size, order, run.rule.kind)


def _bounds(parts: Sequence[Sized]) -> list[int]:
    """Return the start of each part except the first in the concatenation of all parts."""
    return list(accumulate(len(part) for part in parts[:-1]))


def _orders(arrays: Sequence[NDArray[np.integer]]) -> tuple[NDArray[np.int32], list[int]]:
    """Return all orders, concatenated, and the start of each; an array that occurs twice is stored once."""
    starts: dict[int, int] = {}
    pieces: list[NDArray[np.int32]] = []
    end = 0
    for array in arrays:
        if id(array) not in starts:
            starts[id(array)] = end
            pieces.append(array.astype(np.int32).ravel())
            end += array.size
    return np.concatenate(pieces), [starts[id(array)] for array in arrays]


def _rule_numbers(runs: Sequence[TrainingRun]) -> NDArray[np.float64]:
    """Return each optimiser's constants, in the order of the kernel's enumeration ``Rule``."""
    rules = [run.rule for run in runs]
    return np.array([[r.learning_rate, r.momentum, r.beta_1, r.beta_2, r.epsilon] for r in rules], np.float64)
