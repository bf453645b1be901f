"""``mlpsvd listen`` in this process: output for a file and a device, and exit codes."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mlpsvd.audio.ring_buffer import RingBuffer
from mlpsvd.classification.classifier import Classifier
from mlpsvd.classification.live.decision import LiveDecision
from mlpsvd.classification.live.live_classifier import LiveClassifier
from mlpsvd.cli import main
from mlpsvd.cli.decision_lines import json_line
from mlpsvd.features.settings import FeatureSettings
from mlpsvd.features.spectra import fit
from mlpsvd.models.input_contract import InputContract
from mlpsvd.models.model import Model
from mlpsvd.models.model_file import load_model, save_model
from mlpsvd.network.spec import LayerSpec, NetworkSpec

RATE_HZ = 16000
WINDOW_S = 0.3
N_WINDOWS = 8


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained network of three classes; its outputs depend on every sample, which is sufficient here."""
    rng = np.random.default_rng(1)
    n_samples = round(WINDOW_S * RATE_HZ)
    settings = FeatureSettings(segments="several", magnitude="log", scaling="standardised")
    features = fit(rng.normal(size=(20, n_samples)).astype(np.float32), float(RATE_HZ), settings)
    layers = (LayerSpec("dense", features.n_features, 8, 8, "relu"), LayerSpec("dense", 8, 3, 3, "softmax"))
    spec = NetworkSpec(layers, "cross-entropy")
    theta = rng.normal(0.0, 0.3, spec.n_parameters).astype(np.float32)
    path = tmp_path_factory.mktemp("listen") / "model.safetensors"
    save_model(
        path,
        Model(
            spec,
            theta,
            features,
            ("hiss", "hum", "tone"),
            InputContract.of_clips(features.sample_rate_hz, WINDOW_S, features.settings.fft_size),
        ),
    )
    return path


@pytest.fixture(scope="module")
def sound(model: Path) -> Path:
    """Eight windows, the fifth of them silent."""
    rng = np.random.default_rng(2)
    windows = rng.uniform(-0.5, 0.5, (N_WINDOWS, round(WINDOW_S * RATE_HZ))) * np.linspace(0.2, 1.0, N_WINDOWS)[:, None]
    windows[4] = 0.0
    path = model.with_name("sound.wav")
    soundfile.write(path, windows.ravel(), RATE_HZ, subtype="FLOAT")
    return path


def listen(model: Path, sound: Path, *more: str) -> int:
    return main(["listen", str(model), "--file", str(sound), "--fast", *more])


def lines(capsys: pytest.CaptureFixture[str]) -> list[list[str]]:
    return [line.split("\t") for line in capsys.readouterr().out.splitlines()]


