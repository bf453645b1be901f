"""Kantack's letters: deterministic images, an experiment that trains on them, and refusals where sound is meant."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import mlpsvd
from mlpsvd.analysis.class_means import class_means, combinations
from mlpsvd.classification.classifier import Classifier
from mlpsvd.cli import main
from mlpsvd.datasets.letters import FACES, LETTERS, N_PIXELS, letter_clips
from mlpsvd.datasets.settings import LettersSettings
from mlpsvd.errors import DataError, SettingError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.prepare import prepare
from mlpsvd.experiments.presets import LETTERS_PRESET, PRESETS
from mlpsvd.experiments.trials.trials import Trial
from mlpsvd.models.model_file import load_model, save_model
from mlpsvd.settings import check, problems, with_value

FEW = LettersSettings(train_per_class=6, test_per_class=3)


def test_the_images_are_deterministic_and_each_split_and_seed_is_different() -> None:
    first = letter_clips(FEW, 1, "train")
    assert first.samples.shape == (26 * 6, N_PIXELS) and len(FACES) == 20
    assert letter_clips(FEW, 1, "train") is first  # kept in memory
    again = letter_clips(LettersSettings(6, 4), 1, "train").samples
    np.testing.assert_array_equal(np.asarray(again), np.asarray(first.samples))
    assert not np.array_equal(letter_clips(FEW, 2, "train").samples, first.samples)
    assert not np.array_equal(letter_clips(FEW, 1, "test").samples, np.asarray(first.samples)[: 26 * 3])
    assert first.labels.tolist() == [k for k in range(26) for _ in range(6)]
    values = np.asarray(first.samples)
    assert values.min() == 0.0 and 0.9 < values.max() <= 1.0 and 0.1 < values.mean() < 0.3


def test_without_distortion_only_the_faces_vary_and_e_is_near_f_and_l() -> None:
    plain = letter_clips(LettersSettings(60, 1, distortion=0.0), 1, "train")
    of_a = np.asarray(plain.samples)[:60]
    assert len(np.unique(of_a, axis=0)) <= len(FACES)
    means = class_means(np.asarray(plain.samples), plain.labels, 26)
    of_e = next(one for one in combinations(means, LETTERS) if one.name == "E")
    assert "F" in [name for name, _ in of_e.terms]
    assert of_e.residual < 0.35


def few_letters() -> Experiment:
    experiment = PRESETS[LETTERS_PRESET]
    for key, value in {
        "data.letters.train_per_class": 12, "data.letters.test_per_class": 2, "network.hidden": (40,),
        "training.epochs": 3, "training.learning_rate": 0.003,
    }.items():  # fmt: skip
        experiment = with_value(experiment, key, value)
    return experiment


def test_an_experiment_trains_on_them_and_its_model_refuses_sound(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    experiment = few_letters()
    prepared = prepare(experiment)
    assert prepared.dataset.x_train.shape == (26 * 12, N_PIXELS)
    np.testing.assert_array_equal(prepared.dataset.x_train, letter_clips(LettersSettings(12, 2), 1, "train").samples)
    assert prepared.reference is None and prepared.features.describe() == "900 pixels of an image"
    run = mlpsvd.train(experiment)
    model = run.model("mlp-svd")
    path = tmp_path / "letters.safetensors"
    save_model(path, model)
    kept = load_model(path)
    np.testing.assert_array_equal(
        kept.network().predict(prepared.dataset.x_test), model.network().predict(prepared.dataset.x_test)
    )
    with pytest.raises(DataError, match="this model classifies images of letters; sounds need"):
        Classifier(kept)
    sound = tmp_path / "sound.wav"
    import soundfile

    soundfile.write(sound, np.zeros(1600), 16000)
    for command in (["classify", str(path), str(sound)], ["listen", str(path), "--file", str(sound)]):
        assert main(command) == 2
        error = capsys.readouterr().err
        assert "this model classifies images of letters" in error and len(error.splitlines()) == 1


def test_pixels_and_letters_belong_together() -> None:
    letters = PRESETS[LETTERS_PRESET]
    check(letters)
    assert [one.key for one in problems(with_value(letters, "features.magnitude", "linear"))] == ["features.magnitude"]
    assert [one.key for one in problems(with_value(letters, "features.fft_size", 512))] == ["features.fft_size"]
    with pytest.raises(SettingError, match=r"linear or log with data.source synthetic"):
        check(with_value(PRESETS["Paper: 5 classes, 10 Hz"], "features.magnitude", "pixels"))


def test_results_of_sounds_keep_their_keys() -> None:
    paper = PRESETS["Paper: 5 classes, 10 Hz"]
    assert Trial(with_value(paper, "data.letters.train_per_class", 7)).key == Trial(paper).key
    letters = PRESETS[LETTERS_PRESET]
    assert Trial(with_value(letters, "data.letters.train_per_class", 7)).key != Trial(letters).key
