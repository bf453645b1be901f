"""The presets: the values of the paper, all valid."""

from __future__ import annotations

import pytest

from mlpsvd.contenders import DEFAULT_CONTENDERS, FAIR_CONTENDERS
from mlpsvd.errors import SettingError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.experiment_file import from_toml, to_toml
from mlpsvd.experiments.presets import (
    DEFAULT_PRESET,
    PRESETS,
    RECORDINGS_PRESET,
    SHORT_NAMES,
    new_experiment,
    preset,
)
from mlpsvd.settings import check, problems, with_value


def test_the_default_experiment_is_the_default_preset() -> None:
    assert new_experiment() is PRESETS[DEFAULT_PRESET]
    assert with_value(new_experiment(), "training.contenders", DEFAULT_CONTENDERS) == Experiment()


def test_filtered_noise_is_learned_by_five_networks_and_everything_else_by_two() -> None:
    for experiment in PRESETS.values():
        is_noise = experiment.data.source == "synthetic"
        assert experiment.training.contenders == (FAIR_CONTENDERS if is_noise else DEFAULT_CONTENDERS)


def test_the_six_tasks_of_table_two_are_there() -> None:
    for bandwidth_hz in (10, 100):
        for n_classes in (2, 5, 10):
            filters = PRESETS[f"Paper: {n_classes} classes, {bandwidth_hz} Hz"].data.synthetic.filters
            assert [one.bandwidth_hz for one in filters] == [bandwidth_hz] * n_classes
            assert [one.centre_hz for one in filters] == [710.0 - 30 * k for k in range(n_classes)]


@pytest.mark.parametrize("spacing_hz", [5, 60])
def test_the_other_spacings_of_figure_eight_are_there(spacing_hz: int) -> None:
    filters = PRESETS[f"Paper: 5 classes, 10 Hz, Δf {spacing_hz} Hz"].data.synthetic.filters
    assert [one.centre_hz for one in filters] == [710.0 - spacing_hz * k for k in range(5)]


@pytest.mark.parametrize("name", [name for name in PRESETS if name != RECORDINGS_PRESET])
def test_every_synthetic_preset_is_possible_and_survives_a_file(name: str) -> None:
    check(PRESETS[name])
    assert PRESETS[name].name == name
    assert from_toml(to_toml(PRESETS[name])) == PRESETS[name]


def test_the_recordings_preset_lacks_nothing_but_its_folder() -> None:
    experiment = PRESETS[RECORDINGS_PRESET]
    assert [problem.key for problem in problems(experiment)] == ["data.recordings.path"]
    check(with_value(experiment, "data.recordings.path", "somewhere"))


def test_a_preset_is_found_in_any_case_and_a_wrong_name_lists_all() -> None:
    assert preset("paper: 2 CLASSES, 10 hz") is PRESETS["Paper: 2 classes, 10 Hz"]
    assert preset(" Paper-5-10Hz-spacing-60hz ") is PRESETS["Paper: 5 classes, 10 Hz, Δf 60 Hz"]
    assert preset("recordings") is PRESETS[RECORDINGS_PRESET] and preset("letters").data.source == "letters"
    assert len(set(SHORT_NAMES.values())) == len(PRESETS) == 10
    assert all(short.replace("-", "").isalnum() and short.islower() for short in SHORT_NAMES.values())
    with pytest.raises(SettingError, match=r"3 classes.*Paper: 2 classes, 10 Hz"):
        preset("Paper: 3 classes")
