"""Model files that somebody made to do harm, or that were damaged: refused in one sentence, at once."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

from mlpsvd.cli.program import main
from mlpsvd.errors import FileFormatError
from mlpsvd.models.model import Model
from mlpsvd.models.model_file import load_model, save_model

KEY = "mlpsvd_model"
Header = dict[str, Any]


@pytest.fixture
def path(model: Model, tmp_path: Path) -> Path:
    save_model(tmp_path / "model.safetensors", model)
    return tmp_path / "model.safetensors"


def refused(path: Path) -> str:
    """Return the one sentence that a file is refused with, at once."""
    started = time.perf_counter()
    with pytest.raises(FileFormatError) as caught:
        load_model(path)
    assert time.perf_counter() - started < 1.0
    message = str(caught.value)
    assert message.startswith(str(path)) and len(message) < len(str(path)) + 500
    assert message.isprintable()
    return message


def rewritten(path: Path, change: Callable[[Header], object]) -> Path:
    with safe_open(path, "numpy") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
        header = json.loads(file.metadata()[KEY])
    change(header)
    save_file(tensors, path, {KEY: json.dumps(header)})
    return path


def with_metadata(path: Path, text: str) -> Path:
    with safe_open(path, "numpy") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
    save_file(tensors, path, {KEY: text})
    return path


@pytest.mark.alone
@pytest.mark.parametrize(
    ("name", "words"),
    [("model_hang", "sample_rate_hz is 1.6e+19"), ("model_nested_header", "nested too deeply|format_version is None")],
)
def test_models_from_the_field_are_refused_everywhere(
    name: str, words: str, hostile: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = hostile / f"{name}.safetensors"
    message = refused(file)
    assert any(word in message for word in words.split("|"))
    sound = hostile.parent / "wav" / "orig.wav"
    for command in (["classify", str(file), str(sound)], ["listen", str(file), "--file", str(sound)]):
        started = time.perf_counter()
        assert main(command) == 2
        assert time.perf_counter() - started < 3.0
        received = capsys.readouterr().err
        assert any(word in received for word in words.split("|"))
        assert len(received.strip().splitlines()) == 1, "one sentence"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda h: h.update(sample_rate_hz=10**400), "sample_rate_hz is 1000"),
        (lambda h: h.update(sample_rate_hz=float("inf")), "sample_rate_hz is inf"),
        (lambda h: h.update(sample_rate_hz=1e-300), "sample_rate_hz is 1e-300"),
        (lambda h: h.update(sample_rate_hz=True), "sample_rate_hz is True"),
        (lambda h: h.update(clip_s=1e9), "clip_s is 1000000000.0"),
        (lambda h: h.update(clip_s=86400.0, sample_rate_hz=768000.0), "too long"),
        (lambda h: h["features"].update(hop=1, fft_size=65536, segments="mean"), "features.hop is 1"),
        (lambda h: h["features"].update(hop=10**30), "features.hop is 1000"),
        (lambda h: h["features"].update(fft_size=2**40), "features.fft_size is 1099511627776"),
        (lambda h: h["features"].update(segments="several", n_parts=10**9), "features.n_parts is 1000000000"),
        (lambda h: h["features"].update(window=["hann"]), "features.window is ['hann']"),
        (lambda h: h.update(network=[]), "network is []; it should be a table"),
        (lambda h: h["network"].update(layers={}), "network.layers is {}; it should be a list"),
        (lambda h: h["network"].update(loss={}), "network.loss is {}"),
        (lambda h: h["network"]["layers"][0].update(n_in=2**40), "network.layers[0].n_in is 1099511627776"),
        (lambda h: h["network"]["layers"][1].update(kind=None), "network.layers[1].kind is None"),
        (lambda h: h.update(class_names={"a": 1}), "class_names is {'a': 1}; it should be a list"),
        (lambda h: h.update(class_names=["x" * 10**6] * 3), "for each of the 3 classes"),
        (lambda h: h.update(experiment=[]), "experiment is []; it should be a table"),
        (
            lambda h: (
                h.pop("input"),
                h["experiment"].update(data={"source": "recordings", "recordings": {"clip_s": []}}),
            ),
            "experiment.data.recordings.clip_s is []",
        ),
        (lambda h: h.update(summary="good\nmodel"), "summary is 'good\\nmodel'; it should be a table"),
        (lambda h: h.update(format_version=10**30), "from a newer MLP-SVD"),
    ],
)
def test_impossible_headers_are_refused(change: Callable[[Header], object], words: str, path: Path) -> None:
    assert words in refused(rewritten(path, change))


@pytest.mark.parametrize("depth", [40, 900, 2000, 100_000])
@pytest.mark.parametrize(("opens", "closes"), [('{"a":', "}"), ("[", "]")])
def test_headers_nested_too_deeply_are_refused(depth: int, opens: str, closes: str, path: Path) -> None:
    nested = opens * depth + "1" + closes * depth
    with safe_open(path, "numpy") as file:
        header = json.loads(file.metadata()[KEY])
    text = json.dumps(header | {"summary": {"deep": "HERE"}}).replace('"HERE"', nested)
    assert "nested too deeply" in refused(with_metadata(path, text))


def test_a_whole_number_of_ten_thousand_digits_is_refused(path: Path) -> None:
    assert "damaged" in refused(with_metadata(path, '{"format_version": ' + "9" * 10_000 + "}"))


def test_only_plain_files_are_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.safetensors")
    assert "is a named pipe; it should be a plain file" in refused(tmp_path / "pipe.safetensors")
    (tmp_path / "zero.safetensors").symlink_to("/dev/zero")
    assert "is a device" in refused(tmp_path / "zero.safetensors")
    with (tmp_path / "sparse.safetensors").open("wb") as file:
        file.truncate(5 * 2**30)
    assert "is too large; it should be at most" in refused(tmp_path / "sparse.safetensors")


def test_names_of_tensors_are_quoted_shortly(path: Path) -> None:
    odd = {"evil\n\x1b[31m" + "x" * 5000: np.zeros(1, np.int8)}
    save_file(odd, path, {KEY: json.dumps({"format_version": 2})})
    assert "it should be F32 or F64" in refused(path)
    save_file({"evil\n\x1b[31m" * 3000: np.zeros(1, np.float32)}, path, {KEY: json.dumps({"format_version": 2})})
    refused(path)
