"""Filter banks as CSV, MATLAB files and code: the same outputs in other programs, and the same bank when read."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from scipy.io import loadmat, savemat
from scipy.signal import butter, sosfilt

from mlpsvd.cli import main
from mlpsvd.datasets.filter_files import read_filters, write_filters
from mlpsvd.datasets.settings import SyntheticSettings
from mlpsvd.errors import DataError, SettingError
from mlpsvd.experiments.experiment_file import load_experiment
from mlpsvd.signals.bandpass import coefficients, difference_equation
from mlpsvd.signals.bank import BandPass, paper_bank
from mlpsvd.signals.second_order import band_pass_of, second_order_sections

TOLERANCE = 1e-12
"""Of the largest sample. Two exact evaluations of the same recursion differ by rounding only."""

ODD = SyntheticSettings(
    filters=(BandPass("=1+1, 'é'", 710.123456789, 10.0), BandPass('"b"', 3000.0, 1999.0), BandPass("c", 20.0, 0.1)),
    sample_rate_hz=22050.0,
)
NOISE = np.random.default_rng(1).standard_normal(4000)


def own_outputs(settings: SyntheticSettings) -> np.ndarray:
    """The program's own filtering of the noise [shape=(n_classes, n_samples)]."""
    rate_hz = settings.sample_rate_hz
    return np.stack([difference_equation(coefficients(one, rate_hz), NOISE) for one in settings.filters])


def assert_same_outputs(found: np.ndarray, settings: SyntheticSettings) -> None:
    own = own_outputs(settings)
    assert found.shape == own.shape
    np.testing.assert_allclose(found, own, rtol=0.0, atol=TOLERANCE * np.abs(own).max())


@pytest.mark.parametrize("suffix", [".csv", ".mat"])
@pytest.mark.parametrize("settings", [SyntheticSettings(), ODD], ids=["paper", "odd"])
def test_a_bank_that_is_written_and_read_is_the_same(settings: SyntheticSettings, suffix: str, tmp_path: Path) -> None:
    write_filters(tmp_path / f"bank{suffix}", settings)
    assert read_filters(tmp_path / f"bank{suffix}", settings) == settings


@given(st.floats(100.0, 768000.0), st.floats(0.002, 0.498), st.floats(1e-5, 0.2499))
@hypothesis_settings(max_examples=100, deadline=None)
def test_any_filter_is_found_again(rate_hz: float, centre: float, bandwidth: float) -> None:
    one = BandPass("x", rate_hz * centre, rate_hz * bandwidth)
    sections = second_order_sections([one], rate_hz)
    found = band_pass_of("x", sections, rate_hz)
    assert found.centre_hz == pytest.approx(one.centre_hz, rel=1e-9)
    assert found.bandwidth_hz == pytest.approx(one.bandwidth_hz, rel=1e-9)
    scaled = band_pass_of("x", -3.0 * sections, rate_hz)  # a0 need not be 1
    assert scaled.centre_hz == pytest.approx(one.centre_hz, rel=1e-9)


def test_the_table_filters_as_the_program_does(tmp_path: Path) -> None:
    write_filters(tmp_path / "bank.csv", ODD)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "bank.csv").read_text("utf-8"))))
    assert [row["class"] for row in rows] == [one.label for one in ODD.filters]
    assert {(row["section"], row["sample_rate_hz"]) for row in rows} == {("1", "22050")}
    sos = np.array([[float(row[name]) for name in ("b0", "b1", "b2", "a0", "a1", "a2")] for row in rows])
    assert_same_outputs(np.stack([sosfilt(row[np.newaxis], NOISE) for row in sos]), ODD)


def test_the_arrays_filter_as_the_program_does(tmp_path: Path) -> None:
    write_filters(tmp_path / "bank.mat", ODD)
    found = loadmat(tmp_path / "bank.mat", squeeze_me=True)
    assert list(found["class_names"]) == [one.label for one in ODD.filters]
    assert list(found["centre_hz"]) == [one.centre_hz for one in ODD.filters]
    assert_same_outputs(np.stack([sosfilt(np.array([row]), NOISE) for row in found["sos"]]), ODD)


