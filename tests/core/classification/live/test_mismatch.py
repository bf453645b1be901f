"""Messages about sound that differs from the training set: onset, duration and text."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Iterable

import numpy as np
import pytest

from mlpsvd.audio.level import Level
from mlpsvd.audio.ring_buffer import RingBuffer
from mlpsvd.audio.sources.paced_source import Pace
from mlpsvd.audio.sources.synthetic_source import SyntheticSource
from mlpsvd.classification.classifier import Classifier
from mlpsvd.classification.live.decision import Latency, LiveDecision
from mlpsvd.classification.live.live_classifier import LiveClassifier
from mlpsvd.classification.live.mismatch import Mismatch, MismatchKind, MismatchWatch
from mlpsvd.classification.live.verdict import QUIET, Verdict, VerdictKind
from mlpsvd.models.model import Model
from mlpsvd.signals.bank import bank

LOW, HIGH = -30.0, -20.0
NOTHING = np.zeros(0)


@pytest.fixture
def model(model: Model) -> Model:
    """The small network, its training clips between -30 and -20 dBFS."""
    assert model.reference is not None
    return dataclasses.replace(
        model, reference=dataclasses.replace(model.reference, level_dbfs=(LOW, HIGH), clipped_share=0.0)
    )


def decision(
    start_s: float,
    duration_s: float = 0.3,
    dbfs: float = -25.0,
    distance: float = 0.5,
    clipped: bool = False,
    quiet: bool = False,
) -> LiveDecision:
    return LiveDecision(
        start_s=start_s,
        duration_s=duration_s,
        label="" if quiet else "a",
        probability=math.nan if quiet else 0.9,
        probabilities=NOTHING,
        smoothed=NOTHING,
        verdict=QUIET if quiet else Verdict(VerdictKind.CLASS, "a", 0.9),
        features=NOTHING,
        magnitudes=NOTHING,
        level=Level(dbfs, dbfs + 10.0, clipped),
        distance=math.nan if quiet else distance,
        latency=Latency(0.0, 0.0, 0.0, 0.0),
        decided_s=0.0,
        clock_s=0.0,
        class_names=("a",),
    )


class Story:
    """Feeds stretches of like windows to a watch, one after the other."""

    def __init__(self, watch: MismatchWatch) -> None:
        self.watch = watch
        self.now_s = 0.0

    def hear(self, seconds: float, *, duration_s: float = 0.3, hop_share: float = 1.0, **of_each: object) -> set[str]:
        """Return the kinds of mismatch after ``seconds`` more."""
        hop_s = hop_share * duration_s
        for _ in range(max(1, round(seconds / hop_s))):
            self.watch.add(decision(self.now_s, duration_s, **of_each))  # type: ignore[arg-type]
            self.now_s += hop_s
        return kinds(self.watch.current)

    def sentence(self, kind: MismatchKind) -> str:
        return next(one.sentence for one in self.watch.current if one.kind is kind)


def kinds(found: Iterable[Mismatch]) -> set[str]:
    return {one.kind.value for one in found}


@pytest.fixture
def story(model: Model) -> Story:
    return Story(MismatchWatch(model))


def test_sound_like_the_training_clips_gives_no_message(story: Story) -> None:
    assert story.hear(60.0) == set()
    assert story.hear(60.0, dbfs=LOW - 3.0) == set()
    assert story.hear(60.0, dbfs=HIGH + 3.0, distance=1.0) == set()


def test_a_device_rate_below_the_models_is_reported_at_once_and_stays(model: Model) -> None:
    (found,) = MismatchWatch(model, 8000.0).current
    assert found.kind is MismatchKind.RATE
    assert "delivers 8000 Hz and the model was trained on 16 kHz, so everything above 4000 Hz is missing" in (
        found.sentence
    )
    for enough_hz in (16000.0, 48000.0, None):
        assert MismatchWatch(model, enough_hz).current == ()
    low = Story(MismatchWatch(model, 8000.0))
    assert low.hear(30.0) == {"sample rate"}
    low.watch.reset()
    assert kinds(low.watch.current) == {"sample rate"}


def test_too_loud_is_reported_after_three_seconds_with_hysteresis(story: Story) -> None:
    assert story.hear(2.4, dbfs=HIGH + 12.0) == set()
    assert story.hear(0.9, dbfs=HIGH + 12.0) == {"level"}
    assert story.sentence(MismatchKind.LEVEL) == (
        "The sound is at −8 dBFS, 12 dB above the training clips' −30 to −20 dBFS: turn the input's gain down or "
        "increase the distance to the microphone."
    )
    assert story.hear(10.0, dbfs=HIGH + 5.0) == {"level"}
    assert story.hear(10.0, dbfs=HIGH + 3.0) == set()
    assert story.hear(10.0, dbfs=HIGH + 5.0) == set()


def test_too_soft_is_reported_unless_a_window_is_loud_enough(story: Story) -> None:
    for _ in range(20):
        assert story.hear(2.4, dbfs=LOW - 30.0) == set()
        assert story.hear(0.3) == set()
    assert story.hear(6.0, dbfs=LOW - 30.0) == {"level"}
    assert "no more than −60 dBFS, 30 dB below the training clips' −30 to −20 dBFS" in story.sentence(
        MismatchKind.LEVEL
    )


def test_windows_below_the_trigger_are_no_sound_that_is_too_soft(story: Story) -> None:
    assert story.hear(60.0, dbfs=-90.0, quiet=True) == set()


def test_the_level_is_left_alone_where_the_features_do_not_depend_on_it(model: Model) -> None:
    settings = dataclasses.replace(model.features.settings, scaling="per sample")
    features = dataclasses.replace(model.features, settings=settings)
    story = Story(MismatchWatch(dataclasses.replace(model, features=features)))
    assert story.hear(10.0, dbfs=HIGH + 20.0) == set()


def test_a_spectrum_unlike_every_class_is_reported_for_most_windows(story: Story) -> None:
    for _ in range(10):
        assert story.hear(0.3, distance=5.0) == set()
        assert story.hear(0.3) == set()
    assert story.hear(6.0, distance=3.42) == {"spectrum"}
    received = story.sentence(MismatchKind.SPECTRUM)
    assert (
        "100 % of the latest windows are farther from the training set than 99 of 100 training clips, typically 3.4 "
        "times" in received
    )
    assert "record this sound as a separate class" in received
    for _ in range(10):
        assert story.hear(2.1, distance=5.0) == {"spectrum"}
        assert story.hear(0.9) == {"spectrum"}
    for _ in range(10):
        story.hear(0.3, distance=5.0)
        story.hear(0.3)
    assert kinds(story.watch.current) == set()


def test_pauses_that_are_classified_are_called_pauses(story: Story) -> None:
    for _ in range(5):
        story.hear(0.3, dbfs=-22.0)
        story.hear(1.8, dbfs=-60.0, distance=2.0)
    assert kinds(story.watch.current) == {"spectrum"}
    assert "typically 2.0 times: these" in story.sentence(MismatchKind.SPECTRUM)
    assert "these are mostly pauses at −60 dBFS, so set a trigger level above that" in (
        story.sentence(MismatchKind.SPECTRUM)
    )


def test_another_reason_is_to_be_mended_before_the_spectrum(story: Story) -> None:
    assert story.hear(6.0, dbfs=HIGH + 20.0, distance=math.inf) == {"level", "spectrum"}
    assert "typically immeasurably: fix the level first" in story.sentence(MismatchKind.SPECTRUM)
    assert [one.kind for one in story.watch.current] == [MismatchKind.LEVEL, MismatchKind.SPECTRUM]


def test_clipping_is_reported_at_the_second_window(story: Story) -> None:
    assert story.hear(0.3, clipped=True) == set()
    assert story.hear(0.3, clipped=True) == {"clipping"}
    assert "2 of the last 2 windows reach full scale" in story.sentence(MismatchKind.CLIPPING)
    assert story.hear(2.4) == {"clipping"}
    assert story.hear(3.0) == set()


def test_clipping_is_not_reported_if_the_training_clips_were_clipped(model: Model) -> None:
    assert model.reference is not None
    used_to_it = dataclasses.replace(model.reference, clipped_share=0.5)
    story = Story(MismatchWatch(dataclasses.replace(model, reference=used_to_it)))
    assert story.hear(10.0, clipped=True) == set()


def test_words_hardly_louder_than_the_pauses_are_a_noisy_background(story: Story) -> None:
    for _ in range(5):
        story.hear(0.6, dbfs=-25.0)
        story.hear(0.9, dbfs=-31.0, quiet=True)
    assert kinds(story.watch.current) == {"background"}
    assert story.sentence(MismatchKind.BACKGROUND) == (
        "The sound is only 6 dB above the background of −31 dBFS; it should be 10 dB or more: move closer to the "
        "microphone, or measure the background and subtract it."
    )
    assert story.hear(10.0, dbfs=-31.0, quiet=True) == {"background"}
    assert story.hear(40.0, dbfs=-60.0, quiet=True) == {"background"}
    assert story.hear(3.0, dbfs=-25.0) == set()


def test_a_measured_background_needs_no_trigger_and_a_pause_is_no_noise(story: Story) -> None:
    story.watch.set_background(-30.0, subtracted=True)
    assert story.hear(20.0, dbfs=-30.0) == set()
    assert story.hear(6.0, dbfs=-24.0) == {"background"}
    assert story.sentence(MismatchKind.BACKGROUND).endswith("move closer to the microphone, or make the place quieter.")
    story.watch.set_background(-50.0)
    assert story.hear(6.0, dbfs=-24.0) == set()


def test_numbers_in_a_sentence_stay_to_be_read(story: Story) -> None:
    story.hear(3.3, dbfs=HIGH + 12.0)
    seen = []
    for step in range(40):
        story.hear(0.3, dbfs=HIGH + 12.0 + step)
        seen.append(story.sentence(MismatchKind.LEVEL))
    changes = sum(one != other for one, other in zip(seen[1:], seen[:-1], strict=True))
    assert 3 <= changes <= 6


@pytest.mark.parametrize(("duration_s", "hop_share"), [(0.016, 0.05), (0.1, 1.0), (0.3, 0.25), (2.0, 1.0), (5.0, 0.5)])
def test_short_long_and_overlapping_windows_give_the_same_message(
    model: Model, duration_s: float, hop_share: float
) -> None:
    story = Story(MismatchWatch(model))
    span_s = max(3.0, 3 * duration_s)
    assert story.hear(0.6 * span_s, duration_s=duration_s, hop_share=hop_share, distance=4.0) == set()
    assert story.hear(0.8 * span_s, duration_s=duration_s, hop_share=hop_share, distance=4.0) == {"spectrum"}
    assert story.hear(2.5 * span_s, duration_s=duration_s, hop_share=hop_share) == set()


def test_a_restarted_source_clears_the_messages(story: Story) -> None:
    story.hear(6.0, dbfs=HIGH + 20.0)
    story.now_s = 0.0
    assert story.hear(0.3) == set()


def test_a_model_from_an_old_file_is_watched_as_far_as_it_goes(model: Model) -> None:
    story = Story(MismatchWatch(dataclasses.replace(model, reference=None), 8000.0))
    assert story.hear(10.0, dbfs=-90.0, distance=math.nan, clipped=True) == {"sample rate", "clipping"}


class Amplified(RingBuffer):
    """Amplifies the sound of a source, as if its gain were turned up."""

    gain = 1.0

    def write(self, block: np.ndarray) -> None:
        super().write(self.gain * block)


@pytest.mark.parametrize(
    ("centre_hz", "gain", "expected"),
    [(710.0, 1.0, set()), (3000.0, 1.0, {"spectrum"}), (710.0, 30.0, {"level", "spectrum"})],
    ids=["a class", "another band", "far too loud"],
)
def test_live_from_the_synthetic_bank(
    centre_hz: float, gain: float, expected: set[str], models: dict[str, Model]
) -> None:
    model = models["mlp-svd"]
    assert model.reference is not None
    model = dataclasses.replace(model, reference=dataclasses.replace(model.reference, clipped_share=1.0))
    ring = Amplified(16000)
    ring.gain = gain
    source = SyntheticSource(bank([centre_hz], 50.0), "gaussian", 16000.0, 0.3, seed=99, pace=Pace.FASTEST)
    live, watch = LiveClassifier(ring, Classifier(model)), MismatchWatch(model, source.sample_rate_hz)
    source.start(ring)
    n_decided = 0
    while n_decided < 40:
        decisions = live.poll()
        n_decided += len(decisions)
        for one in decisions:
            watch.add(one)
        time.sleep(0.001)
    source.stop()
    assert kinds(watch.current) == expected
