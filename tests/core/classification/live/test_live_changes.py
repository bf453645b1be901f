"""Changes while a source runs: settings, conditioning, models and interruptions."""

from __future__ import annotations

import dataclasses
import math
import threading
import time
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpsvd.audio.ring_buffer import RingBuffer
from mlpsvd.classification.classifier import Classifier
from mlpsvd.classification.live.live_classifier import LiveClassifier
from mlpsvd.classification.live.settings import LiveSettings
from mlpsvd.classification.live.smoothing import make_smoother
from mlpsvd.classification.live.verdict import VerdictKind
from mlpsvd.errors import DataError, SettingError
from mlpsvd.features.conditioning import Conditioning
from mlpsvd.features.settings import FeatureSettings
from mlpsvd.features.spectra import fit
from mlpsvd.models.input_contract import InputContract
from mlpsvd.models.model import Model
from mlpsvd.network.spec import LayerSpec, NetworkSpec

RATE_HZ = 8000.0
WINDOW = 400
N_BINS = 33


def random_classifier(seed: int, names: tuple[str, ...] = ("a", "b", "c")) -> Classifier:
    """Return an untrained network: its numbers depend on every sample."""
    rng = np.random.default_rng(seed)
    settings = FeatureSettings(fft_size=64, hop=32, segments="several", magnitude="log")
    features = fit(rng.normal(size=(20, WINDOW)).astype(np.float32), RATE_HZ, settings)
    layers = (
        LayerSpec("dense", features.n_features, 8, 8, "relu"),
        LayerSpec("dense", 8, len(names), len(names), "softmax"),
    )
    spec = NetworkSpec(layers, "cross-entropy")
    theta = rng.normal(0.0, 3.0, spec.n_parameters).astype(np.float32)
    return Classifier(
        Model(
            spec, theta, features, names, InputContract.of_clips(RATE_HZ, WINDOW / RATE_HZ, features.settings.fft_size)
        )
    )


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return random_classifier(1)


def noise(n_samples: int, seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-0.5, 0.5, n_samples).astype(np.float32)


def begun(classifier: Classifier, samples: np.ndarray, **settings: Any) -> tuple[RingBuffer, LiveClassifier]:
    ring = RingBuffer(20 * WINDOW)
    live = LiveClassifier(ring, classifier, LiveSettings(**settings))
    ring.write(samples)
    return ring, live


# --- quiet, unknown, smoothing, hold ----------------------------------------------------------------------------------


def test_below_the_trigger_level_the_network_is_not_asked(classifier: Classifier) -> None:
    samples = noise(3 * WINDOW)
    samples[WINDOW : 2 * WINDOW] *= 0.01
    _, live = begun(classifier, samples, trigger_dbfs=-30.0)
    first, quiet, last = live.poll()
    assert [one.verdict.kind for one in (first, quiet, last)] == [
        VerdictKind.CLASS,
        VerdictKind.QUIET,
        VerdictKind.CLASS,
    ]
    assert quiet.label == ""
    assert quiet.verdict.label == "quiet"
    for numbers in (quiet.probabilities, quiet.smoothed, [quiet.probability, quiet.distance]):
        assert np.isnan(numbers).all()
    assert len(quiet.probabilities) == 3
    assert quiet.level.rms_dbfs == pytest.approx(first.level.rms_dbfs - 40.0, abs=1.0)
    assert np.array_equal(quiet.features, classifier.features(samples[WINDOW : 2 * WINDOW]))


def test_the_level_of_the_trigger_itself_is_not_quiet(classifier: Classifier) -> None:
    ring, live = begun(classifier, noise(WINDOW))
    (one,) = live.poll()
    for trigger_dbfs, kind in [(one.level.rms_dbfs, VerdictKind.CLASS), (one.level.rms_dbfs + 1e-6, VerdictKind.QUIET)]:
        live.set_settings(LiveSettings(trigger_dbfs=trigger_dbfs))
        ring.write(noise(WINDOW))
        assert live.poll()[0].verdict.kind is kind


def test_with_the_trigger_off_digital_silence_is_classified(classifier: Classifier) -> None:
    _, live = begun(classifier, np.zeros(WINDOW, np.float32))
    (one,) = live.poll()
    assert one.verdict.kind is VerdictKind.CLASS


