"""Warnings before training on a collection."""

from __future__ import annotations

from pathlib import Path

from mlpsvd.collection.recorded_clip import RecordedClip
from mlpsvd.collection.training_warnings import warnings_for_training


def clips(clipped: int = 0, **counts: int) -> list[RecordedClip]:
    made = [
        RecordedClip(f"{label}{n}", Path(f"{label}/{n}.flac"), f"{label}/{n}.flac", label, sample_rate_hz=48000.0)
        for label, count in counts.items()
        for n in range(count)
    ]
    for n in range(clipped):
        made[n] = RecordedClip(made[n].id, made[n].path, made[n].name, made[n].label, clipped=True)
    return made


def test_a_good_collection_gives_no_warnings() -> None:
    assert warnings_for_training(clips(dog=10, cat=8)) == ()


def test_too_few_classes_and_clips_are_reported_first() -> None:
    assert "no clips yet" in warnings_for_training([])[0]
    assert warnings_for_training(clips(dog=5)) == ("There is only the class dog; training requires at least two.",)
    assert warnings_for_training(clips(dog=2, cat=1)) == (
        "The class cat has only 1 clip; it needs at least 2, one to train on and one to test on.",
    )
    assert warnings_for_training(clips(dog=1, cat=1, cow=2))[0].startswith("The classes cat, dog have only 1 clip each")


def test_unequal_classes_and_clipped_clips_are_reported() -> None:
    (unbalanced,) = warnings_for_training(clips(dog=40, cat=5))
    assert unbalanced == (
        "The class dog has 40 clips, 8 times as many as cat (5): the network will favour it; record more of cat."
    )
    (one,) = warnings_for_training(clips(1, dog=4, cat=5))
    assert one.startswith("1 clip reaches full scale and may be distorted (dog/0.flac): listen to it")
    (many,) = warnings_for_training(clips(4, dog=4, cat=5))
    assert many.startswith(
        "4 clips reach full scale and may be distorted (dog/0.flac, dog/1.flac, dog/2.flac and 1 more)"
    )


def test_different_sample_rates_are_reported() -> None:
    other = RecordedClip("x", Path("x"), "x", "dog", sample_rate_hz=16000.0)
    (received,) = warnings_for_training([*clips(dog=4, cat=5), other])
    assert "16 kHz (1), 48 kHz (9)" in received
