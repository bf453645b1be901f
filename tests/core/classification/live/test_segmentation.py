"""Event segmentation: start and end of events, pauses, and equality with classification of files."""

from __future__ import annotations

import dataclasses
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlpsvd.audio.ring_buffer import RingBuffer
from mlpsvd.classification.classifier import Classifier
from mlpsvd.classification.live.decision import LiveDecision
from mlpsvd.classification.live.live_classifier import LiveClassifier
from mlpsvd.classification.live.settings import LiveSettings
from mlpsvd.classification.live.verdict import VerdictKind
from mlpsvd.datasets.settings import SyntheticSettings
from mlpsvd.datasets.synthetic import one_class
from mlpsvd.errors import SettingError
from mlpsvd.features.settings import FeatureSettings
from mlpsvd.features.spectra import fit
from mlpsvd.models.input_contract import InputContract
from mlpsvd.models.model import Model
from mlpsvd.network.spec import LayerSpec, NetworkSpec
from mlpsvd.signals.bank import paper_bank

RATE_HZ = 8000.0
BLOCK = 80
WINDOW = 800
HANG = 800
SETTINGS = LiveSettings(windows="whole sounds", trigger_dbfs=-50.0, hang_s=HANG / RATE_HZ)


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    """An untrained network over three parts of a clip of any length."""
    rng = np.random.default_rng(1)
    settings = FeatureSettings(fft_size=64, hop=32, segments="several", magnitude="log")
    features = fit(rng.normal(size=(20, WINDOW)).astype(np.float32), RATE_HZ, settings)
    layers = (LayerSpec("dense", features.n_features, 8, 8, "relu"), LayerSpec("dense", 8, 3, 3, "softmax"))
    spec = NetworkSpec(layers, "cross-entropy")
    theta = rng.normal(0.0, 1.0, spec.n_parameters).astype(np.float32)
    contract = InputContract(RATE_HZ, WINDOW / RATE_HZ, cut_s=0.0, shortest_s=0.05)
    return Classifier(Model(spec, theta, features, ("a", "b", "c"), contract))


def loud(n: int, seed: int = 3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.uniform(0.1, 0.5, n) * rng.choice([-1.0, 1.0], n)).astype(np.float32)


def silence(n: int) -> np.ndarray:
    return np.zeros(n, np.float32)


def decided(classifier: Classifier, samples: np.ndarray, settings: LiveSettings = SETTINGS) -> list[LiveDecision]:
    ring = RingBuffer(len(samples) + 100_000)
    live = LiveClassifier(ring, classifier, settings)
    ring.write(samples)
    return live.poll(limit=10_000) + live.flush()


def sounds(decisions: list[LiveDecision]) -> list[tuple[int, int]]:
    """First sample and number of samples of each sound that was classified."""
    found = [one for one in decisions if one.verdict.kind is not VerdictKind.QUIET]
    return [(round(one.start_s * RATE_HZ), round(one.duration_s * RATE_HZ)) for one in found]


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.integers(400, 5000), st.integers(HANG + BLOCK, 3000)), min_size=1, max_size=5),
    st.lists(st.integers(1, 3000), min_size=1, max_size=5),
)
def test_each_sound_gets_the_numbers_of_its_own_file_however_it_comes_in(
    classifier: Classifier, lengths: list[tuple[int, int]], blocks: list[int]
) -> None:
    parts, expected, at = [silence(WINDOW)], [], WINDOW
    for index, (n_loud, n_silent) in enumerate(lengths):
        clip = loud(n_loud, index)
        expected.append((at, clip))
        parts += [clip, silence(n_silent)]
        at += n_loud + n_silent
    samples = np.concatenate(parts)
    ring = RingBuffer(20_000)
    live = LiveClassifier(ring, classifier, SETTINGS)
    found: list[LiveDecision] = []
    at = turn = 0
    while at < len(samples):
        ring.write(samples[at : at + blocks[turn % len(blocks)]])
        at += blocks[turn % len(blocks)]
        turn += 1
        found += live.poll(limit=1000)
    found += live.flush()
    assert ring.n_lost == 0
    assert sounds(found) == [(start, len(clip)) for start, clip in expected]
    heard = [one for one in found if one.verdict.kind is not VerdictKind.QUIET]
    for one, (_, clip) in zip(heard, expected, strict=True):
        assert np.array_equal(one.probabilities, classifier.probabilities(clip))