def test_samples_that_are_no_numbers_are_unknown_and_forgotten(classifier: Classifier) -> None:
    samples = noise(3 * WINDOW)
    samples[WINDOW + 5] = np.nan
    for smoothing in ("none", "mean", "majority", "hidden Markov"):
        _, live = begun(classifier, samples, smoothing=smoothing)
        kinds = [one.verdict.kind for one in live.poll()]
        assert kinds == [VerdictKind.CLASS, VerdictKind.UNKNOWN, VerdictKind.CLASS]


@pytest.mark.parametrize("smoothing", ["mean", "majority", "hidden Markov"])
def test_decisions_are_smoothed_and_the_raw_ones_kept(classifier: Classifier, smoothing: str) -> None:
    samples = noise(12 * WINDOW)
    settings = LiveSettings(smoothing=smoothing, smoothing_s=0.2, hop_share=0.5)
    _, live = begun(classifier, samples, **dataclasses.asdict(settings))
    smoother = make_smoother(settings)
    for one in live.poll():
        start = round(one.start_s * RATE_HZ)
        raw = classifier.probabilities(samples[start : start + WINDOW])
        expected = smoother.add(one.start_s, one.end_s, raw)
        assert np.array_equal(one.probabilities, raw)
        assert np.array_equal(one.smoothed, expected.probabilities)
        assert one.verdict.label == one.class_names[expected.winner]
        assert one.verdict.probability == expected.probability


def test_the_shown_class_is_held_in_the_sources_time(classifier: Classifier) -> None:
    """Played in no time at all, a label still stays for its seconds of sound."""
    samples = noise(60 * WINDOW)
    ring = RingBuffer(len(samples))
    live = LiveClassifier(ring, classifier, LiveSettings(hold_s=0.14))
    ring.write(samples)
    decisions = live.poll()
    raw = [one.label for one in decisions]
    shown = [one.verdict.label for one in decisions]
    assert len(set(raw)) > 1
    changes = [index for index in range(1, len(shown)) if shown[index] != shown[index - 1]]
    assert changes
    assert min(np.diff([0, *changes])) >= 3  # 0.14 s are more than two windows of 0.05 s
    assert sum(one != other for one, other in pairwise(raw)) > len(changes)


# --- breaks -----------------------------------------------------------------------------------------------------------


@given(
    blocks=st.lists(st.tuples(st.integers(0, 3 * WINDOW), st.booleans()), max_size=8),
    hop_share=st.sampled_from([1.0, 0.5, 0.3]),
    polls=st.booleans(),
)
def test_no_window_holds_sound_from_both_sides_of_a_break(
    classifier: Classifier, blocks: list[tuple[int, bool]], hop_share: float, polls: bool
) -> None:
    """Each section gives the same windows as on its own, polled in time or at the end."""
    samples = noise(sum(n for n, _ in blocks))
    ring, live = begun(classifier, samples[:0], hop_share=hop_share)
    found, at, begins, n_gaps = [], 0, 0, 0
    expected: list[tuple[float, int]] = []
    hop = round(hop_share * WINDOW)

    def close_stretch(end: int) -> None:
        starts = range(begins, end - WINDOW + 1, hop)
        expected.extend((start / RATE_HZ + 0.25 * n_gaps, start) for start in starts)

    for n, breaks in blocks:
        if breaks:
            ring.mark_gap(0.25)
            close_stretch(at)
            begins, n_gaps = at, n_gaps + 1
        ring.write(samples[at : at + n])
        at += n
        if polls:
            found += live.poll(limit=1000)
    close_stretch(at)
    found += live.poll(limit=1000)
    assert [one.start_s for one in found] == pytest.approx([start_s for start_s, _ in expected])
    for one, (_, start) in zip(found, expected, strict=True):
        assert np.array_equal(one.probabilities, classifier.probabilities(samples[start : start + WINDOW]))


def test_a_break_forgets_smoothing_and_hold(classifier: Classifier) -> None:
    samples = noise(6 * WINDOW)
    ring, live = begun(classifier, samples[: 3 * WINDOW + 50], smoothing="mean", smoothing_s=60.0, hold_s=60.0)
    live.poll()
    ring.mark_gap(1.0)
    ring.write(samples[4 * WINDOW :])
    first, second = live.poll()
    assert first.start_s == pytest.approx((3 * WINDOW + 50) / RATE_HZ + 1.0)
    assert first.smoothed == pytest.approx(first.probabilities)
    assert first.verdict.label == first.label
    assert not np.array_equal(second.smoothed, second.probabilities)


