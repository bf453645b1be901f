"""The stratified split as properties."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from mlpsvd.data.split import split_class

SIDES = st.sampled_from([None, None, None, "train", "test"])


@given(
    fixed=st.lists(SIDES, min_size=1, max_size=40),
    fraction=st.floats(0.01, 0.9),
    seed=st.integers(0, 2**32 - 1),
    shuffled=st.randoms(),
)
def test_the_split_keeps_what_is_fixed_and_does_not_depend_on_the_order(
    fixed: list[str | None], fraction: float, seed: int, shuffled: Random
) -> None:
    names = [f"file {index}" for index in range(len(fixed))]
    sides = split_class(names, fixed, "dog", fraction, seed)
    assert all(was in (None, now) for was, now in zip(fixed, sides, strict=True))
    order = list(range(len(names)))
    shuffled.shuffle(order)
    again = split_class([names[i] for i in order], [fixed[i] for i in order], "dog", fraction, seed)
    assert dict(zip(names, sides, strict=True)) == {names[i]: side for i, side in zip(order, again, strict=True)}
    if fixed.count(None) > 1:
        assert set(sides) == {"train", "test"}


def test_the_share_held_out_is_the_one_asked_for_and_the_seed_decides_which() -> None:
    names = [f"{index}.wav" for index in range(270)]
    first, second = (split_class(names, [None] * 270, "7", 0.1, seed) for seed in (1, 2))
    assert first.count("test") == second.count("test") == 27
    assert first != second


def test_a_single_recording_is_for_training() -> None:
    assert split_class(["a"], [None], "dog", 0.5, 1) == ["train"]
    assert split_class(["a", "b"], [None, "train"], "dog", 0.1, 1) == ["test", "train"]
    assert split_class(["a", "b"], [None, "test"], "dog", 0.9, 1) == ["train", "test"]
