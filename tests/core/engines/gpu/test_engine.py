"""The GPU's kernels: the very same text on the processor against the reference engine, and on a GPU where one is.

What only a GPU can show, that the launch itself works and how fast it is, is shown by the last test alone.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlpsvd.arrays import Backend, cpu, gpu, to_host
from mlpsvd.datasets.dataset import DataSet
from mlpsvd.engines.gpu import layout as gpu_layout
from mlpsvd.engines.gpu.engine import FusedGpuEngine, TrainingRun
from mlpsvd.engines.gpu.layout import LayerColumn, NetworkColumn, Rows, lay_out
from mlpsvd.engines.optimiser import OptimiserRule, OptimiserState, fresh_state
from mlpsvd.engines.reference import ReferenceEngine
from mlpsvd.errors import DeviceError, TrainingError
from mlpsvd.network.factorise import factorised, with_layer
from mlpsvd.network.initialise import build
from mlpsvd.network.network import Network
from mlpsvd.network.settings import NetworkSettings
from mlpsvd.network.spec import LayerSpec, NetworkSpec
from mlpsvd.training.batched import train_many
from mlpsvd.training.events import EpochEvent
from mlpsvd.training.settings import DiscardingSettings, TrainingSettings
from mlpsvd.training.task import TrainingTask
from mlpsvd.training.trainer import Trainer

StrictBackend = Callable[..., Backend]

N_FEATURES, N_CLASSES = 19, 4
SETS = (53, 40, 17)  # clips; not multiples of the batch
KINDS = (("dense", "dense"), ("svd", "dense"), ("two-factor", "svd", "two-factor"), ("svd",))
ACTIVATIONS = (
    ("relu", "softmax", "cross-entropy"),
    ("sigmoid", "sigmoid", "cross-entropy"),
    ("tanh", "softmax", "squared error"),
    ("relu", "tanh", "squared error"),
)
ADAM = OptimiserRule("adam", 0.01, 0.9, 0.9, 0.999, 1e-8)
RULES = (ADAM, OptimiserRule("momentum", 0.05, 0.8, 0, 0, 0), OptimiserRule("sgd", 0.1, 0, 0, 0, 0))


def kernel_text() -> str:
    return resources.files("mlpsvd.engines.gpu").joinpath("many_networks.cu").read_text(encoding="utf-8")


def a_network(kinds: tuple[str, ...], functions: tuple[str, str, str], rank: int, seed: int) -> Network:
    activation, output, loss = functions
    hidden = (13, 9)[: len(kinds) - 1]
    shape = NetworkSettings(hidden=hidden, activation=activation, output=output, loss=loss, initial="glorot")
    network = build(shape, N_FEATURES, N_CLASSES, ("dense",) * len(kinds), seed, np.float64)
    for index, kind in enumerate(kinds):
        if kind != "dense":
            layer, parameters = network.spec.layers[index], network.parameters(index)
            network = with_layer(network, index, *factorised(layer, parameters, kind, min(rank, layer.rank)))
    return network


def data_sets() -> list[tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(7)
    return [(rng.normal(size=(n, N_FEATURES)), rng.integers(0, N_CLASSES, n)) for n in SETS]


def a_mixture(n_epochs: int = 2, dtype: type = np.float64) -> list[TrainingRun]:
    """Networks that differ in everything in which they may differ."""
    runs = []
    for index in range(12):
        start = a_network(KINDS[index % 4], ACTIVATIONS[index // 3 % 4], 2 + index % 5, index)
        network = Network(start.spec, start.theta.astype(dtype))
        state = fresh_state(network.spec, network.theta)
        state.steps[-1] = index  # as after a discard in another layer
        data_set = index % 3
        rng = np.random.default_rng(index)
        orders = np.stack([rng.permutation(SETS[data_set]) for _ in range(n_epochs)])
        runs.append(TrainingRun(network, state, RULES[index % 5 % 3], data_set, orders, (16, 7, 100, 1)[index % 4]))
    return runs


def numbers(runs: Sequence[TrainingRun]) -> np.ndarray:
    parts = [(run.network.theta, run.state.first, run.state.second, np.array(run.state.steps)) for run in runs]
    return np.concatenate([part for run in parts for part in run])


def by_reference(runs: Sequence[TrainingRun]) -> list[list[np.ndarray]]:
    """Train copies with the reference engine; return the parameters after each epoch and leave the runs trained."""
    engine, histories = ReferenceEngine(cpu(), "float64"), []
    for run in runs:
        data = engine.vectors(*data_sets()[run.data_set], N_CLASSES)
        history = []
        for order in run.orders:
            engine.run_epoch(run.network, run.rule, run.state, data, order, run.batch_size)
            history.append(run.network.theta.copy())
        histories.append(history)
    return histories


def trained(backend: Backend, runs: list[TrainingRun], n_threads: int = 1, precision: str = "float64") -> np.ndarray:
    engine = FusedGpuEngine(backend, precision, n_threads)
    engine.train_epochs(runs, engine.upload(data_sets()), len(runs[0].orders))
    return numbers(runs)


@pytest.mark.parametrize("functions", ACTIVATIONS)
@pytest.mark.parametrize("kinds", KINDS)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.kind)
def test_an_epoch_is_that_of_the_reference_engine(
    strict_backend: StrictBackend, kinds: tuple[str, ...], functions: tuple[str, str, str], rule: OptimiserRule
) -> None:
    runs = [
        TrainingRun(one, fresh_state(one.spec, one.theta), rule, 0, np.random.default_rng(1).permutation(53)[None], 16)
        for one in (a_network(kinds, functions, 3, 1), a_network(kinds, functions, 3, 1))
    ]
    start = runs[0].network.theta.copy()
    trained(strict_backend(), runs[:1])
    by_reference(runs[1:])
    assert np.abs(runs[1].network.theta - start).max() > 1e-4
    np.testing.assert_allclose(numbers(runs[:1]), numbers(runs[1:]), rtol=1e-9, atol=1e-12)


def test_many_different_networks_for_some_epochs(strict_backend: StrictBackend) -> None:
    runs, expected = a_mixture(3), a_mixture(3)
    engine = FusedGpuEngine(strict_backend(), "float64", 1)
    done = engine.train_epochs(runs, engine.upload(data_sets()), 3)
    assert done.shares.sum() == pytest.approx(1.0)
    assert (done.shares > 0.0).all()
    for found, exact in zip(done.history, by_reference(expected), strict=True):
        np.testing.assert_allclose(found, exact, rtol=1e-8, atol=1e-11)
    np.testing.assert_allclose(numbers(runs), numbers(expected), rtol=1e-8, atol=1e-11)


def test_float32_to_its_rounding(strict_backend: StrictBackend) -> None:
    exact, runs = a_mixture(), a_mixture(dtype=np.float32)
    by_reference(exact)
    trained(strict_backend(), runs, precision="float32")
    np.testing.assert_allclose(numbers(runs), numbers(exact), rtol=2e-3, atol=2e-4)


@pytest.mark.parametrize("shared_bytes", [0, 3000, 12_000, 40_000])
def test_the_same_bits_wherever_the_numbers_lie(strict_backend: StrictBackend, shared_bytes: int) -> None:
    """All in shared memory, some of it, nothing."""
    assert (trained(strict_backend(), a_mixture()) == trained(strict_backend(shared_bytes), a_mixture())).all()


@pytest.mark.parametrize("n_threads", [2, 3, 8, 1024])
def test_the_same_bits_with_any_number_of_threads(strict_backend: StrictBackend, n_threads: int) -> None:
    """Real threads at a real barrier; no more than the registers suffice for."""
    assert (trained(strict_backend(), a_mixture(1)[:6], n_threads) == trained(strict_backend(), a_mixture(1)[:6])).all()


def test_results_are_bit_identical_alone_and_in_a_batch(strict_backend: StrictBackend) -> None:
    alone = [trained(strict_backend(), [run]) for run in a_mixture()]
    assert (np.concatenate(alone) == trained(strict_backend(), a_mixture())).all()


def watched_for_races(text: str, launch: tuple[Any, ...], folder: Path, build: Callable[..., Path]) -> str:
    """Repeat a launch in another process under the thread sanitiser, with 4 threads; return its output."""
    name, (n_blocks,), _, arguments, shared_bytes = launch
    program = build(text, "double", folder, ("-DPROGRAM", "-fsanitize=thread"))
    (folder / "launch").write_bytes(arguments)
    command = [str(program), name, str(folder / "launch"), str(n_blocks), "4", str(shared_bytes)]
    done = subprocess.run(command, capture_output=True, text=True)
    if "unexpected memory mapping" in done.stderr:
        pytest.skip("the thread sanitiser does not run on this system's memory layout")
    assert "data race" in done.stderr or done.returncode == 0, done.stderr
    return done.stderr


@pytest.fixture
def launches(strict_backend: StrictBackend) -> list[Any]:
    """A launch of each kernel with networks of every kind, optimiser and placement."""
    noted: list[Any] = []
    engine = FusedGpuEngine(strict_backend(12_000, noted), "float64", 1)
    gpu_data = engine.upload(data_sets())
    runs = [replace(run, batch_size=max(16, run.batch_size)) for run in a_mixture(1)]
    engine.train_epochs(runs, gpu_data, 1)
    engine.evaluate_many([run.network for run in runs], gpu_data, [run.data_set for run in runs])
    return noted


@pytest.mark.slow
def test_no_barrier_is_missing(launches: list[Any], tmp_path: Path, kernel_builder: Callable[..., Path]) -> None:
    assert [launch[0] for launch in launches] == ["train_many", "evaluate_many"]
    for launch in launches:
        assert "data race" not in watched_for_races(kernel_text(), launch, tmp_path, kernel_builder)


@pytest.mark.slow
def test_the_barrier_check_detects_a_missing_barrier(
    launches: list[Any], tmp_path: Path, kernel_builder: Callable[..., Path]
) -> None:
    """Every barrier is needed: without any one of them the sanitiser sees a race. Here every fourth is tried."""
    text = kernel_text()
    places = [match.start() for match in re.finditer(r"__syncthreads\(\);", text)]
    assert len(places) > 12
    for place in places[::4]:
        without = text[:place] + text[place + len("__syncthreads();") :]
        reports = (watched_for_races(without, launch, tmp_path, kernel_builder) for launch in launches)
        line = text[:place].count("\n") + 1
        assert any("data race" in report for report in reports), f"line {line}"


def test_evaluation(strict_backend: StrictBackend) -> None:
    networks = [run.network for run in a_mixture()]
    engine, reference = FusedGpuEngine(strict_backend(), "float64", 3), ReferenceEngine(cpu(), "float64")
    rng = np.random.default_rng(3)
    sets = [(rng.normal(size=(n, N_FEATURES)), rng.integers(0, N_CLASSES, n)) for n in (200, 64, 1)]
    which = [index % 3 for index in range(len(networks))]
    scores = engine.evaluate_many(networks, engine.upload(sets), which)
    for at, (network, index) in enumerate(zip(networks, which, strict=True)):
        loss, accuracy, estimates = reference.evaluate(network, reference.vectors(*sets[index], N_CLASSES))
        assert scores.losses[at] == pytest.approx(loss, rel=1e-10)
        assert scores.accuracies[at] == accuracy
        assert (to_host(scores.estimates[at]) == estimates).all()


# ----- the driver


def a_task(seed: int, n_train: int) -> DataSet:
    rng = np.random.default_rng(seed)
    means = rng.normal(size=(3, 12))
    y_train, y_test = rng.integers(0, 3, n_train), rng.integers(0, 3, 40)
    x_train, x_test = (means[y] + rng.normal(size=(len(y), 12)) for y in (y_train, y_test))
    return DataSet(x_train.astype(np.float32), y_train, x_test.astype(np.float32), y_test, ("a", "b", "c"))


def some_runs() -> list[TrainingTask]:
    """Both contenders on two data sets, with different schedules, lengths and optimisers."""
    runs = []
    tasks = [a_task(1, 90), a_task(2, 70)]
    for index in range(6):
        kinds = (("dense", "dense"), ("svd", "dense"), ("two-factor", "dense"))[index % 3]
        training = TrainingSettings(epochs=(6, 4)[index // 3], batch_size=16, learning_rate=0.01, precision="float64")
        discarding = DiscardingSettings(
            points=2, first=1, last=(3, 4)[index // 3], threshold=0.3, factor_from=("start", "first point")[index // 3]
        )
        start_kinds = kinds if index < 3 else ("dense", "dense")
        network = build(NetworkSettings(hidden=(8,), initial="glorot"), 12, 3, start_kinds, index, np.float64)
        runs.append(TrainingTask(network, kinds, tasks[index // 3], training, discarding, index % 2))
    return runs


def by_trainer(run: TrainingTask, engine: Any) -> list[EpochEvent]:
    return list(Trainer(run, engine).run())


def assert_same_events(found: list[EpochEvent], expected: list[EpochEvent]) -> None:
    for left, right in zip(found, expected, strict=True):
        for name in ("epoch", "n_epochs", "ranks", "kinds", "n_weights", "flops", "discarded"):
            assert getattr(left, name) == getattr(right, name), (right.epoch, name)
        for name in ("train_loss", "train_accuracy", "test_loss", "test_accuracy"):
            assert getattr(left, name) == pytest.approx(getattr(right, name), rel=1e-6)
        for values, others in zip(left.singular_values, right.singular_values, strict=True):
            np.testing.assert_allclose(values, others, rtol=1e-6, atol=1e-9)
        assert left.snapshot is not None


def test_the_driver_gives_the_events_of_the_trainer(strict_backend: StrictBackend) -> None:
    runs = some_runs()
    expected = [by_trainer(run, ReferenceEngine(cpu(), "float64")) for run in runs]
    assert sum(bool(event.discarded) for events in expected for event in events) > 3
    found: list[list[EpochEvent]] = [[] for _ in runs]
    for index, event in train_many(runs, FusedGpuEngine(strict_backend(), "float64", 1)):
        found[index].append(event)
    for left, right in zip(found, expected, strict=True):
        assert_same_events(left, right)


def test_the_trainer_runs_on_it_as_on_any_engine(strict_backend: StrictBackend) -> None:
    run = some_runs()[1]
    expected = by_trainer(run, ReferenceEngine(cpu(), "float64"))
    assert_same_events(by_trainer(run, FusedGpuEngine(strict_backend(), "float64", 1)), expected)


def test_a_network_that_diverges_is_named(strict_backend: StrictBackend) -> None:
    runs = some_runs()[:2]
    wild = TrainingSettings(epochs=3, optimiser="sgd", learning_rate=1e30, precision="float64")
    runs[1] = TrainingTask(runs[1].network, runs[1].kinds, runs[1].dataset, wild, DiscardingSettings(points=0), 0)
    with pytest.raises(TrainingError, match=r"network 2 of 2 .* after epoch \d"):
        list(train_many(runs, FusedGpuEngine(strict_backend(), "float64", 1)))


# ----- the text and its tables


@pytest.mark.parametrize(("name", "columns"), [("NetworkColumn", NetworkColumn), ("LayerColumn", LayerColumn)])
def test_the_tables_have_the_columns_that_the_kernel_reads(name: str, columns: Any) -> None:
    names = enumeration(name)
    assert names[:-1] == [column.name for column in columns]
    assert names[-1].endswith("_COLUMNS")


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("Kind", gpu_layout._KINDS),
        ("Activation", gpu_layout._ACTIVATIONS),
        ("Loss", gpu_layout._LOSSES),
        ("Optimiser", gpu_layout._OPTIMISERS),
    ],
)
def test_the_codes_are_those_of_the_kernel(name: str, codes: tuple[str, ...]) -> None:
    assert enumeration(name) == [re.sub(r"\W", "_", code).upper() for code in codes]


def enumeration(name: str) -> list[str]:
    found = re.search(rf"enum {name} \{{(.*?)\}}", kernel_text(), re.DOTALL)
    assert found is not None
    return found.group(1).replace("\n", " ").replace(" ", "").split(",")


def test_the_text_is_ascii_and_includes_nothing() -> None:
    """CuPy writes it to a file in the system's encoding, and NVRTC has no headers."""
    assert kernel_text().isascii()
    assert "#include" not in kernel_text()