def test_a_file_gives_one_line_a_decision_and_those_of_classify(
    model: Path, sound: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = Classifier(load_model(model)).classify_file(sound)
    assert listen(model, sound) == 0
    assert lines(capsys) == [[f"{one.start_s:.3f}", one.label, f"{one.probability:.4f}"] for one in expected]


def test_a_file_is_announced_as_played(model: Path, sound: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["listen", str(model), "--file", str(sound), "--seconds", "0.3"]) == 0
    assert capsys.readouterr().err == f"mlpsvd: playing {sound.name} (Ctrl-C to stop)\n"


def test_settings_change_what_is_shown(model: Path, sound: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert listen(model, sound, "--set", "live.trigger_dbfs=-60", "--set", "live.hop_share=0.5") == 0
    found = lines(capsys)
    assert len(found) == 2 * N_WINDOWS - 1
    assert [(float(start_s), number) for start_s, label, number in found if label == "quiet"] == [(1.2, "-")]
    assert listen(model, sound, "--set", "live.unknown_below=1") == 0
    assert {label for _, label, _ in lines(capsys)} == {"unknown"}


def test_json_and_csv_hold_all_there_is_to_know(
    model: Path, sound: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "decisions.csv"
    smoothed = ["--set", "live.smoothing=mean", "--set", "live.trigger_dbfs=-60"]
    assert listen(model, sound, "--json", "--csv", str(table), *smoothed) == 0
    entries = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    rows = list(csv.DictReader(table.read_text("utf-8").splitlines()))
    assert len(entries) == len(rows) == N_WINDOWS
    for entry, row in zip(entries, rows, strict=True):
        assert (entry["shown"], entry["label"] or "") == (row["shown"], row["label"])
    assert sum(entries[1]["probabilities"].values()) == pytest.approx(1.0, abs=1e-6)
    assert entries[1]["smoothed"] != entries[1]["probabilities"]
    assert entries[4]["shown"] == entries[4]["kind"] == "quiet"
    assert entries[4]["probabilities"] == {"hiss": None, "hum": None, "tone": None}


@pytest.mark.parametrize("odd", [np.nan, np.inf])
def test_json_has_no_number_for_what_is_none(model: Path, odd: float) -> None:
    classifier = Classifier(load_model(model))
    samples = np.full(classifier.n_samples, 0.1, np.float32)
    samples[7] = odd
    ring = RingBuffer(len(samples))
    ring.write(samples)
    (decision,) = LiveClassifier(ring, classifier).poll()
    entry = json.loads(json_line(decision))
    assert entry["shown"] == "unknown"
    assert entry["probability"] is None
    assert entry["rms_dbfs"] is None or entry["rms_dbfs"] == -120.0


def test_it_stops_after_the_seconds_asked_for(model: Path, sound: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert listen(model, sound, "--seconds", "1.0") == 0
    assert [row[0] for row in lines(capsys)] == ["0.000", "0.300", "0.600"]
    assert main(["listen", str(model), "--file", str(sound), "--seconds", "0.6"]) == 0
    assert [row[0] for row in lines(capsys)] == ["0.000", "0.300"]


def test_seconds_count_sound_and_not_the_time_that_deciding_takes(
    model: Path, sound: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two seconds of sound; printing a tenth takes longer than playing it."""
    from mlpsvd.cli import listen as module

    monkeypatch.setattr(module, "_GRACE_S", 0.05)

    def slow_line(decision: LiveDecision) -> str:
        time.sleep(0.5)
        return f"{decision.start_s:.3f}"

    monkeypatch.setattr(module, "plain_line", slow_line)
    assert listen(model, sound, "--seconds", "2.0") == 0
    assert [row[0] for row in lines(capsys)] == ["0.000", "0.300", "0.600", "0.900", "1.200", "1.500"]


def test_a_long_file_is_played_block_by_block(model: Path, tmp_path: Path) -> None:
    """Twenty minutes of two channels at 48 kHz, 230 MB, of which the process may hold a few blocks."""
    path = tmp_path / "long.wav"
    soundfile.write(path, np.zeros((48000, 2)), 48000)
    os.truncate(path, 48000 * 4 * 1200)
    data = path.open("r+b")
    data.seek(40)
    data.write(b"\xff" * 4)
    data.close()
    script = (
        "import resource, sys; from mlpsvd.cli import main; import soxr, soundfile, scipy;"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss; code = main(sys.argv[1:]);"
        "print(code, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)"
    )
    command = [sys.executable, "-c", script, "listen", str(model), "--file", str(path), "--fast", "--seconds", "60"]
    finished = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    code, megabytes = finished.stdout.splitlines()[-1].split()
    assert code == "0"
    assert int(megabytes) < 120


def test_what_is_odd_about_the_file_is_printed(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "stereo.wav"
    left = np.random.default_rng(0).uniform(-0.5, 0.5, RATE_HZ)
    soundfile.write(path, np.stack([left, -left], axis=1), RATE_HZ)
    assert listen(model, path) == 0
    note = "mlpsvd: note: stereo.wav: its 2 channels cancel each other when mixed; select one of them\n"
    assert capsys.readouterr().err.endswith(note)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "MODEL"),
        (["{model}", "--fast"], "--file"),
        (["{model}", "--file", "{sound}", "--set", "live.hop_share=0"], "live.hop_share is 0.0"),
        (["{model}", "--file", "{sound}", "--set", "live.hop=1"], "live.hop is '1'"),
        (["{model}", "--file", "{sound}", "--set", "smoothing"], "KEY=VALUE"),
        (["{model}", "--file", "{sound}", "--seconds", "-1"], "--seconds is -1"),
        (["{model}", "--file", "{sound}", "--csv", "{sound}/x.csv"], "x.csv"),
        (["{model}", "--file", "{model}"], "model.safetensors"),
        (["{model}", "--file", "missing.wav"], "missing.wav"),
        (["{sound}", "--file", "{sound}"], "sound.wav"),
        (["{model}", "--file", "{sound}", "--device", "x"], "--device"),
    ],
)
def test_invalid_arguments_give_one_sentence(
    arguments: list[str], sentence: str, model: Path, sound: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["listen", *(one.format(model=model, sound=sound) for one in arguments)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert sentence in err
    assert len(err.splitlines()) == 1
