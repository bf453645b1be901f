"""The classifier: real files, cut and resampled as the training data was, and the same numbers everywhere."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from mlpsvd.classification.classifier import Classifier
from mlpsvd.datasets.settings import RecordingsSettings
from mlpsvd.datasets.synthetic import one_class
from mlpsvd.errors import AudioFileError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.models.input_contract import InputContract
from mlpsvd.models.model import Model
from mlpsvd.signals.bank import paper_bank


def clips(class_index: int, rate_hz: float = 16000.0, n_clips: int = 10) -> np.ndarray:
    """Clips that the small experiment's networks have not seen, at any sample rate."""
    settings = Experiment().data.synthetic
    settings = dataclasses.replace(settings, filters=paper_bank(2, 300.0, 50.0), sample_rate_hz=rate_hz)
    return one_class(settings, 99, "test", class_index, n_clips=n_clips)


def write(path: Path, samples: np.ndarray, rate_hz: int = 16000) -> Path:
    soundfile.write(path, samples / (4 * np.abs(samples).max()), rate_hz, subtype="FLOAT")
    return path


def with_recordings(model: Model, **settings: Any) -> Model:
    recordings = dataclasses.replace(RecordingsSettings(), **settings)
    rate_hz = model.features.sample_rate_hz
    return dataclasses.replace(model, contract=InputContract.of_recordings(recordings, rate_hz, model.clip_s))


def test_unseen_clips_are_mostly_classified_correctly(model: Model) -> None:
    classifier = Classifier(model)
    for index in (0, 1):
        found = classifier.probabilities_many(clips(index, n_clips=50)).argmax(axis=1)
        assert (found == index).mean() > 0.8


def test_probabilities_are_the_networks_own_outputs_and_sum_to_one(model: Model) -> None:
    classifier = Classifier(model)
    some = clips(0)
    found = classifier.probabilities_many(some)
    np.testing.assert_allclose(found, model.network().predict(model.features.transform(some)), rtol=1e-5)
    np.testing.assert_allclose(found.sum(axis=1), 1.0, rtol=1e-6)


def test_a_clip_has_identical_features_alone_in_a_batch_and_from_a_list(model: Model) -> None:
    classifier = Classifier(model)
    some = clips(1)
    many = classifier.probabilities_many(some)
    assert many.tobytes() == classifier.probabilities_many(list(some)).tobytes()
    for clip, row in zip(some, many, strict=True):
        assert classifier.probabilities(clip).tobytes() == row.tobytes()
    assert classifier.probabilities_many([]).shape == (0, 2)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
def test_other_outputs_are_scaled_to_probabilities_in_the_same_order(activation: str, model: Model) -> None:
    last = dataclasses.replace(model.spec.layers[-1], activation=activation)
    spec = dataclasses.replace(model.spec, layers=(*model.spec.layers[:-1], last), loss="squared error")
    changed = dataclasses.replace(model, spec=spec)
    some = clips(0)
    found = Classifier(changed).probabilities_many(some)
    outputs = changed.network().predict(changed.features.transform(some))
    np.testing.assert_allclose(found.sum(axis=1), 1.0, rtol=1e-6)
    assert (found >= 0).all()
    assert (found.argmax(axis=1) == outputs.argmax(axis=1)).all()


def test_it_says_what_one_decision_looks_at(model: Model) -> None:
    classifier = Classifier(model)
    assert classifier.class_names == ("710 Hz", "410 Hz")
    assert classifier.sample_rate_hz == 16000.0
    assert classifier.clip_s == 0.3
    assert classifier.n_samples == 4800


def test_a_long_file_is_cut_as_the_training_clips_were(model: Model, tmp_path: Path) -> None:
    some = clips(1)
    path = write(tmp_path / "a.wav", np.concatenate([some.ravel(), some[0][:100]]))
    decisions = Classifier(model).classify_file(path)
    assert [one.start_s for one in decisions] == pytest.approx([0.3 * index for index in range(10)])
    assert {one.duration_s for one in decisions} == {0.3}
    assert {one.path for one in decisions} == {path}
    heard, _ = soundfile.read(path, dtype="float32")
    for one, start in zip(decisions, range(0, 48000, 4800), strict=True):
        expected = Classifier(model).probabilities(heard[start : start + 4800])
        assert one.probabilities.tobytes() == expected.tobytes()
        assert one.probability == expected.max()
        assert one.label == model.class_names[expected.argmax()]


def test_recordings_are_kept_whole_or_cut_as_their_settings_said(model: Model, tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", clips(0).ravel())
    (whole,) = Classifier(with_recordings(model)).classify_file(path)
    assert whole.duration_s == 3.0
    cut = Classifier(with_recordings(model, clip_s=0.7, shortest_s=0.2)).classify_file(path)
    assert [one.duration_s for one in cut] == pytest.approx([0.7, 0.7, 0.7, 0.7, 0.2])
    cut = Classifier(with_recordings(model, clip_s=0.7, shortest_s=0.3)).classify_file(path)
    assert len(cut) == 4


def test_another_sample_rate_is_resampled_to_the_models(model: Model, tmp_path: Path) -> None:
    some = clips(1, rate_hz=44100.0, n_clips=20)
    path = write(tmp_path / "a.flac.wav", some.ravel(), 44100)
    decisions = Classifier(model).classify_file(path)
    assert len(decisions) == 20
    assert decisions[1].start_s == pytest.approx(0.3)
    assert sum(one.label == "410 Hz" for one in decisions) > 12


def test_the_training_channel_is_used(model: Model, tmp_path: Path) -> None:
    left, right = clips(0)[0], clips(1)[0]
    path = write(tmp_path / "stereo.wav", np.stack([left, right], axis=1))
    heard, _ = soundfile.read(path, dtype="float32")
    for channel, expected in ((1, heard[:, 0]), (2, heard[:, 1])):
        classifier = Classifier(with_recordings(model, channel=channel))
        (decision,) = classifier.classify_file(path)
        np.testing.assert_allclose(decision.probabilities, classifier.probabilities(expected), rtol=1e-6)


def test_a_file_that_cannot_be_classified_is_one_sentence(model: Model, tmp_path: Path) -> None:
    classifier = Classifier(model)
    with pytest.raises(AudioFileError, match=r"short\.wav .*too short: 0\.00625 s; at least 0\.016 s are needed"):
        classifier.classify_file(write(tmp_path / "short.wav", clips(0)[0][:100]))
    (tmp_path / "text.wav").write_text("no sound")
    with pytest.raises(AudioFileError, match=r"text\.wav"):
        classifier.classify_file(tmp_path / "text.wav")
    with pytest.raises(AudioFileError, match=r"missing\.wav"):
        classifier.classify_file(tmp_path / "missing.wav")
