"""The input contract: derived from an experiment, written, and read from older files."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

from mlpsvd.datasets.settings import DataSettings, RecordingsSettings, SyntheticSettings
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.features.settings import FeatureSettings
from mlpsvd.models.input_contract import InputContract
from mlpsvd.models.model import Model
from mlpsvd.models.model_file import load_model, save_model
from mlpsvd.settings import to_table

KEY = "mlpsvd_model"
RECORDINGS = RecordingsSettings(labels_from="file names", pattern="{label}_*", channel=2, clip_s=0.7, shortest_s=0.2)


def without_contract(path: Path) -> Path:
    """Rewrite a model file as versions of before the contract wrote it."""
    with safe_open(path, "numpy") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
        header = json.loads(file.metadata()[KEY])
    del header["input"]
    save_file(tensors, path, {KEY: json.dumps(header)})
    return path


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (
            DataSettings("recordings", recordings=RECORDINGS),
            InputContract(16000.0, 0.3, cut_s=0.7, shortest_s=0.2, channel=2, label_pattern="{label}_*"),
        ),
        (
            DataSettings("recordings", recordings=RecordingsSettings(pattern="{label}")),
            InputContract(16000.0, 0.3, cut_s=0.0, shortest_s=0.05),
        ),
        (DataSettings(), InputContract(16000.0, 0.3, cut_s=0.3, shortest_s=0.016)),
    ],
    ids=["file names", "folders", "a bank of other classes"],
)
def test_a_file_without_a_contract_gives_the_one_of_its_experiment(
    data: DataSettings, expected: InputContract, model: Model, tmp_path: Path
) -> None:
    assert InputContract.of_data(data, FeatureSettings(), 16000.0, 0.3, model.class_names) == expected
    table = to_table(dataclasses.replace(Experiment(), data=data))
    save_model(tmp_path / "a.safetensors", dataclasses.replace(model, contract=expected, experiment_table=table))
    assert load_model(tmp_path / "a.safetensors").contract == expected
    assert load_model(without_contract(tmp_path / "a.safetensors")).contract == expected


def test_a_model_of_a_bank_knows_it_from_either_form_of_the_file(model: Model, tmp_path: Path) -> None:
    assert isinstance(model.contract.bank, SyntheticSettings)
    save_model(tmp_path / "a.safetensors", model)
    assert load_model(without_contract(tmp_path / "a.safetensors")).contract == model.contract


def test_the_contract_counts_and_not_the_experiment(model: Model, tmp_path: Path) -> None:
    save_model(tmp_path / "a.safetensors", dataclasses.replace(model, experiment_table={"data": {"source": 3}}))
    assert load_model(tmp_path / "a.safetensors").contract == model.contract
    unknown = load_model(without_contract(tmp_path / "a.safetensors")).contract
    assert unknown == dataclasses.replace(model.contract, bank=None)
