"""Mutated experiment files: each is read or refused in one sentence; one that is read can be written again."""

from __future__ import annotations

from pathlib import Path

from fuzzing import either, fuzz, mutate_bytes, mutate_text, reading_from

from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.experiment_file import from_toml, load_experiment, to_toml
from mlpsvd.experiments.presets import PRESETS, preset

SMALL = b'format_version = 1\nseed = 3\n[data.recordings]\npath = "sounds"\n[network]\nhidden = [40, 20]\n'


def test_fuzz_experiments(tmp_path: Path) -> None:
    seeds = [to_toml(preset(name)).encode() for name in PRESETS]

    def read(path: Path) -> None:
        experiment = load_experiment(path)
        assert isinstance(experiment, Experiment)
        assert from_toml(to_toml(experiment)) == experiment

    mutate = either(mutate_text, mutate_text, mutate_bytes)
    outcome = fuzz([*seeds, SMALL, SMALL], mutate, reading_from(tmp_path / "x.toml", read), n_cases=1500)
    assert outcome.n_accepted > 100
    assert outcome.refused.total() > 300
