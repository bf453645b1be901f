"""A temperature in a run folder: read back by the run and by its model file, with everything else unchanged."""

from __future__ import annotations

import dataclasses
import json
import shutil
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load

from mlpsvd.classification.classifier import Classifier
from mlpsvd.errors import DataError, FileFormatError, SettingError
from mlpsvd.experiments.runs.library import RunLibrary
from mlpsvd.experiments.runs.read_run import load_run
from mlpsvd.experiments.runs.run import Run
from mlpsvd.experiments.runs.run_data import new_run_id
from mlpsvd.experiments.runs.run_folder import RunFolder, write_run
from mlpsvd.experiments.runs.stored_temperature import store_temperature
from mlpsvd.models.model_file import load_model
from mlpsvd.models.temperature import tempered


@pytest.fixture
def folder(run: Any, tmp_path: Path) -> Path:
    path = tmp_path / "run"
    write_run(path, run.saved, with_figures=False)
    (path / "accuracy-and-loss.png").write_bytes(b"a figure of the run")
    (path / "notes.txt").write_text("mine")
    return path


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def _checkpoint(content: bytes) -> tuple[dict[str, str], dict[str, bytes]]:
    """Metadata, whose order in the file is random, and tensors."""
    n_header = int.from_bytes(content[:8], "little")
    metadata: dict[str, str] = json.loads(content[8 : 8 + n_header])["__metadata__"]
    return metadata, {name: array.tobytes() for name, array in load(content).items()}


def test_the_reopened_run_and_its_model_file_classify_with_it(run: Any, folder: Path) -> None:
    clip = np.random.default_rng(2).standard_normal(4800).astype(np.float32)
    plain = Classifier(run.saved.model("mlp-svd")).probabilities(clip)
    store_temperature(folder, "mlp-svd", 2.5, run.saved.id)
    for model in (load_run(folder).model("mlp-svd"), load_model(folder / "model-mlp-svd.safetensors")):
        assert model.temperature == 2.5
        np.testing.assert_allclose(Classifier(model).probabilities(clip), tempered(plain, 2.5), rtol=1e-12)
    assert load_run(folder).model("mlp").temperature == 1.0


def test_all_else_stays_and_removing_it_restores_the_files_bit_by_bit(folder: Path) -> None:
    before = _contents(folder)
    store_temperature(folder, "mlp-svd", 2.5)
    changed = {name for name, content in _contents(folder).items() if content != before.get(name)}
    assert changed == {"checkpoint.safetensors", "model-mlp-svd.safetensors"} and set(before) == set(_contents(folder))
    store_temperature(folder, "mlp-svd", 1.0)
    after = _contents(folder)
    assert _checkpoint(after.pop("checkpoint.safetensors")) == _checkpoint(before.pop("checkpoint.safetensors"))
    assert after == before


def test_a_run_with_a_temperature_keeps_all_its_networks(run: Any, folder: Path) -> None:
    store_temperature(folder, "mlp", 0.5)
    history = load_run(folder).history("mlp")
    assert [one.epoch for one in history if one.snapshot is not None] == list(range(9))
    assert history[-1].test_accuracy == run.saved.history("mlp")[-1].test_accuracy


def test_a_run_that_was_killed_while_it_was_trained_keeps_it_in_its_checkpoint(run: Any, tmp_path: Path) -> None:
    with RunFolder(tmp_path) as opened:
        opened.checkpoint(run.saved)
    store_temperature(tmp_path, "mlp", 3.0)
    assert load_run(tmp_path).model("mlp").temperature == 3.0
    assert sorted(_contents(tmp_path)) == ["checkpoint.safetensors"]


@pytest.mark.parametrize("n_moved", [0, 1])
def test_a_killed_replacement_is_finished_at_the_next_opening(folder: Path, tmp_path: Path, n_moved: int) -> None:
    shutil.copytree(folder, tmp_path / "later")
    store_temperature(tmp_path / "later", "mlp-svd", 2.5)
    names = [name for name in _contents(folder) if name != "notes.txt"]
    staged = folder / ".mlpsvd" / "new"
    staged.mkdir()
    for index, name in enumerate(("model-mlp-svd.safetensors", "checkpoint.safetensors")):
        shutil.copy(tmp_path / "later" / name, (folder if index < n_moved else staged) / name)
    (staged / "ready.json").write_text(json.dumps({"run_id": "x", "files": names}))
    assert load_run(folder).model("mlp-svd").temperature == 2.5
    assert _contents(folder) == _contents(tmp_path / "later")


def test_a_full_disk_leaves_the_folder_as_it_was(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")
    before = _contents(folder)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before["model-mlp-svd.safetensors"]) + 100, limits[1]))
        with pytest.raises(OSError, match=r"checkpoint\.safetensors"):
            store_temperature(folder, "mlp-svd", 2.5)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert _contents(folder) == before


def test_what_cannot_be_stored_is_refused_in_words(run: Any, folder: Path, tmp_path: Path) -> None:
    before = _contents(folder)
    with pytest.raises(SettingError, match="mlp, mlp-svd"):
        store_temperature(folder, "nobody", 2.0)
    with pytest.raises(SettingError, match=r"from 0.01 to 100"):
        store_temperature(folder, "mlp", 0.0)
    with pytest.raises(DataError, match="another run"):
        store_temperature(folder, "mlp", 2.0, new_run_id())
    with pytest.raises(FileFormatError, match="holds no run"):
        store_temperature(tmp_path / "nowhere", "mlp", 2.0)
    assert not (tmp_path / "nowhere").exists()
    with RunFolder(folder), pytest.raises(DataError, match="in this program already"):
        store_temperature(folder, "mlp", 2.0)
    assert _contents(folder) == before


def test_the_library_finds_the_folder_of_a_run(run: Any, tmp_path: Path) -> None:
    library = RunLibrary(tmp_path)
    runs: list[Run] = [run.saved, dataclasses.replace(run.saved, id=new_run_id())]
    folders = [library.new_folder(run.saved.experiment) for _ in runs]
    for one, path in zip(runs, folders, strict=True):
        write_run(path, one, with_figures=False)
    assert [library.folder_of(one.id) for one in runs] == folders
    assert library.folder_of("none") is None
