"""The steps of ``gpu.py``: comparisons with the reference engine, Table II, and times beside PyTorch."""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
from gpu_contenders import check_contenders

from mlpsvd.arrays import Backend, cpu, to_host
from mlpsvd.contenders import MLP, MLP_SVD, Contender
from mlpsvd.datasets.dataset import DataSet
from mlpsvd.engines.gpu.engine import FusedGpuEngine, TrainingRun
from mlpsvd.engines.optimiser import OptimiserRule, fresh_state
from mlpsvd.engines.reference import ReferenceEngine
from mlpsvd.experiments.contender_tasks import training_task
from mlpsvd.experiments.papers.printed import TABLE_2
from mlpsvd.experiments.prepare import Prepared, prepare
from mlpsvd.experiments.presets import preset
from mlpsvd.experiments.trials.trials import seeded
from mlpsvd.network.initialise import build
from mlpsvd.network.network import Network
from mlpsvd.network.settings import NetworkSettings
from mlpsvd.settings import with_value
from mlpsvd.training.batched import train_many
from mlpsvd.training.events import EpochEvent
from mlpsvd.training.settings import DiscardingSettings, TrainingSettings
from mlpsvd.training.task import TrainingTask
from mlpsvd.training.trainer import Trainer

BATCH, N_SEEDS = 64, 10
ADAM = OptimiserRule("adam", 0.0005, 0.9, 0.9, 0.999, 1e-8)
RULES = (OptimiserRule("adam", 0.01, 0.9, 0.9, 0.999, 1e-8), OptimiserRule("momentum", 0.05, 0.8, 0, 0, 0),
         OptimiserRule("sgd", 0.1, 0, 0, 0, 0))  # fmt: skip
KINDS = (("dense", "dense"), ("svd", "dense"), ("two-factor", "svd", "two-factor"), ("svd",))
FUNCTIONS = (
    ("relu", "softmax", "cross-entropy"),
    ("sigmoid", "sigmoid", "cross-entropy"),
    ("tanh", "softmax", "squared error"),
    ("relu", "tanh", "squared error"),
)
TOLERANCES = {"float64": 1e-8, "float32": 2e-3}
N_FEATURES, N_CLASSES, N_CLIPS = 19, 4, 53

Step = tuple[str, Callable[[], None], float]


def steps(backend: Backend, report: Any, small: bool) -> list[Step]:
    """Return name, function and seconds needed of every step."""
    run = _Steps(backend, report, small)
    return [
        ("array engine", run.array_engine, 15.0),
        ("fused engine", run.fused_engine, 15.0),
        ("number of threads", run.threads, 10.0),
        ("batched training", run.batched_training, 20.0),
        ("contenders", lambda: check_contenders(backend, report), 20.0),
        ("large network", run.large_network, 10.0),
        ("Table II", run.table_2, 90.0),
        ("PyTorch, one network", run.pytorch_one, 20.0),
        ("PyTorch, stacked networks", run.pytorch_stacked, 20.0),
        ("PyTorch, stacked networks in a CUDA graph", run.pytorch_graph, 20.0),
        ("PyTorch, large network", run.pytorch_large, 15.0),
    ]


def difference(found: np.ndarray, exact: np.ndarray) -> float:
    """Largest difference, as a share of the largest exact number; infinite where a number is missing."""
    largest = np.abs(found.astype(np.float64) - exact).max() / np.abs(exact).max()
    return float(largest) if np.isfinite(largest) else float("inf")


def every_network(dtype: str) -> Iterator[tuple[Network, OptimiserRule]]:
    """Networks of every kind of layer, activation, loss and optimiser."""
    for number, (kinds, functions, rule) in enumerate(itertools.product(KINDS, FUNCTIONS, RULES)):
        activation, output, loss = functions
        shape = NetworkSettings(
            hidden=(13, 9)[: len(kinds) - 1], activation=activation, output=output, loss=loss, initial="glorot"
        )
        exact = build(shape, N_FEATURES, N_CLASSES, kinds, number, np.float64)
        yield Network(exact.spec, exact.theta.astype(dtype)), rule


