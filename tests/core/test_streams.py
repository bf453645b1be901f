"""Streams of random numbers: no two are the same."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import numpy as np
import pytest

from mlpsvd.datasets.settings import SyntheticSettings
from mlpsvd.datasets.synthetic import one_class
from mlpsvd.network.initialise import build
from mlpsvd.network.settings import NetworkSettings
from mlpsvd.settings import with_value
from mlpsvd.streams import Purpose, seeds


def test_all_streams_of_an_experiment_are_pairwise_different() -> None:
    keys = [(), *((i,) for i in range(30)), *itertools.product(range(4), range(4))]
    wanted = list(itertools.product(Purpose, (0, 1, 2, 5, 2**32 - 1), keys))
    first = {seeds(purpose, seed, *key).generate_state(4).tobytes() for purpose, seed, key in wanted}
    assert len(first) == len(wanted)


def test_initial_weights_are_not_the_noise_of_a_clip() -> None:
    # In numerics version 1 both were one stream: the initial W2 was the noise of the first class, number for number.
    settings = with_value(SyntheticSettings(), "noise", "gaussian")
    network = build(NetworkSettings(hidden=(20,), initial_std=1.0), 129, 5, ("dense", "dense"), 1)
    weights = np.sort(network.theta[network.theta != 0])
    noise = np.random.default_rng(seeds(Purpose.TRAINING_CLIPS, 1, 0)).standard_normal(len(weights))
    assert not np.intersect1d(weights, noise.astype(np.float32)).size
    assert one_class(settings, 1, "train", 0, 16, 4).shape == (4, 16)


def test_train_test_and_order_streams_differ_for_equal_keys() -> None:
    drawn = [np.random.default_rng(seeds(one, 1, 0)).standard_normal(100) for one in Purpose]
    for one, other in itertools.combinations(drawn, 2):
        assert not np.intersect1d(one, other).size


def test_one_stream_is_the_same_everywhere() -> None:
    # Part of every result: these numbers must never change without a new numerics version.
    first = np.random.default_rng(seeds(Purpose.INITIAL_WEIGHTS, 1)).integers(2**32, size=3)
    assert first.tolist() == [4042397434, 2043393047, 617412200]


@pytest.mark.parametrize("key", [(-1,), (2**32,), (0, 2**40)])
def test_numbers_that_take_more_than_one_word_are_refused(key: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="not a valid part of a seed"):
        seeds(Purpose.BATCH_ORDER, 1, *key)


def test_every_generator_in_the_program_comes_from_a_stream(project_root: Path) -> None:
    allowed = {
        "core/mlpsvd/streams.py",  # the streams themselves
        "core/mlpsvd/audio/sources/synthetic_source.py",  # live sound, no experiment's
        "core/mlpsvd/cli/self_test_checks.py",  # a sound to write and read, no experiment's
        "core/mlpsvd/engines/contract.py",  # shuffles with the sequence that it is given
        "core/mlpsvd/engines/cpu/engine.py",  # compiles on an order of four clips
        "core/mlpsvd/engines/cpu/shuffling.py",  # as contract.py
    }
    for path in itertools.chain(*((project_root / name).rglob("*.py") for name in ("core", "mlpsvd_gui"))):
        lines = path.read_text(encoding="utf-8").splitlines()
        text = "\n".join(line for line in lines if not line.lstrip().startswith((">>>", "...")))  # not the examples
        if path.relative_to(project_root).as_posix() not in allowed:
            loose = re.findall(r"(?:default_rng|SeedSequence)\((?!seeds\()[^)]*\)", text)
            assert not loose, f"{path} draws numbers outside mlpsvd.streams: {loose}"