def test_the_python_module_filters_as_the_program_does(tmp_path: Path) -> None:
    write_filters(tmp_path / "bank.py", ODD)
    samples = "\n".join(map(repr, NOISE.tolist()))
    command = [sys.executable, "-W", "error", "bank.py"]
    done = subprocess.run(command, cwd=tmp_path, input=samples.encode(), capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    names, *rows = csv.reader(io.StringIO(done.stdout.decode("utf-8")))
    assert names == [one.label for one in ODD.filters]
    assert_same_outputs(np.array(rows, dtype=float).T, ODD)


@pytest.mark.skipif(shutil.which("octave-cli") is None, reason="octave is not installed")
def test_the_matlab_function_filters_as_the_program_does(tmp_path: Path) -> None:
    write_filters(tmp_path / "bank.m", ODD)
    savemat(tmp_path / "noise.mat", {"x": NOISE})
    code = "load noise.mat; [y, names, fs] = bank(x); assert(fs, 22050); assert(numel(names), 3);"
    code += "assert(names{2}, '\"b\"'); save('-v7', 'out.mat', 'y');"
    done = subprocess.run(["octave-cli", "--norc", "--eval", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert_same_outputs(loadmat(tmp_path / "out.mat")["y"].T, ODD)


def test_a_bank_of_another_program_gets_names(tmp_path: Path) -> None:
    sos = second_order_sections(paper_bank(3), 16000.0)
    savemat(tmp_path / "bank.mat", {"sos": 2.0 * sos, "sample_rate_hz": 16000, "other": "text"})
    found = read_filters(tmp_path / "bank.mat")
    assert [one.label for one in found.filters] == ["class 1", "class 2", "class 3"]
    assert [(one.centre_hz, one.bandwidth_hz) for one in found.filters] == [(710, 10), (680, 10), (650, 10)]


SECTION = [0.01, 0.0, -0.01, 1.0, -1.8, 0.98]


@pytest.mark.parametrize(
    ("sections", "reason"),
    [
        (butter(2, [0.1, 0.2], "bandpass", output="sos"), "it has 2 sections; it should be one section"),
        (butter(1, [0.1, 0.2], "bandpass", output="sos") * [0.5, 0.5, 0.5, 1, 1, 1], "unit gain at its centre"),
        (butter(2, 0.1, output="sos"), "b0, b1, b2 are 0.02008, 0.04017, 0.02008; it should be"),
        ([[*SECTION[:5], 1.01]], "a2 is 1.01; it should be between 0 and 1"),
        ([[*SECTION[:4], -1.99, 0.98]], "a1 is -1.99; it should be between -1.98 and 1.98"),
        ([[*SECTION[:3], 0.0, -1.8, 0.98]], "a0 is 0"),
        ([[*SECTION[:4], np.nan, 0.98]], "not a finite number"),
        ([[*SECTION[:3], 1e-320, -1.8, 0.98]], "a2 is inf; it should be"),
    ],
)
def test_a_filter_that_an_experiment_cannot_have_is_refused_in_a_sentence(sections: object, reason: str) -> None:
    with pytest.raises(DataError, match="class 'x' is no filter of an experiment: ") as refused:
        band_pass_of("x", sections, 16000.0)
    assert reason in str(refused.value)


def test_one_section_of_a_butterworth_band_pass_is_read() -> None:
    """A band-pass of first order is Lane's filter: bilinear transform, unit gain, exact bandwidth."""
    found = band_pass_of("x", butter(1, [1000.0, 1200.0], "bandpass", fs=16000.0, output="sos"), 16000.0)
    assert found.bandwidth_hz == pytest.approx(200.0, abs=1e-6)
    assert 1000.0 < found.centre_hz < 1200.0


CELL = np.array(["a"], dtype=object)
HEAD = "class,section,b0,b1,b2,a0,a1,a2,sample_rate_hz\n"
ROW = "0.01,0,-0.01,1,-1.8,0.98"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it has no column class"),
        ("path,label\n", "it has no column class; its first row should be class,section,b0"),
        (HEAD, "it has no rows"),
        (f"{HEAD}a,1,{ROW},16000\nb,1,{ROW},8000\n", "several sample rates"),
        (f"{HEAD}a,1,x{ROW},16000\n", "b0 in row 2 is 'x0.01'; it should be a number"),
        (f"{HEAD}a,1,{ROW}\n", "sample_rate_hz in row 2 is ''"),
        (f"{HEAD}a,1,{ROW},-5\n", "its sample rate is -5.0"),
        (f"{HEAD}a,1,{ROW},nan\n", "its sample rate is nan"),
        (f"{HEAD}a,1,{ROW},16000\na,2,{ROW},16000\n", "it has 2 sections"),
    ],
)
def test_a_table_that_is_no_bank_is_refused(text: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "bank.csv").write_text(text)
    with pytest.raises(DataError) as refused:
        read_filters(tmp_path / "bank.csv")
    assert reason in str(refused.value)


@pytest.mark.parametrize(
    ("arrays", "reason"),
    [
        ({"sos": np.zeros((2, 5)), "sample_rate_hz": 1.0}, "sos has the shape (2, 5)"),
        ({"sos": np.zeros((0, 6)), "sample_rate_hz": 1.0}, "sos has the shape (0, 6)"),
        ({"sos": np.zeros((20000, 6)), "sample_rate_hz": 1.0}, "1 to 10,000 rows"),
        ({"sos": np.zeros((2, 6))}, "it has no real numeric variable sample_rate_hz"),
        ({"sos": "text", "sample_rate_hz": 1.0}, "it has no real numeric variable sos"),
        ({"sos": np.ones((2, 6)), "sample_rate_hz": [1.0, 2.0]}, "sample_rate_hz has 2 values"),
        ({"sos": np.ones((2, 6)), "sample_rate_hz": 1.0, "section_class": [1, 3]}, "whole numbers from 1 to 2"),
        ({"sos": np.ones((2, 6)), "sample_rate_hz": 1.0, "class_names": CELL}, "whole numbers from 1 to 1"),
    ],
)
def test_arrays_that_are_no_bank_are_refused(arrays: dict[str, object], reason: str, tmp_path: Path) -> None:
    savemat(tmp_path / "bank.mat", arrays)
    with pytest.raises(DataError) as refused:
        read_filters(tmp_path / "bank.mat")
    assert reason in str(refused.value)


def test_damaged_matlab_files_give_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "bank.mat"
    write_filters(path, SyntheticSettings())
    whole = path.read_bytes()
    rng = np.random.default_rng(3)
    for number in range(60):
        data = bytearray(whole[: rng.integers(0, len(whole))] if number % 2 else whole)
        for place in rng.integers(0, max(1, len(data)), 8) if data else ():
            data[place] = rng.integers(0, 256)
        path.write_bytes(bytes(data))
        try:
            read_filters(path)
        except (DataError, SettingError) as error:
            assert "\n" not in str(error)
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(600))
    with pytest.raises(DataError, match="it is not a MATLAB 5 file; save it with -v7"):
        read_filters(path)