class _Steps:
    def __init__(self, backend: Backend, report: Any, small: bool) -> None:
        self._backend, self._report, self._small = backend, report, small
        self._reference = ReferenceEngine(cpu(), "float64")
        rng = np.random.default_rng(7)
        self._data = rng.normal(size=(N_CLIPS, N_FEATURES)), rng.integers(0, N_CLASSES, N_CLIPS)
        self._orders = np.stack([rng.permutation(N_CLIPS) for _ in range(2)])
        self._threads = (1, 3) if small else (256, 32, 1024)

    # ----- checks

    def array_engine(self) -> None:
        """Compare epochs and evaluations of the reference engine's array operations on the card."""
        for precision, tolerance in TOLERANCES.items():
            engine = ReferenceEngine(self._backend, precision)
            trained = [self._by_engine(engine, *one) for one in every_network(precision)]
            exact = [self._by_engine(self._reference, *one) for one in every_network("float64")]
            worst = [
                max(difference(a, b) for a, b in zip(*pair, strict=True)) for pair in zip(trained, exact, strict=True)
            ]
            self._report.check(f"array engine, {len(worst)} networks, {precision}", max(worst), tolerance)

    def _by_engine(self, engine: Any, start: Network, rule: OptimiserRule) -> tuple[np.ndarray, np.ndarray]:
        """Train two epochs; return the parameters, and loss and accuracy."""
        network = Network(start.spec, engine.array(start.theta))
        state, data = fresh_state(network.spec, network.theta), engine.vectors(*self._data, N_CLASSES)
        for order in self._orders:
            engine.run_epoch(network, rule, state, data, order, 16)
        return to_host(network.theta), np.array(engine.evaluate(network, data)[:1])

    def _runs(self, precision: str, batch_size: int = 16) -> list[TrainingRun]:
        return [
            TrainingRun(network, fresh_state(network.spec, network.theta), rule, 0, self._orders, batch_size)
            for network, rule in every_network(precision)
        ]

    def _fused(self, precision: str, n_threads: int) -> tuple[FusedGpuEngine, list[TrainingRun], np.ndarray]:
        engine, runs = FusedGpuEngine(self._backend, precision, n_threads), self._runs(precision)
        engine.train_epochs(runs, engine.upload([self._data]), len(self._orders))
        return engine, runs, np.concatenate([run.network.theta for run in runs])

    def fused_engine(self) -> None:
        """Compare all networks, trained in one call of the kernels, and evaluated in one call."""
        exact = [self._by_engine(self._reference, *one) for one in every_network("float64")]
        for precision, tolerance in TOLERANCES.items():
            engine, runs, _ = self._fused(precision, self._threads[0])
            pairs = zip(runs, exact, strict=True)
            worst = max(difference(run.network.theta, theta) for run, (theta, _) in pairs)
            self._report.check(f"fused engine, {len(runs)} networks in one call, {precision}", worst, tolerance)
            scores = engine.evaluate_many([run.network for run in runs], engine.upload([self._data]), [0] * len(runs))
            losses = np.array([loss[0] for _, loss in exact])
            self._report.check(f"fused evaluation, {precision}", difference(scores.losses, losses), tolerance)

    def threads(self) -> None:
        """Results must not depend on the number of threads, to the last bit."""
        thetas = [self._fused("float32", n_threads)[2] for n_threads in self._threads]
        worst = max(difference(theta, thetas[0]) for theta in thetas)
        self._report.check(f"fused engine with {', '.join(map(str, self._threads))} threads: same bits", worst, 0.0)

    def batched_training(self) -> None:
        """Compare whole trainings with discarding points, side by side and one by one."""
        runs = [
            self._batched_run(kinds, late, index)
            for index, (kinds, late) in enumerate(itertools.product(KINDS[:2], (0, 1)))
        ]
        found: list[list[EpochEvent]] = [[] for _ in runs]
        for index, event in train_many(runs, FusedGpuEngine(self._backend, "float64", self._threads[0])):
            found[index].append(event)
        losses, ranks = [], 0
        for run, events in zip(runs, found, strict=True):
            trainer = Trainer(run, self._reference)
            exact = list(trainer.run())
            losses.append([[event.test_loss for event in one] for one in (events, exact)])
            ranks += sum(a.ranks != b.ranks for a, b in zip(events, exact, strict=True))
        pairs = np.array(losses)
        self._report.check(f"batched training, {len(runs)} runs", difference(pairs[:, 0], pairs[:, 1]), 1e-6)
        self._report.check("batched training: epochs with another rank", ranks, 0.0)

    def _batched_run(self, kinds: tuple[str, ...], late: int, seed: int) -> TrainingTask:
        rng = np.random.default_rng(late)
        means = rng.normal(size=(3, 12))
        labels = rng.integers(0, 3, 90), rng.integers(0, 3, 40)
        x = [(means[y] + rng.normal(size=(len(y), 12))).astype(np.float32) for y in labels]
        dataset = DataSet(x[0], labels[0], x[1], labels[1], ("a", "b", "c"))
        training = TrainingSettings(epochs=6, batch_size=16, learning_rate=0.01, precision="float64")
        discarding = DiscardingSettings(
            points=2, first=1, last=4, threshold=0.3, factor_from=("start", "first point")[late]
        )
        start = ("dense",) * len(kinds) if late else kinds
        network = build(NetworkSettings(hidden=(8,), initial="glorot"), 12, 3, start, seed, np.float64)
        return TrainingTask(network, kinds, dataset, training, discarding, seed)

    def large_network(self) -> None:
        """Compare an epoch of a large network, whose batches do not fit a block's shared memory."""
        n_in, hidden, n_clips = (65, 16, 200) if self._small else (2049, 512, 640)
        x, labels, start, order = one_task(n_in, hidden, 10, n_clips)
        thetas = []
        for engine in (
            self._reference,
            ReferenceEngine(self._backend),
            FusedGpuEngine(self._backend, "float32", self._threads[0]),
        ):
            network = Network(start.spec, engine.array(start.theta))
            state = fresh_state(network.spec, network.theta)
            # A larger ε: Adam's first steps are otherwise the signs of gradients, whatever their size.
            engine.run_epoch(network, replace(ADAM, epsilon=1e-3), state, engine.vectors(x, labels, 10), order, BATCH)
            thetas.append(to_host(network.theta))
        name = f"{n_in}-{hidden}-10, float32"
        self._report.check(f"array engine, {name}", difference(thetas[1], thetas[0]), TOLERANCES["float32"])
        self._report.check(f"fused engine, {name}", difference(thetas[2], thetas[0]), TOLERANCES["float32"])

    # ----- Table II

    def table_2(self) -> None:
        """Train the 120 networks of Table II in one go, evaluated after each epoch."""
        experiments = [one for task in TABLE_2 for one in seeded(self._task(*task), 1 if self._small else N_SEEDS)]
        with ThreadPoolExecutor() as pool:
            prepared = list(pool.map(prepare, experiments))
        pairs = [(one, contender) for one in prepared for contender in (MLP, MLP_SVD)]
        engine = FusedGpuEngine(self._backend, "float32", self._threads[0])
        first = training_task(*pairs[0])
        list(train_many([replace(first, training=replace(first.training, epochs=1))], engine))  # compiles; not timed
        started = time.perf_counter()
        last: dict[int, EpochEvent] = {}
        train_s = 0.0
        for index, event in train_many([training_task(*pair) for pair in pairs], engine):
            last[index], train_s = event, train_s + event.train_s
        wall_s = time.perf_counter() - started
        epochs = prepared[0].experiment.training.epochs
        self._report.time(f"Table II: {len(pairs)} networks, {epochs} epochs, evaluated after each", wall_s, "s")
        self._report.time("of that, training and discarding", train_s, "s")
        self._compare_accuracies(pairs, last)
        self._time_epoch("fused engine: one epoch of all of them", engine, pairs)

    def _task(self, bandwidth_hz: float, n_classes: int) -> Any:
        experiment = preset(f"Paper: {n_classes} classes, {bandwidth_hz:g} Hz")
        small = {"data.synthetic.train_per_class": 20, "data.synthetic.test_per_class": 20, "training.epochs": 3}
        for key, value in small.items() if self._small else ():
            experiment = with_value(experiment, key, value)
        return experiment

    def _compare_accuracies(self, pairs: list[tuple[Prepared, Contender]], last: dict[int, EpochEvent]) -> None:
        """Compare final accuracies with those of the CPU: one seed of each task, one training after the other."""
        from mlpsvd.engines.choice import choose

        engine, note = choose("auto", "float32")
        worst, seconds = 0.0, 0.0
        for index in range(0, len(pairs), 2 if self._small else 2 * N_SEEDS):
            for at in (index, index + 1):
                run = training_task(*pairs[at])
                trainer = Trainer(run, engine)
                started = time.perf_counter()
                event = list(trainer.run())[-1]
                seconds += time.perf_counter() - started
                worst = max(worst, abs(event.test_accuracy - last[at].test_accuracy))
        self._report.check("Table II: test accuracy, GPU and CPU (not relative)", worst, 0.02)
        n = 12 if self._small else 12 * N_SEEDS
        self._report.time(
            f"{n} networks by the {engine.description}, from 12{f' ({note})' if note else ''}", seconds * n / 12, "s"
        )

    def _time_epoch(self, name: str, engine: FusedGpuEngine, pairs: list[tuple[Prepared, Contender]]) -> None:
        data_sets = list({id(one): one for one, _ in pairs}.values())
        gpu_data = engine.upload([(one.dataset.x_train, one.dataset.y_train) for one in data_sets])
        places = {id(one): index for index, one in enumerate(data_sets)}
        runs = []
        for one, contender in pairs:
            run = training_task(one, contender)
            orders = np.random.default_rng(run.seed).permutation(len(run.dataset.y_train))[None]
            state = fresh_state(run.network.spec, run.network.theta)
            runs.append(TrainingRun(run.network, state, ADAM, places[id(one)], orders, BATCH))
        self._report.time(name, 1e3 * timed(lambda: engine.train_epochs(runs, gpu_data, 1), 5), "ms")

    # ----- PyTorch

    def pytorch_one(self) -> None:
        """Time one small network."""
        x, labels, start, order = one_task(129, 20, 5, 5000 // (10 if self._small else 1))
        self._time_engines("129-20-5, one network", x, labels, start, order)
        epoch = torch_epoch(self._device(), x, labels, start, 1)
        self._report.time("129-20-5, one network: PyTorch, fused Adam", per_update(epoch, order), "µs an update")

    def pytorch_stacked(self) -> None:
        """Time twenty MLPs of one shape, trained side by side: by PyTorch as batched products."""
        x, labels, start, order = one_task(129, 20, 5, 5000 // (10 if self._small else 1))
        engine = FusedGpuEngine(self._backend, "float32", self._threads[0])
        gpu_data = engine.upload([(x, labels)])
        networks = [Network(start.spec, start.theta.copy()) for _ in range(20)]
        runs = [TrainingRun(one, fresh_state(one.spec, one.theta), ADAM, 0, order[None], BATCH) for one in networks]
        ours = per_update(lambda: engine.train_epochs(runs, gpu_data, 1), order)
        self._report.time("129-20-5, 20 networks: ours, fused engine", ours, "µs an update of all")
        epoch = torch_epoch(self._device(), x, labels, start, 20)
        self._report.time("129-20-5, 20 networks: PyTorch, stacked", per_update(epoch, order), "µs an update of all")

    def pytorch_graph(self) -> None:
        """Time the same with PyTorch's update captured in a CUDA graph, which spares the starting of kernels."""
        x, labels, start, order = one_task(129, 20, 5, 5000)
        if self._small:
            return  # graphs are CUDA's own
        epoch = torch_epoch(self._device(), x, labels, start, 20, graph=True)
        self._report.time("129-20-5, 20 networks: PyTorch, CUDA graph", per_update(epoch, order), "µs an update of all")

    def pytorch_large(self) -> None:
        """Time a large network."""
        n_in, hidden, n_clips = (65, 16, 200) if self._small else (2049, 512, 6400)
        x, labels, start, order = one_task(n_in, hidden, 10, n_clips)
        name = f"{n_in}-{hidden}-10, one network"
        self._time_engines(name, x, labels, start, order, fused=False)
        epoch = torch_epoch(self._device(), x, labels, start, 1)
        self._report.time(f"{name}: PyTorch, fused Adam", per_update(epoch, order), "µs an update")

    def _device(self) -> str:
        return "cpu" if self._small else "cuda"

    def _time_engines(self, name: str, x: Any, labels: Any, start: Network, order: Any, fused: bool = True) -> None:
        engines: dict[str, Any] = {"array engine": ReferenceEngine(self._backend)}
        if fused:
            engines["fused engine, one block"] = FusedGpuEngine(self._backend, "float32", self._threads[0])
        for kind, engine in engines.items():
            network = Network(start.spec, engine.array(start.theta))
            state, data = fresh_state(network.spec, network.theta), engine.vectors(x, labels, start.spec.n_out)

            def epoch(engine: Any = engine, network: Any = network, state: Any = state, data: Any = data) -> None:
                engine.run_epoch(network, ADAM, state, data, order, BATCH)

            self._report.time(f"{name}: ours, {kind}", per_update(epoch, order), "µs an update")


def one_task(n_in: int, hidden: int, n_classes: int, n_clips: int) -> tuple[Any, Any, Network, Any]:
    """Return feature vectors, labels, a network and an order of the clips."""
    rng = np.random.default_rng(0)
    x = np.abs(rng.normal(size=(n_clips, n_in)))
    network = build(NetworkSettings(hidden=(hidden,)), n_in, n_classes, ("dense", "dense"), 0)
    return (x / x.max()).astype(np.float32), rng.integers(0, n_classes, n_clips), network, rng.permutation(n_clips)


def timed(do: Callable[[], Any], n: int) -> float:
    """Return the median seconds of some calls, after one that is not timed."""
    do()
    times = []
    for _ in range(n):
        started = time.perf_counter()
        do()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def per_update(epoch: Callable[[], Any], order: Any) -> float:
    """Return microseconds an update."""
    return 1e6 * timed(epoch, 5) / -(-len(order) // BATCH)


def torch_epoch(
    device: str, x: Any, labels: Any, start: Network, n_networks: int, graph: bool = False
) -> Callable[[], None]:
    """Return an epoch of PyTorch: ``n_networks`` copies of a network, stacked, each with its own parameters."""
    import torch

    torch.backends.cuda.matmul.allow_tf32 = False
    inputs, targets = torch.from_numpy(x).to(device), torch.from_numpy(labels).to(device)
    parameters = []
    for index in range(2):
        layer = start.parameters(index)
        for value in (layer["W"].T, layer["b"][None]):
            stacked = torch.from_numpy(np.repeat(np.array(value)[None], n_networks, axis=0)).to(device)
            parameters.append(stacked.requires_grad_())
    W, b, V, c = parameters
    adam = torch.optim.Adam(parameters, 0.0005, (0.9, 0.999), 1e-8, fused=True)
    picked = torch.zeros(BATCH, dtype=torch.int64, device=device)

    def update() -> None:
        adam.zero_grad(set_to_none=not graph)
        batch = inputs[picked].expand(n_networks, -1, -1)
        outputs = torch.baddbmm(c, torch.relu(torch.baddbmm(b, batch, W)), V)
        wanted = targets[picked].repeat(n_networks)
        losses = torch.nn.functional.cross_entropy(outputs.flatten(0, 1), wanted, reduction="sum") / BATCH
        losses.backward()
        adam.step()

    run = captured(torch, adam, update) if graph else update

    def epoch() -> None:
        order = torch.randperm(len(inputs), device=device)
        for at in range(0, len(order) - BATCH + 1, BATCH):
            picked.copy_(order[at : at + BATCH])
            run()
        if device != "cpu":
            torch.cuda.synchronize()

    return epoch


def captured(torch: Any, adam: Any, update: Callable[[], None]) -> Callable[[], None]:
    """Return an update as one CUDA graph, as PyTorch's documentation has it: warmed up on another stream first."""
    for group in adam.param_groups:
        group["capturable"] = True
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            update()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        update()

    def replay() -> None:
        graph.replay()

    replay.keep = update  # type: ignore[attr-defined]  # the graph reads its tensors, but does not own them
    return replay
