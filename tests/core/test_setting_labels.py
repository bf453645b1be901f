from __future__ import annotations

from mlpsvd import settings
from mlpsvd.errors import SettingError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.setting_labels import differences, label, label_with_unit, sentence
from mlpsvd.settings import with_value


def test_every_setting_has_a_label_in_place_of_its_key() -> None:
    for key in ("seed", "training.batch_size", "data.recordings.path", "features.hop"):
        assert label(Experiment, key) and "." not in label(Experiment, key)
    assert label(Experiment, "data.synthetic.filters[2].centre_hz").endswith(" of class 3")
    assert label(Experiment, "network.hidden[1]").endswith(" of entry 2")
    assert label(Experiment, "what.is.this") == "what.is.this"


def test_no_sentence_about_an_impossible_setting_holds_a_key() -> None:
    wrong = with_value(Experiment(), "training.batch_size", 0)
    wrong = with_value(wrong, "network.hidden", (5, -1))
    wrong = with_value(wrong, "data.synthetic.sample_rate_hz", 100.0)
    wrong = with_value(wrong, "data.source", "recordings")
    found = list(settings.problems(wrong))
    assert len(found) >= 3
    for error in found:
        text = sentence(error, Experiment)
        assert error.key not in text and "_" not in text and text.endswith("."), text


def test_no_folder_is_said_as_what_to_do() -> None:
    error = SettingError("data.recordings.path", "", "a folder")
    assert sentence(error, Experiment) == "Choose a folder of recordings first."


def test_hostile_values_stay_on_one_short_line() -> None:
    text = sentence(SettingError("name", "x" * 5000 + "\n\x1b[31m", "a text"), Experiment)
    assert len(text) < 200 and "\n" not in text and "\x1b" not in text


def test_differences_name_the_settings_that_differ() -> None:
    other = with_value(with_value(Experiment(), "seed", 3), "training.epochs", 4)
    assert differences(Experiment(), other) == ["seed", "training.epochs"]
    assert differences(Experiment(), Experiment()) == []


def test_a_label_above_values_has_their_unit() -> None:
    assert label_with_unit(Experiment, "features.trim_db") == "Trim ends (dB)"
    assert label_with_unit(Experiment, "data.synthetic.filters[2].centre_hz") == "Centre of class 3 (Hz)"
    assert label_with_unit(Experiment, "training.epochs") == "Epochs"
    assert label_with_unit(Experiment, "training.unheard_of") == "training.unheard_of"