def test_silence_between_sounds_is_reported_in_windows_and_not_classified(classifier: Classifier) -> None:
    found = decided(classifier, np.concatenate([silence(2 * WINDOW + 160), loud(1600), silence(3 * WINDOW)]))
    kinds = [one.verdict.kind for one in found]
    assert kinds == [VerdictKind.QUIET] * 2 + [VerdictKind.CLASS] + [VerdictKind.QUIET] * 3
    starts = [round(one.start_s * RATE_HZ) for one in found]
    assert starts == [0, 800, 1760, 3360, 4160, 4960]
    assert all(np.isnan(one.probabilities).all() for one in found if one.verdict.kind is VerdictKind.QUIET)


@pytest.mark.parametrize(("pause", "n_sounds"), [(HANG - BLOCK, 1), (HANG, 2), (2 * HANG, 2)])
def test_a_pause_shorter_than_the_hang_time_belongs_to_the_sound(
    classifier: Classifier, pause: int, n_sounds: int
) -> None:
    samples = np.concatenate([loud(1600), silence(pause), loud(1600), silence(2 * HANG)])
    found = sounds(decided(classifier, samples))
    assert len(found) == n_sounds
    assert found[0][1] == (1600 if n_sounds == 2 else 3200 + pause)


def test_sound_with_long_pauses_is_not_reported_as_quiet(classifier: Classifier) -> None:
    """The mean level of an event may be below the trigger; it must have exceeded it at some time."""
    settings = dataclasses.replace(SETTINGS, trigger_dbfs=-9.0)
    samples = np.concatenate([loud(480), silence(HANG - BLOCK), loud(480), silence(2 * HANG)])
    (one,) = [one for one in decided(classifier, samples, settings) if one.verdict.kind is VerdictKind.CLASS]
    assert one.level.rms_dbfs < -9.0


def test_clicks_and_quiet_noise_do_not_trigger_a_take(classifier: Classifier) -> None:
    samples = np.concatenate([silence(800), loud(160), silence(2 * HANG), 0.002 * loud(4000), silence(800)])
    assert sounds(decided(classifier, samples)) == []


def test_a_sound_at_the_very_end_is_decided_on_with_its_last_sample(classifier: Classifier) -> None:
    for n_samples in (1600, 1637):
        clip = loud(n_samples)
        (one,) = decided(classifier, clip)
        assert (one.start_s, one.duration_s) == (0.0, n_samples / RATE_HZ)
        assert np.array_equal(one.probabilities, classifier.probabilities(clip))
    assert sounds(decided(classifier, np.concatenate([loud(1600), silence(400)]))) == [(0, 1600)]


def test_a_sound_that_breaks_off_is_left_and_the_next_one_begins_behind_the_break(classifier: Classifier) -> None:
    ring = RingBuffer(20_000)
    live = LiveClassifier(ring, classifier, SETTINGS)
    ring.write(loud(1000))
    assert live.poll() == []
    ring.mark_gap(1.0)
    ring.write(np.concatenate([loud(1600, 5), silence(HANG)]))
    (one,) = live.poll()
    assert one.start_s == pytest.approx(1000 / RATE_HZ + 1.0)
    assert np.array_equal(one.probabilities, classifier.probabilities(loud(1600, 5)))
    ring.write(loud(1000))
    ring.mark_gap(1.0)
    ring.write(silence(100))
    assert live.poll() + live.flush() == []


