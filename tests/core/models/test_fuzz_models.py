"""Thousands of damaged model files: each is refused in one sentence, or works, quickly and without a warning."""

from __future__ import annotations

import random
import struct
from collections.abc import Mapping
from pathlib import Path

import fuzzing
import numpy as np
import pytest
import soundfile

from mlpsvd.classification.batch.file_classifier import FileClassifier
from mlpsvd.classification.batch.find_files import SoundFile
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.models.model import Model
from mlpsvd.models.model_file import load_model, save_model
from mlpsvd.settings import check, from_table


def mutate_numbers(generator: random.Random, data: bytes) -> bytes:
    """Put odd numbers into the tensors."""
    (length,) = struct.unpack("<Q", data[:8])
    mutant = bytearray(data)
    for _ in range(generator.choice((1, 3, 50))):
        at = 8 + length + 4 * generator.randrange((len(data) - 8 - length) // 4)
        odd = generator.choice((0.0, -1.0, 1e-45, 1e-38, 1e30, -3e38, float("inf"), float("nan"), 1e300))
        packed = struct.pack("<d", odd) if generator.random() < 0.5 or abs(odd) > 3e38 else struct.pack("<f", odd)
        mutant[at : at + len(packed)] = packed[: len(mutant) - at]
    return bytes(mutant)


@pytest.fixture
def sound(tmp_path: Path) -> SoundFile:
    path = tmp_path / "seven_7_x.wav"
    soundfile.write(path, np.random.default_rng(0).normal(0, 0.1, 8000).astype(np.float32), 16000)
    return SoundFile(path, ("words",))


def test_fuzz_models(models: Mapping[str, Model], sound: SoundFile, tmp_path: Path) -> None:
    seeds = []
    for name, model in models.items():
        save_model(tmp_path / f"{name}.safetensors", model)
        seeds.append((tmp_path / f"{name}.safetensors").read_bytes())

    def use(path: Path) -> None:
        model = load_model(path)
        reader = FileClassifier(model)
        assert reader.classifier.n_samples >= 1
        assert list(reader.classify(sound))
        assert model.features.describe()
        reader.classifier.distance_of(reader.classifier.features(np.ones(4800, np.float32)))
        assert len(model.features.frequencies_hz) == len(model.features.parts) == model.features.n_features
        check(from_table(Experiment, model.experiment_table))

    mutate = fuzzing.either(fuzzing.mutate_safetensors, fuzzing.mutate_safetensors, mutate_numbers)
    outcome = fuzzing.fuzz(seeds, mutate, fuzzing.reading_from(tmp_path / "mutant.safetensors", use), n_cases=1500)
    assert outcome.n_accepted > 50 and sum(outcome.refused.values()) > 500
