"""The split by a hash of the name, as properties."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpsvd.datasets.split import split_class, split_key

SIDES = st.sampled_from([None, None, None, "train", "test"])
SEEDS = st.integers(0, 2**32 - 1)
NAMES = st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=30, unique=True)


@given(fixed=st.lists(SIDES, min_size=1, max_size=40), fraction=st.floats(0.01, 0.9), seed=SEEDS, shuffled=st.randoms())
def test_the_split_keeps_what_is_fixed_and_does_not_depend_on_the_order(
    fixed: list[str | None], fraction: float, seed: int, shuffled: Random
) -> None:
    names = [f"file {index}" for index in range(len(fixed))]
    sides = split_class(names, fixed, fraction, seed)
    assert all(was in (None, now) for was, now in zip(fixed, sides, strict=True))
    order = list(range(len(names)))
    shuffled.shuffle(order)
    again = split_class([names[i] for i in order], [fixed[i] for i in order], fraction, seed)
    assert dict(zip(names, sides, strict=True)) == {names[i]: side for i, side in zip(order, again, strict=True)}
    if fixed.count(None) > 1:
        assert set(sides) == {"train", "test"}


@given(names=NAMES, added=st.text(min_size=9, max_size=12), fraction=st.floats(0.01, 0.9), seed=SEEDS)
def test_adding_a_recording_moves_another_only_where_the_class_had_lacked_a_side(
    names: list[str], added: str, fraction: float, seed: int
) -> None:
    before = split_class(names, [None] * len(names), fraction, seed)
    after = split_class([*names, added], [None] * (len(names) + 1), fraction, seed)
    moved = [name for name, was, now in zip(names, before, after[:-1], strict=True) if was != now]
    # The one that had been moved to the empty side returns when the new recording fills it.
    assert len(moved) <= 1
    if moved:
        assert before.count(before[names.index(moved[0])]) == 1


def test_adding_300_recordings_to_a_class_of_50_moves_none() -> None:
    few = [f"7_george_{index}.wav" for index in range(50)]
    many = [*few, *(f"7_lucas_{index}.wav" for index in range(300))]
    before, after = (split_class(names, [None] * len(names), 0.1, 1) for names in (few, many))
    assert after[: len(few)] == before


@pytest.mark.parametrize("fraction", [0.1, 0.3, 0.5])
def test_the_share_held_out_is_near_the_one_asked_for_and_the_seed_decides_which(fraction: float) -> None:
    names = [f"{index}.wav" for index in range(4000)]
    first, second = (split_class(names, [None] * 4000, fraction, seed) for seed in (1, 2))
    spread = 4 * (4000 * fraction * (1 - fraction)) ** 0.5
    assert abs(first.count("test") - 4000 * fraction) < spread
    assert abs(second.count("test") - 4000 * fraction) < spread
    assert first != second


def test_the_known_value_stays() -> None:
    # The split is part of every result: these sides must be the same in every version and on every machine.
    names = [f"dog/{index}.wav" for index in range(12)]
    held_out = [i for i, side in enumerate(split_class(names, [None] * 12, 0.25, 1)) if side == "test"]
    assert held_out == [5, 6, 7, 9]


def test_a_single_recording_is_for_training() -> None:
    assert split_class(["a"], [None], 0.9, 1) == ["train"]
    assert split_class(["a", "b"], [None, "train"], 0.01, 1) == ["test", "train"]
    assert split_class(["a", "b"], [None, "test"], 0.9, 1) == ["train", "test"]


@given(n_copies=st.integers(2, 5), fraction=st.floats(0.01, 0.9), seed=SEEDS)
def test_copies_stay_together_and_take_the_side_that_is_fixed(n_copies: int, fraction: float, seed: int) -> None:
    keys = ["a"] * n_copies + ["b", "c"]
    sides = split_class(keys, [None] * len(keys), fraction, seed)
    assert len(set(sides[:n_copies])) == 1
    assert set(sides) == {"train", "test"}
    fixed: list[str | None] = [None] * len(keys)
    fixed[1] = "test"
    assert split_class(keys, fixed, fraction, seed)[:n_copies] == ["test"] * n_copies


@pytest.mark.parametrize("name", ["hund/é.wav", "hund/e\u0301.wav", "hund\\é.wav", "./hund/é.wav", "hund/x/../é.wav"])
def test_the_key_does_not_depend_on_how_the_path_is_written(name: str) -> None:
    assert split_key(name, Path("/data")) == "hund/é.wav"


@pytest.mark.parametrize("folder", ["/data", "/mnt/digits"])
def test_an_absolute_path_counts_from_the_folder(folder: str) -> None:
    assert split_key(f"{folder}/a/x.wav", Path(folder)) == "a/x.wav"
    assert split_key(f"{folder}/../others/x.wav", Path(folder)) == "../others/x.wav"
