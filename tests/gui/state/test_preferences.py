"""Preferences, and that damaged ones never keep the window from opening."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QSettings

from mlpsvd import settings
from mlpsvd.experiments.experiment import Experiment
from mlpsvd_gui.state.preferences import Preferences


def _preferences(path: Path) -> Preferences:
    return Preferences(QSettings(str(path / "window.ini"), QSettings.Format.IniFormat))


def test_everything_comes_back_after_a_restart(tmp_path: Path) -> None:
    first = _preferences(tmp_path)
    experiment = settings.with_value(Experiment(), "network.hidden", (40, 20))
    first.set_experiment(experiment)
    first.theme = "dark"
    first.set_layout("outer", QByteArray(b"\x00\x01\xff"))
    first.save()
    second = _preferences(tmp_path)
    assert second.experiment() == experiment
    assert second.theme == "dark"
    assert second.layout("outer") == QByteArray(b"\x00\x01\xff")


def test_damage_is_ignored_with_a_line_in_the_log(tmp_path: Path, expect_log: Callable[[str], None]) -> None:
    for text in ("theme 'pink'", "seed is 'one'", "layout of outer", "list of recent files"):
        expect_log(text)
    store = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
    store.setValue("theme", "pink")
    store.setValue("experiment", "format_version = 1\nseed = 'one'\n")
    store.setValue("layout/outer", "not bytes")
    store.setValue("recent", [1, 2])
    store.sync()
    preferences = Preferences(store)
    assert preferences.theme == "system"
    assert preferences.experiment() is None
    assert preferences.layout("outer") is None
    assert preferences.recent_files() == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("discarding.last", 3),
        ("data.synthetic.sample_rate_hz", 100.0),
        ("data.source", "recordings"),
    ],
)
def test_conflicting_settings_are_stored_unchanged(tmp_path: Path, key: str, value: object) -> None:
    experiment = settings.with_value(settings.with_value(Experiment(), "seed", 77), key, value)
    assert list(settings.problems(experiment))
    preferences = _preferences(tmp_path)
    preferences.set_experiment(experiment)
    preferences.save()
    assert _preferences(tmp_path).experiment() == experiment


def test_a_remembered_value_that_is_impossible_by_itself_is_left_out(
    tmp_path: Path, expect_log: Callable[[str], None]
) -> None:
    """Drawing and preview rely on it: a sample rate of 0 or a step of 0 never gets into the window."""
    expect_log("sample_rate_hz is 0.0")
    preferences = _preferences(tmp_path)
    preferences.set_experiment(settings.with_value(Experiment(), "data.synthetic.sample_rate_hz", 0.0))
    assert preferences.experiment() is None


def test_an_experiment_that_no_file_can_hold_is_not_remembered(
    tmp_path: Path, expect_log: Callable[[str], None]
) -> None:
    expect_log("not Unicode")
    preferences = _preferences(tmp_path)
    preferences.set_experiment(Experiment())
    preferences.set_experiment(settings.with_value(Experiment(), "name", "half \ud800"))
    assert preferences.experiment() == Experiment()


def test_recent_files_are_the_newest_first_without_repeats(tmp_path: Path) -> None:
    preferences = _preferences(tmp_path)
    for name in ("a", "b", "a", *(str(number) for number in range(6)), "a"):
        preferences.add_recent_file(name)
    recent = preferences.recent_files()
    assert recent[0] == "a" and len(recent) == len(set(recent)) == 8