def test_a_break_exactly_between_two_windows_forgets_too(classifier: Classifier) -> None:
    samples = noise(2 * WINDOW)
    ring, live = begun(classifier, samples[:WINDOW], smoothing="mean", smoothing_s=60.0)
    live.poll()
    ring.mark_gap()
    ring.write(samples[WINDOW:])
    (one,) = live.poll()
    assert one.smoothed == pytest.approx(one.probabilities)


def test_the_rest_behind_a_break_is_decided_on_and_the_one_before_it_is_not(classifier: Classifier) -> None:
    samples = noise(WINDOW)
    ring, live = begun(classifier, samples[:150])
    ring.mark_gap(0.5)
    ring.write(samples[150:])
    assert live.poll() == []
    (one,) = live.flush()
    assert one.start_s == pytest.approx(150 / RATE_HZ + 0.5)
    assert np.array_equal(one.probabilities, classifier.probabilities(samples[150:]))


def test_after_a_loss_windows_are_aligned_to_their_section(classifier: Classifier) -> None:
    ring = RingBuffer(3 * WINDOW)
    live = LiveClassifier(ring, classifier)
    ring.write(noise(150))
    ring.mark_gap()
    ring.write(noise(5 * WINDOW + 100))
    starts = [round(one.start_s * RATE_HZ) for one in live.poll()]
    assert starts == [150 + 3 * WINDOW, 150 + 4 * WINDOW]


def test_a_decision_says_how_much_sound_was_lost_before_it(classifier: Classifier) -> None:
    ring = RingBuffer(3 * WINDOW)
    live = LiveClassifier(ring, classifier)
    ring.write(noise(WINDOW))
    ring.mark_gap(0.5)
    ring.write(noise(WINDOW))
    assert [one.lost_s for one in live.poll()] == pytest.approx([0.0, 0.5])
    ring.write(noise(5 * WINDOW))
    assert [one.lost_s for one in live.poll()] == pytest.approx([0.5 + 2 * WINDOW / RATE_HZ] * 3)


# --- settings, conditioning, models -----------------------------------------------------------------------------------


def test_another_hop_counts_from_the_next_window_on(classifier: Classifier) -> None:
    _, live = begun(classifier, noise(4 * WINDOW))
    found = live.poll(limit=1)
    live.set_settings(LiveSettings(hop_share=0.25))
    assert live.settings.hop_share == 0.25
    found += live.poll(limit=3)
    assert [round(one.start_s * RATE_HZ) for one in found] == [0, 400, 500, 600]


def test_thresholds_change_without_forgetting_what_was_smoothed(classifier: Classifier) -> None:
    _, live = begun(classifier, noise(4 * WINDOW), smoothing="mean", smoothing_s=60.0)
    before = live.poll(limit=2)
    live.set_settings(dataclasses.replace(live.settings, unknown_below=1.0))
    (after,) = live.poll(limit=1)
    assert after.smoothed == pytest.approx(np.mean([one.probabilities for one in [*before, after]], axis=0))
    assert after.verdict.kind is VerdictKind.UNKNOWN
    live.set_settings(dataclasses.replace(live.settings, smoothing_s=50.0))
    (anew,) = live.poll(limit=1)
    assert anew.smoothed == pytest.approx(anew.probabilities)


@pytest.mark.parametrize("smoothing", ["mean", "majority", "hidden Markov"])
def test_changing_the_window_mode_resets_smoothing(classifier: Classifier, smoothing: str) -> None:
    samples = noise(WINDOW)
    samples[250:] = 0.0
    ring, live = begun(classifier, samples, hop_share=0.25, smoothing=smoothing)
    (running,) = live.poll()
    live.set_settings(dataclasses.replace(live.settings, windows="whole sounds", trigger_dbfs=-40.0))
    ring.write(np.zeros(6 * WINDOW, np.float32))
    sound = live.poll()[0]
    assert sound.end_s < running.end_s
    fresh = make_smoother(live.settings).add(sound.start_s, sound.end_s, sound.probabilities)
    assert sound.smoothed == pytest.approx(fresh.probabilities)


def test_impossible_settings_are_refused_and_the_old_ones_stay(classifier: Classifier) -> None:
    live = LiveClassifier(RingBuffer(1000), classifier)
    with pytest.raises(SettingError, match=r"live\.unknown_below is 2"):
        live.set_settings(LiveSettings(unknown_below=2.0))
    assert live.settings == LiveSettings()


