"""Atomic writing: the old file or the new one, never half of one, and nothing left over."""

from __future__ import annotations

import errno
import os
import stat
import sys
from pathlib import Path

import pytest

from mlpsvd.errors import FileFormatError
from mlpsvd.files import open_plain, read_plain, require_plain, write_atomically


def test_text_is_utf8_with_its_line_ends_and_bytes_are_as_they_are(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a.txt", "σ\nU\r\n")
    assert (tmp_path / "a.txt").read_bytes() == b"\xcf\x83\nU\r\n"
    write_atomically(tmp_path / "b.bin", b"\x00\xff")
    assert (tmp_path / "b.bin").read_bytes() == b"\x00\xff"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt", "b.bin"]


def test_an_existing_file_is_replaced_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text("old")
    path.chmod(0o640)
    write_atomically(path, "new")
    assert path.read_text() == "new"
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_failing_replacement_leaves_the_old_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.toml"
    path.write_text("old")

    def fail(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failing_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(handle: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("mlpsvd.files.os.fsync", fail)
    with pytest.raises(OSError, match="Input/output"):
        write_atomically(tmp_path / "x", "new")
    assert list(tmp_path.iterdir()) == []


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real.toml", tmp_path / "link.toml"
    real.write_text("old")
    try:
        link.symlink_to(real)
    except OSError:
        pytest.skip("links need a privilege here")
    write_atomically(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"


def test_a_missing_folder_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        write_atomically(tmp_path / "nowhere" / "x", "new")


def test_a_very_long_name_is_written(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 250)
    write_atomically(path, "new")
    assert path.read_text() == "new"


def test_only_a_plain_file_of_a_plausible_size_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"12345")
    assert read_plain(path, 5) == b"12345"
    assert require_plain(path, 5) == 5
    with pytest.raises(FileFormatError, match=r"a\.json is too large; it should be at most 4 bytes"):
        read_plain(path, 4)
    with pytest.raises(FileFormatError, match="is a folder; it should be a plain file"):
        read_plain(tmp_path, 100)


def test_a_folder_is_named_as_one_on_windows_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.json").write_bytes(b"1")

    def refuse(path: Path, *_: int) -> int:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(FileFormatError, match="is a folder; it should be a plain file"):
        open_plain(tmp_path, 100)
    with pytest.raises(PermissionError):
        open_plain(tmp_path / "a.json", 100)


@pytest.mark.skipif(sys.platform == "win32", reason="no named pipes in folders")
def test_a_named_pipe_and_a_device_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    (tmp_path / "zero.wav").symlink_to("/dev/zero")
    for name, kind in (("pipe.wav", "a named pipe"), ("zero.wav", "a device")):
        for read in (read_plain, open_plain, require_plain):
            with pytest.raises(FileFormatError, match=f"{name} is {kind}"):
                read(tmp_path / name, 1000)
