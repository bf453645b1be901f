"""What a direction separates, and which regions of the input a network needs."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlpsvd.analysis.direction_meaning import meaning, meaning_sentences, narrowest_run
from mlpsvd.analysis.directions import Directions, directions, over_frequency
from mlpsvd.analysis.occlusion import merged, occlude, part_regions, regions
from mlpsvd.analysis.registry import analysis
from mlpsvd.analysis.result import AnalysisResult, result_of
from mlpsvd.analysis.subject import Subject
from mlpsvd.datasets.dataset import DataSet
from mlpsvd.features.principal_components import fit_components
from mlpsvd.features.settings import FeatureSettings
from mlpsvd.features.spectra import FittedFeatures
from mlpsvd.network.initialise import build
from mlpsvd.network.network import Network
from mlpsvd.network.settings import NetworkSettings
from mlpsvd.training.events import Snapshot

_BINS = 33  # of 64 samples at 16 kHz: 250 Hz apart
_NAMES = ("a", "b", "c")


def _features(n_parts: int = 1, settings: FeatureSettings | None = None) -> FittedFeatures:
    segments = "several" if n_parts > 1 else "first"
    chosen = settings or FeatureSettings(fft_size=64, segments=segments, n_parts=max(n_parts, 2))
    n = chosen.n_magnitudes
    return FittedFeatures(chosen, 16000.0, np.zeros(n), np.ones(n))


def _data(n: int, tones: dict[int, int], seed: int = 1) -> DataSet:
    """Noise of 0.1, and for each class 1 at one feature."""
    rng = np.random.default_rng(seed)
    y = np.arange(180) % len(_NAMES)
    x = 0.1 * rng.standard_normal((180, n))
    for k, feature in tones.items():
        x[y == k, feature] += 1.0
    x = x.astype(np.float32)
    return DataSet(x[:90], y[:90], x[90:], y[90:], _NAMES)


def _matched(n: int, tones: dict[int, int]) -> Network:
    """Softmax without a hidden layer that looks at one feature for each class."""
    network = build(NetworkSettings(hidden=()), n, len(_NAMES), ("dense",), 1, "float64")
    network.theta[:] = 0.0
    for k, feature in tones.items():
        network.parameters(0)["W"][k, feature] = 5.0 - k
    return network


def _subject(network: Network, data: DataSet, features: FittedFeatures) -> Subject:
    return Subject("mlp", "MLP", Snapshot(network.spec, network.theta), 3, features, _NAMES, data)


def _found(network: Network, data: DataSet, layer: int = 0) -> Directions:
    *_, last = directions(network, data, layer)
    assert isinstance(last, Directions)
    return last


@given(st.lists(st.integers(-5, 9), min_size=1, max_size=12), st.integers(1, 30))
@settings(deadline=None, max_examples=100)
def test_the_narrowest_run_is_that_of_all_runs(terms: list[int], least: int) -> None:
    values = np.array(terms, np.float64)
    first, last = narrowest_run(values, float(least))
    runs = [(a, b) for a in range(len(terms)) for b in range(a, len(terms)) if sum(terms[a : b + 1]) >= least]
    shortest = min((b - a for a, b in runs), default=len(terms) - 1)
    assert last - first == shortest
    assert not runs or values[first : last + 1].sum() >= least


def test_a_direction_separates_the_classes_furthest_apart_by_the_frequencies_that_make_half_of_it() -> None:
    tones = {0: 5, 1: 12}
    data, features = _data(_BINS, tones), _features()
    found = _found(_matched(_BINS, tones), data)
    assert found.factors.sigma[:2] == pytest.approx([5.0, 4.0])
    for r in (0, 1):
        one = meaning(found, r, features)
        assert one is not None and one.band is not None
        means, spread = found.activation_mean[r], found.activation_std[r]
        assert one.high == means.argmax() and one.low == means.argmin()
        ratio = np.sqrt((spread[one.high] ** 2 + spread[one.low] ** 2) / 2)
        assert one.gap == pytest.approx((means.max() - means.min()) / ratio)
        own = data.x_test.astype(float)
        difference = own[data.y_test == one.high].mean(axis=0) - own[data.y_test == one.low].mean(axis=0)
        terms = found.factors.sigma[r] * found.factors.vt[r] * difference
        assert terms.sum() == pytest.approx(means.max() - means.min(), rel=1e-6)
        inside = (features.frequencies_hz >= one.band.low_hz) & (features.frequencies_hz <= one.band.high_hz)
        assert one.band.share == pytest.approx(terms[inside].sum() / terms.sum(), rel=1e-6) and one.band.share >= 0.5
        assert one.band.low_hz in (1250.0, 3000.0)
    words = " ".join(meaning_sentences(found, 0, _NAMES, features))
    assert "standard deviations" in words and " Hz makes " in words


def test_the_words_on_confusions_are_counts_of_clips() -> None:
    tones = {0: 5, 1: 12}
    data = _data(_BINS, tones)
    network = _matched(_BINS, tones)
    found = _found(network, data)
    w, x = network.weight_matrix(0), data.x_test.astype(float)
    for r, one in enumerate(found.confused):
        less = w - found.factors.sigma[r] * np.outer(found.factors.u[:, r], found.factors.vt[r])
        assert one is not None
        own = x[data.y_test == one.actual]
        assert one.n_clips == len(own)
        assert one.n_with == ((own @ w.T).argmax(axis=1) == one.predicted).sum()
        assert one.n_without == ((own @ less.T).argmax(axis=1) == one.predicted).sum()
    worst = int(found.accuracy_without.argmin())
    most = found.confused[worst]
    assert most is not None and most.more > 10
    expected = f"Without it, {most.n_without} of 30 test clips of {_NAMES[most.actual]} are predicted as"
    assert expected in " ".join(meaning_sentences(found, worst, _NAMES, _features()))


def test_the_part_of_the_clip_is_named() -> None:
    tones = {0: _BINS + 7, 1: _BINS + 20}
    found = _found(_matched(2 * _BINS, tones), _data(2 * _BINS, tones))
    one = meaning(found, 0, _features(2))
    assert one is not None and one.band is not None and one.band.part == 1
    assert "of part 2 of 2" in " ".join(meaning_sentences(found, 0, _NAMES, _features(2)))


def test_a_direction_that_separates_nothing_says_so() -> None:
    network = build(NetworkSettings(hidden=(4,)), _BINS, 3, ("dense", "dense"), 1, "float64")
    found = _found(network, _data(_BINS, {}))
    assert any("separates no two classes" in meaning_sentences(found, r, _NAMES, _features())[0] for r in range(4))
    for layer in (0, 1):  # a later layer has no frequencies
        words = meaning_sentences(_found(network, _data(_BINS, {0: 3}), layer), 0, _NAMES, _features())
        assert ("Hz" in " ".join(words)) <= (layer == 0)


def test_one_class_with_test_clips_is_separated_from_none() -> None:
    data = _data(_BINS, {0: 5})
    some = data.y_test == 0
    one = DataSet(data.x_train, data.y_train, data.x_test[some], data.y_test[some], _NAMES)
    found = _found(_matched(_BINS, {0: 5}), one)
    assert meaning(found, 0, _features()) is None
    assert meaning_sentences(found, 0, _NAMES, _features())


def test_directions_of_principal_components_separate_by_the_same_frequencies() -> None:
    tones = {0: 5, 1: 12}
    data = _data(_BINS, tones)
    pca = fit_components(data.x_train.astype(float), _BINS)
    plain = _features()
    features = FittedFeatures(plain.settings, 16000.0, plain.offset, plain.scale, pca)
    x = [pca.project(one.astype(float)).astype(np.float32) for one in (data.x_train, data.x_test)]
    projected = DataSet(x[0], data.y_train, x[1], data.y_test, _NAMES)
    network = _matched(_BINS, tones)
    network.parameters(0)["W"][:] = network.weight_matrix(0) @ pca.components.T
    found = over_frequency(_found(network, projected), features)
    expected = _found(_matched(_BINS, tones), data)
    ours, theirs = meaning(found, 0, features), meaning(expected, 0, plain)
    assert ours is not None and theirs is not None and ours.band is not None and theirs.band is not None
    assert {ours.band.low_hz, theirs.band.low_hz} <= {1250.0, 3000.0}
    assert ours.gap == pytest.approx(theirs.gap, rel=0.05)


def test_only_the_bands_that_the_network_looks_at_are_needed() -> None:
    tones = {0: 5, 1: 12}
    data, features, network = _data(_BINS, tones), _features(), _matched(_BINS, tones)
    chosen = regions(features, data.x_train)
    assert np.array_equal(sum(one.features.astype(int) for one in chosen), np.ones(_BINS))
    assert all(a.last + 1 == b.first for a, b in pairwise(chosen)) and len(chosen) <= 24
    found = result_of_occlusion(network, data, features)
    assert {int(np.flatnonzero(chosen[index].features)[0]) for index in found.needed} == {5, 12}
    means = data.x_train.astype(float).mean(axis=0)
    for index, region in enumerate(chosen):
        x = np.where(region.features, means, data.x_test)
        predicted = (x @ network.weight_matrix(0).T).argmax(axis=1)
        assert found.accuracy_without[index] == (predicted == data.y_test).mean()
        own = data.y_test == 0
        before = ((data.x_test @ network.weight_matrix(0).T).argmax(axis=1) == 0)[own].mean()
        assert found.recall_lost[index, 0] == pytest.approx(before - (predicted[own] == 0).mean())
    assert found.with_needed == pytest.approx(found.accuracy, abs=0.02)


def result_of_occlusion(network: Network, data: DataSet, features: FittedFeatures):  # type: ignore[no-untyped-def]
    events = occlude(network, data, features, regions(features, data.x_train))
    while True:
        try:
            next(events)
        except StopIteration as end:
            return end.value


def _result(network: Network, data: DataSet, features: FittedFeatures) -> AnalysisResult:
    return result_of(analysis("occlusion").run(_subject(network, data, features)))


def test_the_findings_name_the_band_the_class_and_both_accuracies() -> None:
    tones = {0: 5, 1: 12}
    data, features, network = _data(_BINS, tones), _features(), _matched(_BINS, tones)
    result, found = _result(network, data, features), result_of_occlusion(network, data, features)
    worst = int(found.accuracy_without.argmin())
    assert f"most is {found.regions[worst].name}: without it, " in result.findings[0]
    assert f"{100 * found.accuracy_without[worst]:.1f} %" in result.findings[0]
    assert "of 30 clips are correct with it" in result.findings[0]
    assert f"{100 * found.with_needed:.1f} %" in result.findings[1] and "2 of " in result.findings[1]
    for one in result.pictures:
        assert one.draw().axes
    assert len(result.tables[0].rows) == len(found.regions)


def test_neighbouring_bands_are_named_as_one() -> None:
    features = _features()
    chosen = regions(features, np.eye(_BINS))
    assert merged(chosen, features) == ["0 to 8000 Hz"]
    assert len(merged([chosen[0], chosen[2]], features)) == 2


def test_the_part_of_the_clip_that_is_needed_is_named() -> None:
    tones = {0: _BINS + 7, 1: _BINS + 20}
    data, features = _data(2 * _BINS, tones), _features(2)
    result = _result(_matched(2 * _BINS, tones), data, features)
    assert [one.features.sum() for one in part_regions(features)] == [_BINS, _BINS]
    without = dict(zip(("first", "second"), result.arrays["accuracy_without_part"], strict=True))
    assert without["first"] == result.arrays["accuracy"] and without["second"] < 0.5
    assert "without part 2" in result.findings[-2]


def test_the_needed_patches_of_an_image_are_named() -> None:
    features = _features(settings=FeatureSettings(fft_size=144, magnitude="pixels", scaling="none"))
    tones = {0: 0, 1: 143}
    result = _result(_matched(144, tones), _data(144, tones), features)
    assert "2 of 36 patches" in result.findings[1] and "With 90 test clips one clip makes 1.1" in result.findings[2]
    assert "rows 1 to 2, columns 1 to 2" in result.findings[1]
    for one in result.pictures:
        assert one.draw().axes


def test_the_ninth_of_an_image_that_separates_is_named() -> None:
    features = _features(settings=FeatureSettings(fft_size=144, magnitude="pixels", scaling="none"))
    tones = {0: 12 * 10 + 11}
    found = _found(_matched(144, tones), _data(144, tones))
    one = meaning(found, 0, features)
    assert one is not None and one.area is not None and one.area[0] == "lower right" and one.area[1] > 0.9
    assert "The lower right ninth of the image makes" in " ".join(meaning_sentences(found, 0, _NAMES, features))


def test_without_a_needed_band_the_information_is_said_to_be_repeated() -> None:
    n = _BINS
    data = _data(n, {})
    result = _result(_matched(n, {}), data, _features())
    assert "No single band" in result.findings[1]


def test_wider_bands_are_tried_where_narrow_ones_matter_only_together() -> None:
    """Class 0 has a little more energy in every bin, class 1 a little less: no narrow band is needed, all are."""
    rng = np.random.default_rng(3)
    y = np.arange(180) % 3
    x = (0.1 * rng.standard_normal((180, _BINS)) + 0.06 * np.array([1.0, -1.0, 0.0])[y, None]).astype(np.float32)
    data = DataSet(x[:90], y[:90], x[90:], y[90:], _NAMES)
    network = _matched(_BINS, {})
    network.parameters(0)["W"][0], network.parameters(0)["W"][1] = 1.0, -1.0
    result = _result(network, data, _features())
    assert len(result.tables[0].rows) < 24 and result.arrays["accuracy"].item() > 0.6
    assert f"of {len(result.tables[0].rows)} bands" in " ".join(result.findings) or "No single" in result.findings[1]
