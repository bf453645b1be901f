"""Windows out of a ring buffer: the decisions of files, swaps, losses."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from mlpsvd.audio.ring_buffer import RingBuffer
from mlpsvd.audio.sources.file_source import FileSource
from mlpsvd.audio.sources.paced_source import Pace
from mlpsvd.audio.sources.source import AudioSource
from mlpsvd.classification.classifier import Classifier
from mlpsvd.classification.live.decision import LiveDecision
from mlpsvd.classification.live.live_classifier import LiveClassifier
from mlpsvd.classification.live.settings import LiveSettings
from mlpsvd.errors import DataError, SettingError
from mlpsvd.features.settings import FeatureSettings
from mlpsvd.features.spectra import fit
from mlpsvd.models.input_contract import InputContract
from mlpsvd.models.model import Model
from mlpsvd.network.spec import LayerSpec, NetworkSpec

RATE_HZ = 8000.0
WINDOW = 400


def random_model(seed: int, names: tuple[str, ...] = ("a", "b", "c"), clip_s: float = WINDOW / RATE_HZ) -> Model:
    """Return an untrained network; its outputs depend on every sample, which is sufficient here."""
    rng = np.random.default_rng(seed)
    settings = FeatureSettings(fft_size=64, hop=32, segments="several")
    features = fit(rng.normal(size=(20, WINDOW)).astype(np.float32), RATE_HZ, settings)
    layers = (
        LayerSpec("dense", features.n_features, 8, 8, "relu"),
        LayerSpec("dense", 8, len(names), len(names), "softmax"),
    )
    spec = NetworkSpec(layers, "cross-entropy")
    theta = rng.normal(0.0, 1.0, spec.n_parameters).astype(np.float32)
    return Model(spec, theta, features, names, InputContract.of_clips(RATE_HZ, clip_s, features.settings.fft_size))


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier(random_model(1))


def noise(n_samples: int, seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-0.5, 0.5, n_samples).astype(np.float32)


def run(source: AudioSource, live: LiveClassifier, ring: RingBuffer) -> list[LiveDecision]:
    decisions: list[LiveDecision] = []
    source.start(ring)
    while True:
        over = source.finished
        found = live.poll()
        decisions += found
        if over and not found:
            return decisions + live.flush()
        time.sleep(0.001)


@pytest.mark.parametrize("n_samples", [WINDOW * 7, WINDOW * 7 + 200, WINDOW * 7 + 30, 300, WINDOW])
@pytest.mark.parametrize("file_rate_hz", [8000, 11025])
def test_a_file_played_gives_exactly_the_decisions_of_the_file_classified(
    classifier: Classifier, tmp_path: Path, n_samples: int, file_rate_hz: int
) -> None:
    path = tmp_path / "played.wav"
    samples = np.stack([noise(n_samples, 3), noise(n_samples, 4)], axis=1)
    soundfile.write(path, samples, file_rate_hz, subtype="FLOAT")
    expected = classifier.classify_file(path)
    ring = RingBuffer(3 * WINDOW)
    live = LiveClassifier(ring, classifier)
    found = run(FileSource(path, RATE_HZ, Pace.FASTEST), live, ring)
    assert [(one.start_s, one.duration_s, one.label) for one in found] == [
        (one.start_s, one.duration_s, one.label) for one in expected
    ]
    for one, other in zip(found, expected, strict=True):
        assert np.array_equal(one.probabilities, other.probabilities)
        assert one.probability == other.probability
    assert ring.n_lost == 0


@given(blocks=st.lists(st.integers(0, 900), max_size=12), hop_share=st.floats(0.05, 1.0))
def test_windows_do_not_depend_on_how_the_samples_came_in(blocks: list[int], hop_share: float) -> None:
    classifier = Classifier(random_model(1))
    samples = noise(sum(blocks))
    ring = RingBuffer(20_000)
    live = LiveClassifier(ring, classifier, LiveSettings(hop_share))
    found, at = [], 0
    for n in blocks:
        ring.write(samples[at : at + n])
        at += n
        found += live.poll(limit=1000)
    hop = max(1, round(hop_share * WINDOW))
    starts = list(range(0, len(samples) - WINDOW + 1, hop))
    assert [round(one.start_s * RATE_HZ) for one in found] == starts
    for one, start in list(zip(found, starts, strict=True))[::7]:
        expected = classifier.probabilities(samples[start : start + WINDOW])
        assert np.array_equal(one.probabilities, expected)


def test_a_decision_says_what_it_saw_and_how_long_it_took(classifier: Classifier) -> None:
    ring = RingBuffer(1000)
    live = LiveClassifier(ring, classifier, source_latency_s=lambda: 0.04)
    samples = noise(WINDOW)
    ring.write(samples)
    time.sleep(0.02)  # the time that is measured
    (one,) = live.poll()
    assert one.label == one.class_names[int(np.argmax(one.probabilities))]
    assert one.probability == max(one.probabilities)
    assert np.array_equal(one.features, classifier.model.features.transform(samples)[0])
    assert one.level.peak_dbfs == pytest.approx(20 * np.log10(np.abs(samples).max()), abs=1e-3)
    assert one.latency.device_ms == pytest.approx(40.0)
    assert 20.0 <= one.latency.waiting_ms < 200.0
    assert one.latency.total_ms == pytest.approx(
        one.latency.device_ms + one.latency.waiting_ms + one.latency.features_ms + one.latency.network_ms
    )


def test_a_swapped_model_decides_the_next_window_and_all_of_it(classifier: Classifier) -> None:
    other = Classifier(random_model(2, names=("x", "y")))
    ring = RingBuffer(10 * WINDOW)
    live = LiveClassifier(ring, classifier)
    samples = noise(4 * WINDOW)
    ring.write(samples)
    before = live.poll(limit=2)
    live.swap(other)
    after = live.poll()
    assert [one.class_names for one in before + after] == [("a", "b", "c")] * 2 + [("x", "y")] * 2
    for index, one in enumerate(after, start=2):
        expected = other.probabilities(samples[index * WINDOW : (index + 1) * WINDOW])
        assert np.array_equal(one.probabilities, expected)


def test_a_swap_to_longer_windows_goes_on_where_the_last_one_ended(classifier: Classifier) -> None:
    longer = Classifier(random_model(2, clip_s=2 * WINDOW / RATE_HZ))
    ring = RingBuffer(10 * WINDOW)
    live = LiveClassifier(ring, classifier)
    ring.write(noise(3 * WINDOW))
    live.poll(limit=1)
    live.swap(longer)
    (one,) = live.poll()
    assert one.start_s == pytest.approx(WINDOW / RATE_HZ)
    assert one.duration_s == pytest.approx(2 * WINDOW / RATE_HZ)


def test_a_model_of_another_rate_is_refused_in_words(classifier: Classifier) -> None:
    model = random_model(1)
    other = dataclasses.replace(model, features=dataclasses.replace(model.features, sample_rate_hz=16000.0))
    live = LiveClassifier(RingBuffer(1000), classifier)
    with pytest.raises(DataError, match="16 kHz and the source delivers 8000 Hz"):
        live.swap(Classifier(other))
    assert live.classifier is classifier


def test_a_ring_shorter_than_a_window_is_refused(classifier: Classifier) -> None:
    with pytest.raises(DataError, match="400 samples"):
        LiveClassifier(RingBuffer(WINDOW - 1), classifier)


@pytest.mark.parametrize("hop_share", [0.0, -1.0, 1.5, float("nan")])
def test_an_impossible_hop_is_refused(classifier: Classifier, hop_share: float) -> None:
    with pytest.raises(SettingError, match=r"live\.hop_share"):
        LiveClassifier(RingBuffer(1000), classifier, LiveSettings(hop_share))


def test_after_a_loss_windows_are_aligned_again_and_the_loss_is_counted(classifier: Classifier) -> None:
    ring = RingBuffer(3 * WINDOW)
    live = LiveClassifier(ring, classifier)
    samples = noise(5 * WINDOW + 100)
    ring.write(samples)
    found = live.poll()
    starts = [round(one.start_s * RATE_HZ) for one in found]
    assert starts == [3 * WINDOW, 4 * WINDOW]
    assert np.array_equal(found[0].probabilities, classifier.probabilities(samples[3 * WINDOW : 4 * WINDOW]))
    assert ring.n_lost == 2 * WINDOW + 100


def test_the_rest_of_overlapping_windows_is_not_decided_on_twice(classifier: Classifier) -> None:
    ring = RingBuffer(3 * WINDOW)
    live = LiveClassifier(ring, classifier, LiveSettings(hop_share=0.5))
    ring.write(noise(WINDOW + 150))
    assert len(live.poll()) == 1
    assert live.flush() == []