def test_the_text_is_in_the_wheel() -> None:
    wheel = pytest.importorskip("hatchling.builders.wheel")
    builder = wheel.WheelBuilder(str(Path(__file__).parents[4]))
    files = {file.distribution_path for file in builder.recurse_included_files()}
    assert "mlpsvd/engines/gpu/many_networks.cu" in files


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ["sm_80", "sm_90"])
@pytest.mark.parametrize("real", ["float", "double"])
def test_cuda_compiles_it_without_warnings_or_spills(architecture: str, real: str, tmp_path: Path) -> None:
    if shutil.which("nvcc") is None:
        pytest.skip("no nvcc to compile for GPUs with")
    (tmp_path / "many_networks.cu").write_text(kernel_text(), encoding="ascii")
    command = ["nvcc", "-std=c++17", f"-arch={architecture}", f"-DREAL={real}", "-Werror", "all-warnings"]
    command += ["-Xptxas", "-v", "-cubin", "-o", str(tmp_path / "out"), str(tmp_path / "many_networks.cu")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    spills = re.findall(r"(\d+) bytes spill stores", done.stderr)
    assert spills
    assert set(spills) == {"0"}


def test_what_is_too_large_for_a_block_is_refused_in_words() -> None:
    spec = NetworkSpec((LayerSpec("dense", 4000, 10, 10, "softmax"),), "cross-entropy")
    with pytest.raises(DeviceError, match="batches of 1000000 clips is too large"):
        lay_out([Rows(spec, 0, 0, 2_000_000, 1_000_000)], 50_000)


def test_a_cpu_runs_no_kernels() -> None:
    with pytest.raises(DeviceError, match="cannot run CUDA kernels"):
        FusedGpuEngine(cpu())


def test_states_are_the_optimisers_own(strict_backend: StrictBackend) -> None:
    """Arrays of the caller are changed in place, on the host and on the device."""
    backend = strict_backend()
    engine = FusedGpuEngine(backend, "float64", 1)
    host, device = a_mixture(1)[0], a_mixture(1)[0]
    network = Network(device.network.spec, engine.array(device.network.theta))
    state = OptimiserState(engine.array(device.state.first), engine.array(device.state.second), device.state.steps)
    on_device = TrainingRun(network, state, device.rule, device.data_set, device.orders, device.batch_size)
    gpu_data = engine.upload(data_sets())
    engine.train_epochs([host], gpu_data, 1)
    engine.train_epochs([on_device], gpu_data, 1)
    assert (to_host(network.theta) == host.network.theta).all()
    assert (to_host(state.first) == host.state.first).all()
    assert state.steps == host.state.steps


# ----- a real GPU


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_on_a_real_gpu(precision: str) -> None:
    try:
        backend = gpu()
    except DeviceError as error:
        pytest.skip(str(error))
    dtype = {"float32": np.float32, "float64": np.float64}[precision]
    exact, runs, few_threads = a_mixture(), a_mixture(dtype=dtype), a_mixture(dtype=dtype)
    by_reference(exact)
    trained(backend, runs, 256, precision)
    tolerance = {"float32": 2e-3, "float64": 1e-8}[precision]
    np.testing.assert_allclose(numbers(runs), numbers(exact), rtol=tolerance, atol=tolerance / 10)
    assert (trained(backend, few_threads, 32, precision) == numbers(runs)).all()
    events = list(train_many(some_runs(), FusedGpuEngine(backend, precision)))
    assert len(events) == 3 * 7 + 3 * 5