@pytest.mark.parametrize("is_compressed", [False, True])
def test_arrays_of_scipy_and_octave_are_read(is_compressed: bool, tmp_path: Path) -> None:
    names = np.empty(2, dtype=object)
    names[:] = ["é", "二"]
    arrays = {"sos": second_order_sections(paper_bank(2), 8000.0), "sample_rate_hz": np.int32(8000), "s": {"a": 1}}
    savemat(tmp_path / "a.mat", {**arrays, "class_names": names, "z": 1j}, do_compression=is_compressed)
    found = read_filters(tmp_path / "a.mat")
    assert [one.label for one in found.filters] == ["é", "二"]
    assert found.sample_rate_hz == 8000.0


@pytest.mark.skipif(shutil.which("octave-cli") is None, reason="octave is not installed")
@pytest.mark.parametrize("version", ["-v6", "-v7"])
def test_files_that_octave_has_saved_are_read(version: str, tmp_path: Path) -> None:
    write_filters(tmp_path / "bank.mat", SyntheticSettings())
    code = f"m = load('bank.mat'); save('{version}', 'again.mat', '-struct', 'm');"
    done = subprocess.run(["octave-cli", "--norc", "--eval", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert read_filters(tmp_path / "again.mat") == SyntheticSettings()


def test_a_bank_of_one_filter_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bank.csv").write_text(f"{HEAD}a,1,{ROW},16000\n")
    with pytest.raises(SettingError, match="at least 2 filters"):
        read_filters(tmp_path / "bank.csv")


@pytest.mark.parametrize("name", ["filter.m", "2 banks.m", "end.m", "bank.txt"])
def test_a_file_that_cannot_be_written_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="it should be named"):
        write_filters(tmp_path / name, SyntheticSettings())
    assert list(tmp_path.iterdir()) == []


def test_the_command_writes_and_reads_and_does_not_overwrite(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bank, experiment = tmp_path / "bank.csv", tmp_path / "mine.toml"
    assert main(["filters", "--preset", "Paper: 2 classes, 100 Hz", "--out", str(bank)]) == 0
    assert capsys.readouterr().out == f"Written to: {bank} (2 filters)\n"
    assert main(["filters", str(bank), "--set", "seed=7", "--out", str(experiment)]) == 0
    read = load_experiment(experiment)
    assert read.data.synthetic.filters == paper_bank(2, 30.0, 100.0)
    assert (read.name, read.seed) == ("bank", 7)
    before = bank.read_bytes()
    assert main(["filters", str(experiment), "--out", str(bank)]) == 2
    assert "a new file; --overwrite replaces this one" in capsys.readouterr().err
    assert main(["filters", str(experiment), "--out", str(bank), "--overwrite"]) == 0
    assert bank.read_bytes() == before


def test_the_command_says_what_does_not_fit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, reason in (
        (["--out", str(tmp_path / "bank.wav")], "one of the suffixes .csv, .mat, .py, .m, .toml"),
        (["--preset", "Kantack: letters", "--out", str(tmp_path / "a.csv")], "the experiment trains on letters"),
        ([str(tmp_path / "none.csv"), "--out", str(tmp_path / "a.toml")], "cannot be read"),
        (["--out", str(tmp_path)], "one of the suffixes"),
    ):
        assert main(["filters", *arguments]) == 2
        err = capsys.readouterr().err
        assert reason in err and err.count("\n") == 1
    write_filters(tmp_path / "bank.csv", replace(SyntheticSettings(), filters=paper_bank(2)))
    assert main(["filters", str(tmp_path / "bank.csv"), "--out", str(tmp_path / "bank.py")]) == 2
    assert "an experiment file (.toml)" in capsys.readouterr().err
