"""Experiment for a collection of recorded clips."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mlpsvd.collection.recorded_clip import RecordedClip
from mlpsvd.experiments.collection_recipe import (
    clips_identity,
    experiment_for_collection,
    is_of_collection,
    training_problem,
)
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.settings import with_value

MANIFEST = Path("collection/manifest.csv")


def clip(number: int, rate_hz: float = 16000.0) -> RecordedClip:
    name = f"{number}.flac"
    return RecordedClip(str(number), Path(name), name, "a", sample_rate_hz=rate_hz, duration_s=0.5)


def test_a_collection_gives_settings_for_its_clips_and_rate() -> None:
    clips = [clip(1), clip(2, 48000.0), clip(3, 48000.0)]
    one = experiment_for_collection(Experiment(seed=7), MANIFEST, clips)
    assert (one.data.source, one.data.recordings.labels_from, one.seed) == ("recordings", "manifest", 7)
    assert one.features.fft_size == 1024, "about 32 ms at the usual rate"
    assert is_of_collection(one, MANIFEST) and not is_of_collection(one, Path("other.csv"))
    assert not is_of_collection(Experiment(), MANIFEST)


def test_settings_changed_by_hand_are_kept() -> None:
    own = with_value(experiment_for_collection(Experiment(), MANIFEST, [clip(1)]), "training.epochs", 12)
    again = experiment_for_collection(own, MANIFEST, [clip(1), clip(2)])
    assert again.training == own.training


@pytest.mark.parametrize(
    ("counts", "problem"),
    [
        ({}, "At least two classes"),
        ({"a": 9}, "At least two classes"),
        ({"a": 9, "b": 1}, "b has 1"),
        ({"a": 2, "b": 2}, ""),
    ],
)
def test_what_keeps_a_collection_from_being_trained_on(counts: dict[str, int], problem: str) -> None:
    found = training_problem(counts)
    assert problem in found and bool(found) == bool(problem)


def test_the_identity_changes_with_label_and_length_only() -> None:
    before = clips_identity([clip(1)])
    assert clips_identity([replace(clip(1), path=Path("moved.flac"))]) == before
    for changed in (replace(clip(1), label="b"), replace(clip(1), duration_s=0.4), clip(2)):
        assert clips_identity([changed]) != before