def test_a_break_counts_as_a_loss_and_a_pause_does_not(classifier: Classifier) -> None:
    ring = RingBuffer(60_000)
    live = LiveClassifier(ring, classifier, SETTINGS)
    ring.write(np.concatenate([loud(1600), silence(HANG), loud(100), silence(20_000), loud(1600, 5), silence(HANG)]))
    assert {one.lost_s for one in live.poll(1000)} == {0.0}
    ring.mark_gap(1.5)
    ring.write(np.concatenate([loud(1600, 6), silence(HANG)]))
    assert [one.lost_s for one in live.poll()] == pytest.approx([1.5])


def test_a_sound_without_end_is_cut_before_the_buffer_overflows(classifier: Classifier) -> None:
    samples = loud(40_000)
    ring = RingBuffer(8000)
    live = LiveClassifier(ring, classifier, SETTINGS)
    found: list[LiveDecision] = []
    for start in range(0, len(samples), 500):
        ring.write(samples[start : start + 500])
        found += live.poll()
    found += live.flush()
    assert ring.n_lost == 0
    starts, lengths = zip(*sounds(found), strict=True)
    assert max(lengths) <= 6000
    assert list(starts[1:]) == list(np.cumsum(lengths)[:-1])
    assert sum(lengths) == len(samples)


def test_after_a_loss_it_goes_on_with_what_is_there(classifier: Classifier) -> None:
    ring = RingBuffer(4000)
    live = LiveClassifier(ring, classifier, SETTINGS)
    ring.write(loud(20_000))
    ring.write(silence(1600))
    assert live.poll() != []
    assert ring.n_lost == 17_600


def test_windows_change_while_it_runs(classifier: Classifier) -> None:
    ring = RingBuffer(40_000)
    live = LiveClassifier(ring, classifier)
    ring.write(np.concatenate([loud(1000), silence(600), loud(1600), silence(1600)]))
    found = live.poll(limit=1)
    live.set_settings(SETTINGS)
    found += live.poll(limit=1)
    assert sounds(found) == [(0, 800), (800, 200 + 600 + 1600)]
    live.set_settings(LiveSettings())
    assert sounds(live.poll(limit=1)) == [(3200, 800)]


def test_the_silence_that_ends_a_sound_is_not_taken_for_delay(classifier: Classifier) -> None:
    ring = RingBuffer(20_000)
    live = LiveClassifier(ring, classifier, SETTINGS)
    ring.write(loud(1600))
    time.sleep(0.1)  # the time between sound and decision
    ring.write(silence(HANG))
    before_s = time.time()
    (one,) = live.poll()
    assert one.latency.waiting_ms < 50.0
    assert one.clock_s <= before_s - 0.1


def test_event_mode_without_a_trigger_is_refused(classifier: Classifier) -> None:
    with pytest.raises(SettingError, match=r"live\.trigger_dbfs is -120"):
        LiveClassifier(RingBuffer(8000), classifier, LiveSettings(windows="whole sounds"))


def test_clips_heard_in_silence_are_classified_as_well_as_files(model: Model) -> None:
    """The paper's features look at the first samples of a clip: cut a hundred samples off, it is another sound."""
    bank = SyntheticSettings(filters=paper_bank(2, 300.0, 50.0))  # that of the model
    clips = np.concatenate([one_class(bank, 9, "test", index, n_clips=40) for index in (0, 1)])
    played = [part for clip in clips for part in (silence(4000), 0.5 * clip / np.abs(clip).max())]
    as_16_bit = np.round(np.concatenate([*played, silence(4000)]) * 32767) / 32768
    classifier = Classifier(model)
    settings = dataclasses.replace(SETTINGS, trigger_dbfs=-80.0)
    found = [one for one in decided(classifier, as_16_bit.astype(np.float32), settings) if one.label]
    from_files = classifier.probabilities_many(played[1::2]).argmax(axis=1)
    assert len(found) == len(clips)
    heard = np.array([one.class_names.index(one.label) for one in found])
    assert np.mean(heard == from_files) >= 0.98
    assert np.mean(from_files == np.repeat([0, 1], 40)) > 0.8