def test_conditioning_is_taken_off_before_the_features(classifier: Classifier) -> None:
    samples = noise(3 * WINDOW)
    conditioning = Conditioning(np.linspace(-6.0, 12.0, N_BINS), None)
    _, live = begun(classifier, samples)
    (plain,) = live.poll(limit=1)
    live.set_conditioning(conditioning)
    (conditioned,) = live.poll(limit=1)
    live.set_conditioning(None)
    (again,) = live.poll(limit=1)
    for one, used, start in [(plain, None, 0), (conditioned, conditioning, 1), (again, None, 2)]:
        clip = samples[start * WINDOW : (start + 1) * WINDOW]
        features = classifier.model.features.transform(clip, used)[0]
        assert np.array_equal(one.features, features)
        assert np.array_equal(one.magnitudes, classifier.model.features.unscaled(clip, used)[0])
        assert np.array_equal(one.probabilities, classifier.probabilities_of(features))


def test_a_conditioning_of_another_model_is_refused_where_it_is_set(classifier: Classifier) -> None:
    live = LiveClassifier(RingBuffer(1000), classifier)
    wrong = Conditioning(np.zeros(129), None)
    for set_it in (live.set_conditioning, lambda one: live.swap(classifier, one)):
        with pytest.raises(DataError, match="129 entries"):
            set_it(wrong)
    with pytest.raises(DataError, match="129 entries"):
        LiveClassifier(RingBuffer(1000), classifier, conditioning=wrong)


def test_a_swapped_model_uses_its_own_conditioning_and_no_history(classifier: Classifier) -> None:
    samples = noise(5 * WINDOW)
    _, live = begun(classifier, samples, smoothing="hidden Markov", hold_s=60.0)
    live.set_conditioning(Conditioning(np.full(N_BINS, 6.0), None))
    live.poll(limit=3)
    other = random_classifier(2, ("x", "y"))
    live.swap(other)
    first, _ = live.poll()
    assert np.array_equal(first.features, other.features(samples[3 * WINDOW : 4 * WINDOW]))
    assert first.smoothed == pytest.approx(first.probabilities, abs=1e-6)
    assert first.verdict.label in ("x", "y")


def test_whatever_changes_while_it_runs_no_window_sees_half_of_it(classifier: Classifier) -> None:
    """One thread changes model and settings together as fast as it can, another decides."""
    other = random_classifier(2, ("x", "y"))
    ring = RingBuffer(40 * WINDOW)
    live = LiveClassifier(ring, classifier)
    stop = threading.Event()

    def change() -> None:
        index = 0
        while not stop.is_set():
            index += 1
            live.swap((classifier, other)[index % 2])
            live.set_settings(LiveSettings(trigger_dbfs=(-120.0, 0.0)[index % 3 == 0], smoothing="mean"))

    thread = threading.Thread(target=change)
    thread.start()
    try:
        samples = noise(WINDOW)
        names: set[tuple[str, ...]] = set()
        began_s = time.monotonic()
        # Half a second is enough to meet both models, except where other work keeps one of the two threads waiting.
        while time.monotonic() < began_s + 0.5 or (len(names) < 2 and time.monotonic() < began_s + 60.0):
            ring.write(samples)
            for one in live.poll():
                names.add(one.class_names)
                model = classifier if one.class_names == classifier.class_names else other
                assert len(one.probabilities) == len(one.class_names)
                if one.verdict.kind is VerdictKind.QUIET:
                    assert np.isnan(one.probabilities).all()
                else:
                    assert np.array_equal(one.probabilities, model.probabilities(samples))
        assert len(names) == 2
    finally:
        stop.set()
        thread.join()


def test_a_decision_knows_when_it_sounded_and_where_the_time_went(classifier: Classifier) -> None:
    ring = RingBuffer(4 * WINDOW)
    latencies_s = iter([0.04, 0.08])
    live = LiveClassifier(ring, classifier, source_latency_s=lambda: next(latencies_s))
    before_s = time.time()
    ring.write(noise(2 * WINDOW))
    time.sleep(0.03)  # the time that is measured
    first, second = live.poll()
    assert [first.latency.device_ms, second.latency.device_ms] == [40.0, 80.0]
    assert before_s - 0.045 <= first.clock_s <= time.time() - 0.065
    assert first.clock_s - second.clock_s == pytest.approx(0.04, abs=0.005)
    parts = dataclasses.astuple(first.latency)
    assert min(parts) > 0.0
    assert first.latency.total_ms == pytest.approx(sum(parts))
    assert math.isnan(first.distance)
