"""Convolution layers over frequency: sliding dot products, gradients, windows that fit, training and files."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mlpsvd
from mlpsvd.analysis.convolution import sliding_dot_product
from mlpsvd.analysis.hessian.product import HessianProduct
from mlpsvd.analysis.registry import ANALYSES
from mlpsvd.analysis.result import AnalysisResult
from mlpsvd.engines.optimiser import fresh_state
from mlpsvd.errors import DataError, FileFormatError, NetworkError, SettingError
from mlpsvd.experiments.analyse import subject_of
from mlpsvd.experiments.papers.tasks import changed
from mlpsvd.experiments.prepare import Prepared, prepare
from mlpsvd.experiments.race import Race
from mlpsvd.experiments.runs.run import Run
from mlpsvd.experiments.transfer import first_layer_of_model
from mlpsvd.json_fields import Fields
from mlpsvd.models.model_file import load_model, save_model
from mlpsvd.network.checks import check_spec
from mlpsvd.network.initialise import build, initial_std, network_spec
from mlpsvd.network.layers import Window, layer_family
from mlpsvd.network.losses import losses
from mlpsvd.network.network import Network
from mlpsvd.network.nuclear_norm import nuclear_norm, nuclear_norm_gradient
from mlpsvd.network.operations import epoch_flops, forward_flops, layer_weights
from mlpsvd.network.settings import NetworkSettings
from mlpsvd.network.spec import LayerSpec, NetworkSpec
from mlpsvd.network.spec_table import spec_from_fields, spec_to_table
from mlpsvd.settings import check
from mlpsvd.training.discarding import discard
from mlpsvd.training.settings import DiscardingSettings

KINDS = ("convolution", "convolution-svd")
N_SEGMENTS, N_IN, WIDTH, STRIDE, N_KERNELS = 2, 22, 4, 3, 3
N_WINDOWS = 2 * 3  # 11 frequencies: positions 0, 3 and 6; the last input is under no kernel


def a_network(kind: str, activation: str = "tanh") -> Network:
    made = NetworkSettings(hidden=(N_KERNELS,), activation=activation, initial_std=0.6, kernel_width=WIDTH,
                           kernel_stride=STRIDE)  # fmt: skip
    network = build(made, N_IN, 3, (kind, "dense"), 1, np.float64, N_SEGMENTS)
    network.theta += 0.1 * np.random.default_rng(2).normal(size=network.theta.shape)
    return network


def a_batch(n_clips: int = 5) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    return rng.normal(size=(n_clips, N_IN)), np.eye(3)[rng.integers(3, size=n_clips)]


@settings(max_examples=40, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    n_segments=st.integers(1, 3),
    length=st.integers(1, 12),
    width=st.integers(1, 12),
    stride=st.integers(1, 4),
    n_kernels=st.integers(1, 4),
)
def test_each_segment_is_correlated_with_the_same_kernels(
    kind: str, n_segments: int, length: int, width: int, stride: int, n_kernels: int
) -> None:
    made = NetworkSettings(hidden=(n_kernels,), initial_std=1.0, kernel_width=width, kernel_stride=stride)
    if width > length:
        with pytest.raises(NetworkError, match=f"have {width} weights; at most {length} fit into a segment"):
            build(made, n_segments * length, 2, (kind, "dense"), 0, np.float64, n_segments)
        return
    network = build(made, n_segments * length, 2, (kind, "dense"), 0, np.float64, n_segments)
    check_spec(network.spec)
    parameters, layer = network.parameters(0), network.spec.layers[0]
    parameters["b"][...] = np.arange(n_kernels)
    W = network.weight_matrix(0)
    assert W.shape == (n_kernels, width) == layer.matrix_shape
    x = np.random.default_rng(1).normal(size=(2, n_segments * length))
    found = layer.family.forward(parameters, x)[0]
    assert found.shape == (2, layer.n_out)
    found = found.reshape(2, n_segments, -1, n_kernels)
    for clip in range(2):
        for segment, spectrum in enumerate(x[clip].reshape(n_segments, length)):
            for k in range(n_kernels):
                wanted = np.correlate(spectrum, W[k], "valid")[::stride] + k
                np.testing.assert_allclose(found[clip, segment, :, k], wanted, atol=1e-12)
                np.testing.assert_allclose(sliding_dot_product(spectrum, W[k])[::stride] + k, wanted, atol=1e-12)
                reversed_kernel = np.convolve(spectrum, W[k, ::-1], "valid")[::stride] + k
                np.testing.assert_allclose(reversed_kernel, wanted, atol=1e-12)


def test_it_is_not_numpys_convolution_of_the_kernel_itself() -> None:
    network = a_network("convolution")
    x = a_batch(1)[0]
    W, b = network.parameters(0)["W"], network.parameters(0)["b"]
    a = network.spec.layers[0].family.forward(network.parameters(0), x)[0].reshape(2, 3, N_KERNELS)[0, :, 0]
    assert np.abs(a - b[0] - np.convolve(x[0, :11], W[0], "valid")[::STRIDE]).max() > 0.1


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh"])
@pytest.mark.parametrize("kind", KINDS)
def test_gradients_agree_with_finite_differences(kind: str, activation: str) -> None:
    network = a_network(kind, activation)
    x, targets = a_batch()
    loss = lambda theta: losses(  # noqa: E731
        "cross-entropy", "softmax", Network(network.spec, theta).predict(x), targets
    ).mean()
    steps = 1e-6 * np.eye(len(network.theta))
    wanted = [(loss(network.theta + step) - loss(network.theta - step)) / 2e-6 for step in steps]
    np.testing.assert_allclose(network.gradient(x, targets), wanted, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_the_input_gradient_is_the_transpose_of_the_forward_pass(kind: str) -> None:
    network = a_network(kind)
    layer, parameters = network.spec.layers[0], network.parameters(0)
    rng = np.random.default_rng(4)
    x, delta = rng.normal(size=(5, N_IN)), rng.normal(size=(5, layer.n_out))
    linear = layer.family.forward(parameters, x)[0] - layer.family.forward(parameters, 0 * x)[0]
    back = layer.family.backward_input(parameters, delta)
    np.testing.assert_allclose((linear * delta).sum(axis=1), (x * back).sum(axis=1), rtol=1e-12)
    assert not back.reshape(5, N_SEGMENTS, -1)[:, :, -1].any(), "the input under no kernel"
    np.testing.assert_array_equal(
        back, layer.family.backward_both(parameters, layer.family.forward(parameters, x)[1], delta)[1]
    )


@pytest.mark.parametrize("kind", KINDS)
def test_hessian_vector_products_are_exact(kind: str) -> None:
    network = a_network(kind)
    x, targets = a_batch()
    v = np.random.default_rng(5).normal(size=len(network.theta))
    product = HessianProduct(network, x, targets)
    assert product.is_exact
    ahead, behind = (Network(network.spec, network.theta + s * 1e-6 * v).gradient(x, targets) for s in (1, -1))
    np.testing.assert_allclose(product(v), (ahead - behind) / 2e-6, rtol=1e-5, atol=1e-8)
    # The same through a layer that moves the input of the convolution.
    layer, parameters = network.spec.layers[0], network.parameters(0)
    direction = {name: np.random.default_rng(6).normal(size=value.shape) for name, value in parameters.items()}
    dx = np.random.default_rng(7).normal(size=x.shape)
    moved = [{name: parameters[name] + s * 1e-6 * direction[name] for name in parameters} for s in (1, -1)]
    ends = [layer.family.forward(one, x + s * 1e-6 * dx) for one, s in zip(moved, (1, -1), strict=True)]
    da, tangent = layer.family.forward_tangent(parameters, direction, layer.family.forward(parameters, x)[1], dx)
    np.testing.assert_allclose(da, (ends[0][0] - ends[1][0]) / 2e-6, rtol=1e-5, atol=1e-8)
    delta, ddelta = np.random.default_rng(8).normal(size=(2, 5, layer.n_out))
    deltas = [delta + s * 1e-6 * ddelta for s in (1, -1)]
    gradients = [layer.family.backward(p, e[1], d) for p, e, d in zip(moved, ends, deltas, strict=True)]
    layer_pass = layer.family.forward(parameters, x)[1]
    found = layer.family.backward_tangent(parameters, direction, layer_pass, tangent, delta, ddelta)
    for name, value in found.items():
        np.testing.assert_allclose(value, (gradients[0][name] - gradients[1][name]) / 2e-6, rtol=1e-5, atol=1e-7)
    back = [layer.family.backward_input(p, d) for p, d in zip(moved, deltas, strict=True)]
    dback = layer.family.backward_input_tangent(parameters, direction, delta, ddelta)
    np.testing.assert_allclose(dback, (back[0] - back[1]) / 2e-6, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("kind", KINDS)
def test_the_nuclear_norm_is_that_of_the_kernels(kind: str) -> None:
    network = a_network(kind)
    assert nuclear_norm(network) == pytest.approx(np.linalg.svd(network.weight_matrix(0), compute_uv=False).sum())
    steps = 1e-6 * np.eye(len(network.theta))
    norm = [[nuclear_norm(Network(network.spec, network.theta + s * step)) for s in (1, -1)] for step in steps]
    np.testing.assert_allclose(nuclear_norm_gradient(network), np.subtract(*np.array(norm).T) / 2e-6, atol=1e-7)


def test_operations_and_weights_are_counted_over_all_windows() -> None:
    plain, factored = a_network("convolution").spec, a_network("convolution-svd").spec
    output = 2 * N_WINDOWS * N_KERNELS * 3 + 3 * 5
    assert plain.layers[0].n_out == N_WINDOWS * N_KERNELS
    assert forward_flops(plain) == N_WINDOWS * 2 * WIDTH * N_KERNELS + N_WINDOWS * N_KERNELS * 2 + output
    each = 2 * 3 * (WIDTH + N_KERNELS) + 3
    assert forward_flops(factored) == N_WINDOWS * each + N_WINDOWS * N_KERNELS * 2 + output
    assert layer_weights(plain.layers[0]) == WIDTH * N_KERNELS
    assert layer_weights(factored.layers[0]) == 3 * (WIDTH + 1 + N_KERNELS)
    backward = plain.layers[0].family.backward_flops
    assert backward(plain.layers[0], has_input_gradient=False) == N_WINDOWS * 2 * WIDTH * N_KERNELS
    assert backward(plain.layers[0], has_input_gradient=True) == N_WINDOWS * (4 * WIDTH * N_KERNELS + WIDTH)
    assert epoch_flops(plain, 100, 10, "sgd") < epoch_flops(factored, 100, 10, "sgd")


def test_initial_weights_have_the_scale_of_the_kernels() -> None:
    layer = a_network("convolution").spec.layers[0]
    assert initial_std(NetworkSettings(initial="he"), layer) == pytest.approx(np.sqrt(2 / WIDTH))
    assert initial_std(NetworkSettings(initial="glorot"), layer) == pytest.approx(np.sqrt(2 / (WIDTH + N_KERNELS)))
    made = NetworkSettings(hidden=(N_KERNELS,), kernel_width=WIDTH, kernel_stride=STRIDE)
    plain, factored = (build(made, N_IN, 3, (kind, "dense"), 1, np.float64, N_SEGMENTS) for kind in KINDS)
    np.testing.assert_allclose(plain.weight_matrix(0), factored.weight_matrix(0), atol=1e-14)
    x = a_batch()[0]
    np.testing.assert_allclose(plain.predict(x), factored.predict(x), atol=1e-14)


def test_files_of_other_networks_stay_as_they_are_and_windows_are_read_back() -> None:
    dense = network_spec(NetworkSettings(), 9, 3, ("svd", "dense"))
    assert spec_to_table(dense)["layers"][0] == {
        "kind": "svd", "n_in": 9, "n_out": 20, "rank": 9, "activation": "relu"
    }  # fmt: skip
    for kind in KINDS:
        spec = a_network(kind).spec
        table = json.loads(json.dumps(spec_to_table(spec)))
        assert table["layers"][0]["window"] == {"width": WIDTH, "stride": STRIDE, "n_segments": N_SEGMENTS}
        assert spec_from_fields(Fields(table)) == spec


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"window": None}, "layer0 is of kind 'convolution' and has no window; it should have one"),
        ({"kind": "dense"}, "layer0 is of kind 'dense' and has a window; it should have none"),
        ({"window": Window(12, 3, 2)}, "the window's width of layer0 is 12; it should be at most 11"),
        ({"window": Window(4, 3, 4)}, "layer0 has 22 inputs in 4 segments; they should be a multiple of that"),
        ({"window": Window(4, 0, 2)}, "the window's stride of layer0 is 0; it should be a whole number from 1"),
        ({"window": Window(4, True, 2)}, "the window's stride of layer0 is True"),
        ({"window": Window(4, 2, 2)}, "layer0 has 18 outputs; they should be a multiple of its 8 windows"),
        ({"rank": 4}, "the rank of layer0 is 4; it should be 3"),
        ({"kind": "convolution-svd", "rank": 4}, "the rank of layer0 is 4; it should be at most 3"),
    ],
)
def test_windows_that_do_not_fit_are_refused(changes: dict[str, object], words: str) -> None:
    first, last = a_network("convolution").spec.layers
    spec = NetworkSpec((dataclasses.replace(first, **changes), last), "cross-entropy")  # type: ignore[arg-type]
    with pytest.raises(NetworkError, match=words):
        check_spec(spec)
    with pytest.raises(FileFormatError):
        spec_from_fields(Fields(spec_to_table(spec), "network."))


def test_only_the_first_layer_slides_and_only_over_frequencies() -> None:
    made = NetworkSettings(hidden=(5,), kernel_width=3)
    for kinds, n_segments in ((("dense", "convolution"), 1), (("convolution", "dense"), 0)):
        with pytest.raises(NetworkError, match="should be the first of at least two, and its inputs frequencies"):
            network_spec(made, 9, 3, kinds, n_segments)
    with pytest.raises(NetworkError, match="should be the first of at least two"):
        network_spec(NetworkSettings(hidden=()), 9, 3, ("convolution",))
    with pytest.raises(NetworkError, match="needs a window"):
        layer_family("convolution").forward({"W": np.ones((1, 1)), "b": np.ones(1)}, np.ones((1, 1)))


@pytest.mark.parametrize("kind", KINDS)
def test_singular_values_of_the_kernels_are_discarded(kind: str) -> None:
    """From ``convolution`` the layer is factored at the point, as with ``factor_from`` "first point"."""
    network = a_network(kind)
    policy = DiscardingSettings(criterion="rank", rank=2, moments="truncate")
    kinds = ("convolution-svd", "dense")
    cut, state, discarded = discard(network, fresh_state(network.spec, network.theta), kinds, policy)
    assert [(one.layer, one.rank_before, one.rank_after) for one in discarded] == [(0, 3, 2)]
    assert cut.spec.kinds == kinds and state.first.shape == cut.theta.shape
    check_spec(cut.spec)
    U, sigma, Vt = np.linalg.svd(network.weight_matrix(0))
    np.testing.assert_allclose(cut.weight_matrix(0), (U[:, :2] * sigma[:2]) @ Vt[:2], atol=1e-12)
    np.testing.assert_allclose(cut.singular_values(0), sigma[:2], atol=1e-12)


def an_experiment(**changes: object) -> mlpsvd.Experiment:
    small = {
        "data.synthetic.train_per_class": 60,
        "data.synthetic.test_per_class": 30,
        "features.segments": "several",
        "features.n_parts": 2,
        "training.contenders": ("mlp", "convolution", "convolution-svd"),
        "training.epochs": 6,
        "training.learning_rate": 0.005,
        "discarding.points": 1,
        "discarding.first": 3,
        "discarding.criterion": "rank",
        "discarding.rank": 3,
    }
    return changed(mlpsvd.Experiment(), {**small, **changes})


@pytest.fixture(scope="module")
def prepared() -> Prepared:
    return prepare(an_experiment())


@pytest.fixture(scope="module")
def run(prepared: Prepared) -> Run:
    race = Race(prepared)
    for _ in race.run():
        pass
    assert race.notes == ("The fused engine does not support convolution layers; the reference engine is used instead",)
    return Run.of("a1", prepared, race)


def test_a_race_trains_both_on_the_reference_engine(run: Run) -> None:
    histories = {key: run.history(key) for key in ("convolution", "convolution-svd")}
    for key, history in histories.items():
        assert history[-1].kinds == (key, "dense")
        assert history[-1].train_loss < 0.8 * history[0].train_loss
    assert [event.ranks[0] for event in histories["convolution-svd"]] == [16, 16, 16, 3, 3, 3, 3]
    assert histories["convolution"][-1].ranks[0] == 16
    first = run.outcomes["convolution"].snapshot.spec.layers[0]
    n_bins = run.experiment.features.n_bins
    assert first.window == Window(16, 4, 2) and first.n_in == 2 * n_bins
    assert first.n_out == 20 * 2 * ((n_bins - 16) // 4 + 1)
    assert histories["convolution"][0].test_loss == pytest.approx(histories["convolution-svd"][0].test_loss, rel=1e-5)


@pytest.mark.parametrize("key", KINDS)
def test_model_files_give_the_same_results_and_exports_refuse(run: Run, key: str, tmp_path: Path) -> None:
    model = run.model(key)
    save_model(tmp_path / "a.safetensors", model)
    loaded = load_model(tmp_path / "a.safetensors")
    assert loaded.spec == model.spec and loaded.theta.tobytes() == model.theta.tobytes()
    for suffix in (".onnx", ".npz", ".mat"):
        with pytest.raises(DataError, match="layer 1 is a convolution over frequency, which an export cannot contain"):
            mlpsvd.export_model(tmp_path / f"b{suffix}", model)
    with pytest.raises(SettingError, match="should be a model whose first layer is not a convolution"):
        first_layer_of_model(tmp_path / "a.safetensors", model.features)
    mlpsvd.export_model(tmp_path / "merged.safetensors", model, merged=True)
    whole = load_model(tmp_path / "merged.safetensors")
    assert whole.spec.kinds == ("convolution", "dense")
    x = np.random.default_rng(1).normal(size=(4, model.spec.n_in)).astype(np.float32)
    np.testing.assert_allclose(whole.network().predict(x), model.network().predict(x), atol=1e-6)


@pytest.mark.parametrize("key", ["rank", "calibration", "spectra", "robustness", "class-means", "similarity"])
def test_analyses_of_a_convolution(run: Run, prepared: Prepared, key: str) -> None:
    subject = subject_of(run, "convolution-svd", prepared)
    result = list(ANALYSES[key].run(subject))[-1]
    assert isinstance(result, AnalysisResult) and result.findings
    if key == "rank":
        assert len(result.arrays["accuracy"]) == 3
        assert result.arrays["accuracy"][-1] == pytest.approx(run.outcomes["convolution-svd"].last.test_accuracy)
    if key == "spectra":
        rms = np.sqrt((run.history("convolution-svd")[0].singular_values[0] ** 2).sum() / (20 * 16))
        assert result.arrays["edge"] == pytest.approx(rms * (np.sqrt(20) + np.sqrt(16)))


@pytest.mark.parametrize("key", ["directions", "compression", "hessian"])
def test_analyses_that_need_the_whole_matrix_say_so(run: Run, prepared: Prepared, key: str) -> None:
    subject = subject_of(run, "convolution", prepared)
    with pytest.raises(
        NetworkError, match="layer 1 is a convolution, whose kernels multiply 16 inputs at a time; this"
    ):
        list(ANALYSES[key].run(subject))


def test_directions_of_the_layer_after_it(run: Run, prepared: Prepared) -> None:
    result = list(ANALYSES["directions"].run(subject_of(run, "convolution", prepared, layer=1)))[-1]
    assert isinstance(result, AnalysisResult)
    assert result.arrays["accuracy"] == pytest.approx(run.outcomes["convolution"].last.test_accuracy)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("features.n_components", 8, "features.n_components is 8; it should be 0 with the network Convolution, a conv"),
        ("network.kernel_width", 200, "network.kernel_width is 200; it should be at most the 129 frequencies"),
        ("network.first_layer", "a.safetensors", "should be empty with the network Convolution"),
        ("network.hidden", (), "should be one layer or more with the network Convolution"),
        ("discarding.criterion", "dynamical", "should be another one with the network Convolution"),
    ],
)
def test_settings_that_do_not_fit_are_refused(key: str, value: object, words: str) -> None:
    with pytest.raises(SettingError, match=words):
        check(an_experiment(**{key: value}))
    check(an_experiment(**{key: value, "training.contenders": ("mlp",)}))


def test_the_settings_of_one_contender_are_not_checked_with_another() -> None:
    """Softmax has no hidden layer, which the convolution beside it needs."""
    prepared = prepare(an_experiment(**{"training.contenders": ("softmax", "convolution"), "training.epochs": 1}))
    assert {one.contender.key for one in Race(prepared).run()} == {"softmax", "convolution"}
    own = mlpsvd.Contender("own", "Own", True, 0, settings=(("network.family", "convolution"), ("network.hidden", ())))
    with pytest.raises(SettingError, match=r"contender own: network\.hidden is"):
        Race(prepared, contenders=[own])


def test_kinds_with_a_convolution_behind_the_first_are_refused() -> None:
    changes = {"training.contenders": ("mlp-svd",), "network.hidden": (20, 20)}
    check(an_experiment(**changes, **{"network.family": "convolution-svd"}))
    with pytest.raises(SettingError, match="a list in which only the first is a convolution"):
        check(an_experiment(**changes, **{"network.kinds": ("svd", "convolution", "dense")}))
    assert NetworkSettings(hidden=(9, 9), family="convolution-svd").factored_kinds() == (
        "convolution-svd", "svd", "dense"
    )  # fmt: skip
    assert LayerSpec("dense", 4, 3, 3, "relu").matrix_shape == (3, 4)
