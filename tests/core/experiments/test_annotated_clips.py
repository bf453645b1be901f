"""Annotations of Raven and Audacity: read, cut out as clips, trained on, and written for predictions."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import soundfile
from small_disk import small_disk

from mlpsvd.audio.recording_time import recording_start
from mlpsvd.classification.batch.label_files import LabelFormat, label_files, write_labels
from mlpsvd.classification.batch.results import FileResult
from mlpsvd.cli.program import main
from mlpsvd.datasets.annotations import Annotation, annotation_files, audacity_text, raven_text, read_annotations
from mlpsvd.errors import MlpSvdError
from mlpsvd.experiments.annotated_clips import CUT_COLUMNS, cut_annotations, cut_predictions, is_cut

RATE = 8000
RAVEN = """\
Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)\tSpecies
1\tWaveform 1\t1\t0.5\t1.0\t0.0\t4000.0\tlow
1\tSpectrogram 1\t1\t0.5\t1.0\t0.0\t4000.0\tlow
2\tSpectrogram 1\t1\t1.25\t1.75\t900.0\t1100.0\thigh note
"""
AUDACITY = "0.5\t1,0\tlow\n\\\t100.0\t900.0\n1.25\t1.75\thigh note\n3.0\t3.0\tmark\n"


def write_recordings(folder: Path, n: int = 2) -> None:
    """Write recordings of 4 s: 500 Hz from 0.5 to 1 s, 1 kHz from 1.25 to 1.75 s, both channels alike."""
    folder.mkdir()
    t = np.arange(4 * RATE) / RATE
    rng = np.random.default_rng(1)
    for number in range(n):
        low = np.sin(2 * np.pi * 500 * t) * ((t >= 0.5) & (t < 1.0))
        high = np.sin(2 * np.pi * 1000 * t) * ((t >= 1.25) & (t < 1.75))
        samples = 0.3 * (low + high) + rng.normal(0, 0.01, len(t))
        soundfile.write(folder / f"A_20200131_{number:06d}.wav", np.stack([samples, samples], 1), RATE, "FLOAT")


@pytest.mark.parametrize(("name", "expected"), [
    ("20200131_235959.WAV", datetime(2020, 1, 31, 23, 59, 59)),
    ("20200131_235959T.WAV", datetime(2020, 1, 31, 23, 59, 59)),
    ("SM4-7_0+1_20200131_235959.wav", datetime(2020, 1, 31, 23, 59, 59)),
    ("PREFIX_20200131_235959_000.wav", datetime(2020, 1, 31, 23, 59, 59)),
    ("5E34C07F.WAV", datetime(2020, 2, 1, 0, 4, 15, tzinfo=UTC)),
    ("20200131.wav", None), ("20201331_235959.wav", None), ("7_george_12.wav", None), ("5e34c07f.wav", None),
    ("FFFFFFFF.WAV", None), ("20200131_235959_copy.wav", None), ("120200131_235959.wav", None),
])  # fmt: skip
def test_the_start_of_a_recording_is_in_its_name(name: str, expected: datetime | None) -> None:
    assert recording_start(Path("20190101_000000") / name) == expected


def test_both_kinds_are_read_and_written(tmp_path: Path) -> None:
    found = [Annotation(0.5, 1.0, "low"), Annotation(1.25, 1.75, "high note")]
    (tmp_path / "raven.txt").write_text(RAVEN)
    (tmp_path / "audacity.txt").write_text(AUDACITY)
    assert read_annotations(tmp_path / "raven.txt") == found
    assert read_annotations(tmp_path / "audacity.txt") == [*found, Annotation(3.0, 3.0, "mark")]
    for text in (audacity_text(found), raven_text(found, 4000.0)):
        (tmp_path / "again.txt").write_text(text)
        assert read_annotations(tmp_path / "again.txt") == found


@pytest.mark.parametrize(("text", "message"), [
    ("a title\n", r"line 1 of .* is 'a title'; it should hold start, end and label"),
    ("1.0\t0.5\tx\n", r"line 1 of .* lasts from '1.0' to '0.5'; it should be seconds, ascending"),
    ("0\t1\tx\n1\tnan\ty\n", r"line 2 of .* lasts from '1' to 'nan'"),
    (RAVEN.replace("Species", "Notes"), r"has no column of labels, such as Annotation or Species; it has selection"),
    (RAVEN.replace("0.5\t1.0", "-0.5\t1.0", 1), r"line 2 of .* lasts from '-0.5'"),
    (RAVEN.replace("Begin Time (s)", "Begin File"), r"has no column Begin Time \(s\); it has selection, view, channel"),
])  # fmt: skip
def test_bad_annotations_are_one_sentence(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a.txt").write_text(text)
    with pytest.raises(MlpSvdError, match=message):
        read_annotations(tmp_path / "a.txt")
    with pytest.raises(MlpSvdError, match=r"no column (.Call.|Begin)|line"):
        read_annotations(tmp_path / "a.txt", "Call")


def test_annotated_stretches_become_clips(tmp_path: Path) -> None:
    write_recordings(tmp_path / "in")
    (tmp_path / "in" / "A_20200131_000000.Table.1.selections.txt").write_text(RAVEN)
    (tmp_path / "in" / "A_20200131_000001.txt").write_text(AUDACITY + "9.0\t10.0\tlate\n")
    soundfile.write(tmp_path / "in" / "other.wav", np.zeros(100), RATE)
    written = cut_annotations(tmp_path / "in", tmp_path / "out")
    assert (written.n_clips, written.n_recordings, written.labels) == (4, 2, ("high note", "low"))
    assert (written.n_without, written.n_skipped) == (1, 2)
    with (tmp_path / "out" / "manifest.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == CUT_COLUMNS
    assert [(row["label"], row["start_s"], row["end_s"]) for row in rows[:2]] == [
        ("low", "0.5", "1"), ("high note", "1.25", "1.75")
    ]  # fmt: skip
    assert rows[0]["recorded_at"] == "2020-01-31T00:00:00" and rows[2]["recording"] == "A_20200131_000001.wav"
    whole, _ = soundfile.read(tmp_path / "in" / "A_20200131_000000.wav", dtype="float32")
    clip, rate = soundfile.read(tmp_path / "out" / rows[1]["path"], dtype="float32")
    assert rate == RATE
    np.testing.assert_array_equal(clip, whole[10_000:14_000].mean(axis=1, dtype=np.float32))
    with pytest.raises(MlpSvdError, match="exists and is not empty; choose the name of a new folder"):
        cut_annotations(tmp_path / "in", tmp_path / "out")
    with pytest.raises(MlpSvdError, match=r"gives no clip: 1 recording, 0 with annotations"):
        cut_annotations(tmp_path / "in" / "other.wav", tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_only_clips_that_were_cut_out_are_replaced(tmp_path: Path) -> None:
    write_recordings(tmp_path / "in", 1)
    table = tmp_path / "in" / "A_20200131_000000.txt"
    table.write_text("0.5\t1.0\tA\n1\t1.5\ta\n2\t3\tx/y\n3\t4\tx:y\n")
    out = tmp_path / "out"
    assert cut_annotations(tmp_path / "in", out).labels == ("A", "a", "x/y", "x:y")
    assert sorted(one.name for one in out.iterdir()) == ["A", "a (2)", "manifest.csv", "x_y", "x_y (2)"]
    assert is_cut(out)
    table.write_text("0.5\t1.0\tnew\n")
    shares: list[float] = []
    assert cut_annotations(tmp_path / "in", out, progress=shares.append, replace=True).n_clips == 1
    assert sorted(one.name for one in out.iterdir()) == ["manifest.csv", "new"]
    assert shares == sorted(shares) and shares[-1] == 1.0
    (out / "new" / "mine.txt").write_text("notes")
    assert not is_cut(out)
    with pytest.raises(MlpSvdError, match="exists and is not empty"):
        cut_annotations(tmp_path / "in", out, replace=True)
    assert (out / "new" / "mine.txt").exists()

    def cancel(share: float) -> None:
        if share:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cut_annotations(tmp_path / "in", tmp_path / "cancelled", progress=cancel)
    table.write_text("9\t10\tlate\n")
    with pytest.raises(MlpSvdError, match=r"nothing can be cut out of 1 recording: 1 annotation, each without label"):
        cut_annotations(tmp_path / "in", tmp_path / "none")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["in", "out"]


def test_a_full_disk_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    write_recordings(tmp_path / "in", 4)
    for one in list((tmp_path / "in").iterdir()):
        one.with_suffix(".txt").write_text("0\t4\twhole\n")
    with small_disk(tmp_path / "disk"):
        with pytest.raises(OSError, match="No space left on device") as caught:
            cut_annotations(tmp_path / "in", tmp_path / "disk" / "out")
        assert caught.value.filename == str(tmp_path / "disk" / "out")
        assert not list((tmp_path / "disk").iterdir())


def test_two_recordings_do_not_share_annotations(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for site in ("a", "b"):
        write_recordings(tmp_path / "in" / site, 1)
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "A_20200131_000000.txt").write_text(AUDACITY)
    with pytest.raises(
        MlpSvdError, match=r"A_20200131_000000.txt would belong to .*a.A_20200131_000000.wav and to .*b."
    ):
        cut_annotations(tmp_path / "in", tmp_path / "out", tmp_path / "labels")


def test_predictions_are_cut_out_and_written_as_labels(tmp_path: Path) -> None:
    write_recordings(tmp_path / "in", 2)
    starts, p = np.arange(4) * 0.5, np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.6, 0.4]])
    paths = sorted((tmp_path / "in").iterdir())
    results = [FileResult(one, ("low", "high"), 4.0, starts, np.full(4, 0.5), p) for one in paths]
    none = FileResult(tmp_path / "bad.wav", ("low", "high"), np.nan, starts[:0], starts[:0], p[:0], problem="no sound")
    written = cut_predictions([*results, none], tmp_path / "out")
    assert (written.n_clips, written.n_recordings, written.labels, written.n_without) == (6, 2, ("high", "low"), 1)
    with (tmp_path / "out" / "manifest.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["label"], row["start_s"], row["end_s"]) for row in rows[:3]] == [
        ("low", "0", "1"), ("high", "1", "1.5"), ("low", "1.5", "2")
    ]  # fmt: skip
    clip, _ = soundfile.read(tmp_path / "out" / rows[0]["path"])
    assert len(clip) == RATE and rows[3]["recorded_at"] == "2020-01-31T00:00:01"
    with pytest.raises(MlpSvdError, match="no recording has predictions"):
        cut_predictions([none], tmp_path / "none")
    for kind in get_args(LabelFormat):
        files = label_files(tmp_path, [*results, none], kind)
        assert write_labels(tmp_path, [*results, none], kind, 4000.0) == 2
        assert [len(read_annotations(one)) for one in files] == [3, 3]
    with pytest.raises(MlpSvdError, match="2 recordings are named a_20200131_000000; in one folder of labels"):
        write_labels(tmp_path, [results[0], results[0]], "raven", 4000.0)


def test_a_table_belongs_to_the_longest_name(tmp_path: Path) -> None:
    """``a.1.Table…`` sorts before ``a.Table…`` and begins with the name of ``a.wav``, too."""
    names = ("a.1.Table.1.selections.txt", "a.Table.1.selections.txt", "a.Table.2.selections.txt", "a.txt",
             "b.wav.selection.table.txt", "b.1.txt", "c.2.Table.1.selections.txt", "other.selections.txt")  # fmt: skip
    for name in (*names, "a.wav", "a.1.wav", "b.wav", "c.flac", "d.wav"):
        (tmp_path / name).touch()
    recordings = [tmp_path / name for name in ("a.wav", "a.1.wav", "b.wav", "c.flac", "d.wav")]
    found = annotation_files(recordings)
    assert {one.name: [path.name for path in files] for one, files in found.items()} == {
        "a.wav": ["a.Table.1.selections.txt", "a.Table.2.selections.txt", "a.txt"],
        "a.1.wav": ["a.1.Table.1.selections.txt"],
        "b.wav": ["b.wav.selection.table.txt"],
        "c.flac": ["c.2.Table.1.selections.txt"],
    }
    assert annotation_files(recordings[:1]) == {recordings[0]: found[recordings[0]]}  # a.1.wav lies beside it
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "a.1.Table.1.selections.txt").touch()
    assert list(annotation_files(recordings, tmp_path / "labels")) == [recordings[1]]


def test_clips_have_the_labels_of_their_own_recording(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a.wav", "a.1.wav"):
        soundfile.write(tmp_path / name, np.zeros(RATE), RATE)
    (tmp_path / "a.1.Table.1.selections.txt").write_text(RAVEN)
    (tmp_path / "a.Table.1.selections.txt").write_text(RAVEN.replace("low", "right"))
    (tmp_path / "a.txt").write_text(AUDACITY)
    assert main(["annotations", str(tmp_path), "--out", str(tmp_path / "out")]) == 0
    assert "Not used: 1 annotation file of recordings that have another one" in capsys.readouterr().out
    with (tmp_path / "out" / "manifest.csv").open(newline="") as file:
        assert {(row["recording"], row["label"]) for row in csv.DictReader(file)} == {
            ("a.wav", "right"), ("a.1.wav", "low")
        }  # fmt: skip


def test_the_commands_train_on_annotations_and_cut_predictions_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_recordings(Path("in"), 4)
    for number in range(4):
        Path(f"in/A_20200131_{number:06d}.txt").write_text(AUDACITY)
    assert main(["annotations", "in", "--out", "clips"]) == 0
    out = capsys.readouterr().out
    assert out.splitlines() == [
        "Written to: clips (8 clips of 4 recordings)", "2 classes: high note, low",
        "Skipped: 4 annotations without label, outside or shorter than 1 ms",
    ]  # fmt: skip
    groups = ["--set", "data.recordings.groups_from=manifest", "--set", "data.recordings.group_column=recording"]
    small = ["--set", "training.epochs=20", "--set", "data.recordings.clip_s=0.25"]
    assert main(["train", "clips", *groups, *small, "--out", "run", "--quiet"]) == 0
    model = "run/model-mlp-svd.safetensors"
    assert main(["classify", model, "in", "--labels", "labels", "--out", "table.csv"]) == 0
    assert sorted(one.name for one in Path("labels").iterdir()) == [
        f"A_20200131_{number:06d}.Table.1.selections.txt" for number in range(4)
    ]
    with Path("table.csv").open(newline="") as file:
        assert {row["recorded_at"][:10] for row in csv.DictReader(file)} == {"2020-01-31"}
    assert main(["classify", model, "in/A_20200131_000001.wav", "--labels", "a", "--labels-for", "audacity"]) == 0
    assert read_annotations(Path("a/A_20200131_000001.txt")) == read_annotations(
        Path("labels/A_20200131_000001.Table.1.selections.txt")
    )
    assert main(["annotations", "in", "--labels", "labels", "--out", "predicted"]) == 0
    n_lines = sum(len(one.read_text().splitlines()) - 1 for one in Path("labels").iterdir())
    assert len(list(Path("predicted").glob("*/*.wav"))) == n_lines
    capsys.readouterr()
    assert main(["annotations", "in", "--labels", "nowhere", "--out", "b"]) == 2
    assert "--labels is 'nowhere'; it should be an existing folder" in capsys.readouterr().err
    assert main(["classify", model, "in", "in", "--labels", "c"]) == 2
    assert "--labels is 'used with 2 recordings named" in capsys.readouterr().err
    Path("a file").touch()
    assert main(["classify", model, "in", "--labels", "a file/labels"]) == 2
    found = capsys.readouterr()
    assert "a file" in found.err and not found.out  # before anything is classified
