"""Groups of recordings: where they are found, and that splits keep them whole."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from mlpsvd.datasets.clips import LoadedClips
from mlpsvd.datasets.groups import joined_units, with_groups
from mlpsvd.datasets.recordings import load_recordings, scan
from mlpsvd.datasets.settings import RecordingsSettings
from mlpsvd.datasets.split import split_groups
from mlpsvd.errors import DataError, SettingError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.papers.tasks import changed
from mlpsvd.settings import problems


def write(path: Path, seed: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.random.default_rng(seed).uniform(-0.5, 0.5, 800), 8000)
    return path


def digits(folder: Path, speakers: Iterable[str], n_clips: int = 2) -> RecordingsSettings:
    """Recordings of two digits by each speaker: ``0_george_1.wav``."""
    for name in speakers:
        for digit in range(2):
            for number in range(n_clips):
                seed = sum(name.encode()) * 100 + digit * 10 + number
                write(folder / f"{digit}_{name}_{number}.wav", seed)
    return with_groups(RecordingsSettings(path=str(folder), labels_from="file names"), "*_{group}_*")


def speakers_of(names: Iterable[str]) -> set[str]:
    return {name.split("_")[1] for name in names}


def sides(loaded: LoadedClips) -> tuple[set[str], set[str]]:
    return speakers_of(loaded.train.recordings), speakers_of(loaded.test.recordings)


def test_groups_come_from_a_folder_a_name_or_a_column(tmp_path: Path) -> None:
    for site in ("north", "south"):
        for label in ("owl", "fox"):
            write(tmp_path / label / site / f"{label}_{site}_1.wav", 1)
    by_folder = with_groups(RecordingsSettings(path=str(tmp_path)), "2")
    by_name = with_groups(RecordingsSettings(path=str(tmp_path)), "*_{group}_*")
    found = {one.name: one.group for one in scan(by_folder).files}
    assert found == {one.name: one.group for one in scan(by_name).files}
    assert found["owl/north/owl_north_1.wav"] == "north" and set(found.values()) == {"north", "south"}
    rows = [f"{name},{name.split('/')[0]},{group}" for name, group in found.items()]
    manifest = tmp_path / "list.csv"
    manifest.write_text("\n".join(["path,label,Site", *rows, "owl/south/owl_south_1.wav,owl,"]))
    by_column = with_groups(RecordingsSettings(path=str(manifest), labels_from="manifest"), "site")
    assert {one.name: one.group for one in scan(by_column).files} == found
    in_manifest = dataclasses.replace(by_folder, path=str(manifest), labels_from="manifest")
    assert {one.name: one.group for one in scan(in_manifest).files} == found
    assert {one.group for one in scan(RecordingsSettings(path=str(tmp_path))).files} == {""}


def test_recordings_without_a_group_are_left_out_with_the_reason(tmp_path: Path) -> None:
    write(tmp_path / "owl" / "1.wav", 1)
    write(tmp_path / "owl" / "north" / "owl_north_2.wav", 2)
    (by_folder,) = scan(with_groups(RecordingsSettings(path=str(tmp_path)), "2")).skipped
    assert by_folder.path == "owl/1.wav" and by_folder.reason == "it is not in a folder of level 2 (its group)"
    (by_name,) = scan(with_groups(RecordingsSettings(path=str(tmp_path)), "*_{group}_*")).skipped
    assert by_name.reason == "its name does not match *_{group}_* (its group)"
    manifest = tmp_path / "list.csv"
    manifest.write_text("path,label,site\nowl/1.wav,owl,\n")
    settings = RecordingsSettings(path=str(manifest), labels_from="manifest")
    (by_column,) = scan(with_groups(settings, "site")).skipped
    assert by_column.reason == "row 2 of the manifest: it has no site"
    with pytest.raises(DataError, match="has no column 'speaker' for the groups; its columns are path, label, site"):
        scan(with_groups(settings, "speaker"))
    with pytest.raises(SettingError, match=r"a pattern with \{group\} in it once"):
        scan(dataclasses.replace(by_name_settings(tmp_path), group_pattern="{group}_{group}"))


def by_name_settings(folder: Path) -> RecordingsSettings:
    return with_groups(RecordingsSettings(path=str(folder)), "{group}_*")


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"evaluation": "leave one group out"}, "groups_from"),
        ({"groups_from": "manifest"}, "groups_from"),
        ({"groups_from": "manifest", "labels_from": "manifest", "group_column": " "}, "group_column"),
        ({"groups_from": "file names", "group_pattern": "*"}, "group_pattern"),
        ({"groups_from": "folders", "group_level": 1}, "group_level"),
    ],
)
def test_settings_that_contradict_each_other_are_found(changes: dict[str, object], key: str) -> None:
    recordings = {f"data.recordings.{name}": value for name, value in {"path": "x", **changes}.items()}
    experiment = changed(Experiment(), {"data.source": "recordings", **recordings})
    assert [one.key for one in problems(experiment)] == [f"data.recordings.{key}"]


def test_whole_groups_are_held_out_and_stay_when_recordings_are_added(tmp_path: Path) -> None:
    names = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")
    settings = dataclasses.replace(digits(tmp_path, names), test_fraction=0.4)
    train, test = sides(load_recordings(settings, 1))
    assert train and test and not train & test and train | test == set(names)
    digits(tmp_path, names, n_clips=3)
    assert sides(load_recordings(settings, 1)) == (train, test), "more clips of the same speakers"
    digits(tmp_path, ("anna", "zoe"))
    more_train, more_test = sides(load_recordings(settings, 1))
    assert train <= more_train and test <= more_test, "new speakers do not move the others"
    splits = {tuple(sorted(sides(load_recordings(settings, seed))[1])) for seed in range(4)}
    assert len(splits) > 1, "the seed decides"


@given(
    owned=st.lists(st.sets(st.integers(0, 2), min_size=1), min_size=4, max_size=9),
    fraction=st.floats(0.01, 0.9),
    seed=st.integers(0, 10**6),
)
def test_every_class_that_can_be_on_both_sides_of_a_group_split_is(
    owned: list[set[int]], fraction: float, seed: int
) -> None:
    pairs = [(f"g{number}", str(label)) for number, labels in enumerate(owned) for label in labels]
    pairs += [("g0", str(label)) for label in range(3)] + [("g1", str(label)) for label in range(3)]
    groups, labels = zip(*pairs, strict=True)
    found = split_groups(groups, labels, [None] * len(groups), fraction, seed)
    assert set(found) == set(groups)
    for label in "012":
        assert {found[group] for group, own in pairs if own == label} == {"train", "test"}


def test_a_class_of_one_group_cannot_be_split(tmp_path: Path) -> None:
    settings = digits(tmp_path, ("george", "theo"))
    for number in range(2):
        write(tmp_path / f"2_theo_{number}.wav", 77 + number)
    with pytest.raises(
        DataError, match=r"class '2' has recordings of one group only \(theo\) and no t.* clip, as groups"
    ):
        load_recordings(settings, 1)


def test_groups_that_share_a_copy_stay_together_and_are_named(tmp_path: Path) -> None:
    settings = digits(tmp_path, ("george", "jackson", "lucas", "theo"))
    (tmp_path / "0_theo_9.wav").write_bytes((tmp_path / "0_george_0.wav").read_bytes())
    for seed in range(6):
        loaded = load_recordings(settings, seed)
        assert any({"george", "theo"} <= one for one in sides(loaded))
        sentence = "The groups george + theo hold copies of the same recordings and are kept together as one group."
        assert sentence in loaded.warnings
        assert any("copies are kept on one side" in one for one in loaded.warnings)
        assert set(loaded.train.units) | set(loaded.test.units) == {"george + theo", "jackson", "lucas"}


def test_copies_of_a_recording_share_a_unit() -> None:
    units, titles = joined_units({name: name for name in "abcd"}, [("d", "b"), ("b", "c")])
    assert units == {"a": "a", "b": "b", "c": "b", "d": "b"}
    assert titles == {"a": "a", "b": "b + c + d"}


def test_a_manifest_that_divides_a_group_is_told(tmp_path: Path) -> None:
    digits(tmp_path, ("george", "theo"))
    rows = [f"{label}_{name}_{number}.wav,{label},{('train', 'test')[number]},{name}"
            for label in range(2) for name in ("george", "theo") for number in range(2)]  # fmt: skip
    (tmp_path / "list.csv").write_text("\n".join(["path,label,split,speaker", *rows]))
    settings = RecordingsSettings(path=str(tmp_path / "list.csv"), labels_from="manifest")
    loaded = load_recordings(with_groups(settings, "speaker"), 1)
    assert len(loaded.test) == 4
    assert any("divides 2 groups (george): the test accuracy is not that of unknown" in one for one in loaded.warnings)
