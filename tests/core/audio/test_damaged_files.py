"""Audio files damaged by a crash or a full disk: the readable part is used, with a note."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mlpsvd.audio.files import UnusableAudioFileError, info, read, read_sound
from mlpsvd.audio.ring_buffer import RingBuffer
from mlpsvd.audio.ring_writer import RingWriter
from mlpsvd.collection.encoding import trimmed
from mlpsvd.datasets.streaming import stream_clips

RATE_HZ = 8000
NO_LENGTH = ("its header contains no length; it was read to the end of the file",)
STALE = ("its header ends before the sound does; it was read to the end of the file",)
SOUND = np.random.default_rng(0).uniform(-0.5, 0.5, 8000)


def written(kind: str, subtype: str = "PCM_16", samples: np.ndarray = SOUND, endian: str = "FILE") -> bytearray:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, RATE_HZ, format=kind, subtype=subtype, endian=endian)
    return bytearray(buffer.getvalue())


def changed(data: bytearray, *changes: tuple[int, str, int]) -> bytes:
    copy = bytearray(data)
    for offset, form, value in changes:
        struct.pack_into(form, copy, offset, value)
    return bytes(copy)


def wav(riff: int, length: int) -> bytes:
    return changed(written("WAV"), (4, "<I", riff), (40, "<I", length))


WHOLE = 16036  # the length of the RIFF chunk, as it should be
CAF, AIFF, RF64 = written("CAF"), written("AIFF"), written("RF64")
DAMAGED = {
    "data 0": (wav(WHOLE, 0), NO_LENGTH),
    "data 0, RIFF 0": (wav(0, 0), NO_LENGTH),
    "data 0, RIFF 36": (wav(36, 0), NO_LENGTH),
    "data 0, RIFF unknown": (wav(0xFFFFFFFF, 0), NO_LENGTH),
    "data unknown": (wav(0xFFFFFFFF, 0xFFFFFFFF), NO_LENGTH),
    "data unknown to sox": (wav(0x7FFFF024, 0x7FFFF000), NO_LENGTH),
    "header of an earlier moment": (wav(36 + 2000, 2000), STALE),
    "big endian": (changed(written("WAV", endian="BIG"), (4, ">I", 0), (40, ">I", 0)), NO_LENGTH),
    "RF64": (changed(RF64, (20, "<Q", 0), (28, "<Q", 0)), NO_LENGTH),
    "AIFF": (changed(AIFF, (4, ">I", 0), (AIFF.index(b"SSND") + 4, ">I", 8)), NO_LENGTH),
    "AU": (changed(written("AU"), (8, ">I", 0)), NO_LENGTH),
    "CAF unknown": (changed(CAF, (CAF.index(b"data") + 4, ">Q", 2**64 - 1)), NO_LENGTH),
    "CAF 0": (changed(CAF, (CAF.index(b"data") + 4, ">Q", 0)), NO_LENGTH),
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_header_with_a_wrong_length_is_tolerated(tmp_path: Path, kind: str) -> None:
    data, notes = DAMAGED[kind]
    path = tmp_path / "crashed"
    path.write_bytes(data)
    sound = read_sound(path)
    np.testing.assert_allclose(sound.samples, SOUND, atol=1e-4)
    assert sound.notes == notes
    assert (info(path).duration_s, info(path).notes) == (1.0, notes)
    assert path.read_bytes() == data


@pytest.mark.parametrize(
    "tail",
    [b"", b"LIST\x04\0\0\0INFO", b"TAG" + bytes(125), b"junk" + struct.pack("<I", 10) + bytes(10)],
    ids=["nothing", "a chunk", "a tag", "another chunk"],
)
def test_what_a_program_wrote_behind_the_sound_is_not_read_as_sound(tmp_path: Path, tail: bytes) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(bytes(written("WAV")) + tail)
    assert read_sound(path).notes == ()
    assert len(read(path)[0]) == 8000
    path.write_bytes(changed(written("WAV", samples=np.zeros(0)), (4, "<I", 36 + len(tail))) + tail)
    if not tail.startswith(b"TAG"):
        with pytest.raises(UnusableAudioFileError, match="it contains no samples"):
            read(path)


@pytest.mark.parametrize("kind", ["WAV", "AIFF", "CAF", "AU", "W64", "RF64", "FLAC", "OGG", "MP3"])
def test_a_file_that_lost_its_end_gives_what_is_there_with_a_note(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"cut.{kind.lower()}"
    subtype = {"OGG": "VORBIS", "MP3": "MPEG_LAYER_III"}.get(kind, "PCM_16")
    samples = np.tile(SOUND, 10)
    data = written(kind, subtype, samples)
    path.write_bytes(data[: len(data) * 2 // 3])
    sound = read_sound(path)
    assert 0.4 * len(samples) < len(sound.samples) < 0.75 * len(samples)
    assert np.isfinite(sound.samples).all()
    if kind in ("WAV", "FLAC"):
        np.testing.assert_allclose(sound.samples, samples[: len(sound.samples)], atol=1e-4)
    if kind not in ("OGG", "W64"):  # libsndfile takes the last page, or the end of the file, for their length
        assert any("truncated" in note for note in sound.notes), sound.notes


def test_damage_in_the_middle_gives_what_lies_before_it(tmp_path: Path) -> None:
    data = written("FLAC", samples=np.tile(SOUND, 10))
    data[len(data) // 2 : len(data) // 2 + 3000] = bytes(3000)
    path = tmp_path / "a.flac"
    path.write_bytes(data)
    sound = read_sound(path)
    assert 30_000 < len(sound.samples) < 45_000
    assert sound.notes[0].startswith("it is truncated after ")
    assert sound.notes[0].endswith(" of 10 s")


def test_a_flac_file_that_does_not_say_how_long_it_is_is_read(tmp_path: Path) -> None:
    """Encoders that write into a pipe leave the number of samples 0."""
    data = written("FLAC")
    data[21] &= 0xF0
    data[22:26] = bytes(4)
    path = tmp_path / "piped.flac"
    path.write_bytes(data)
    sound = read_sound(path)
    np.testing.assert_allclose(sound.samples, SOUND, atol=1e-4)
    assert sound.notes == ()
    assert info(path).duration_s == 1.0


@pytest.mark.parametrize(
    ("right", "note"),
    [
        (lambda left: -left, "its 2 channels cancel each other when mixed; select one of them"),
        (lambda left: -0.9 * left, "mixing its 2 channels reduces its level by 26 dB; select one of them"),
        (lambda left: left, None),
        (lambda left: 0.0 * left, None),
        (lambda left: left[::-1], None),
    ],
)
def test_sound_that_mixing_channels_takes_away_is_noted(tmp_path: Path, right: object, note: str | None) -> None:
    path = tmp_path / "stereo.wav"
    soundfile.write(path, np.stack([SOUND, right(SOUND)], axis=1), RATE_HZ, subtype="FLOAT")  # type: ignore[operator]
    assert read_sound(path).notes == ((note,) if note else ())
    assert read_sound(path, channel=1).notes == ()


@pytest.mark.parametrize("value", [0.0, 0.25])
def test_silence_is_noted(tmp_path: Path, value: float) -> None:
    path = tmp_path / "silence.wav"
    soundfile.write(path, np.full((8000, 2), value), RATE_HZ)
    assert read_sound(path).notes == (f"it is silent: every sample is {value:g}",)


@pytest.mark.parametrize(
    ("name", "n_samples", "note"),
    [
        ("wav/orig.wav", 3774, None),
        ("wav/data0_all_there.wav", 3774, NO_LENGTH[0]),
        ("wav/data0_riff36.wav", 3774, NO_LENGTH[0]),
        ("wav/rate_8001.wav", 3774, None),
        ("wav/silence.wav", 3774, "it is silent: every sample is 0"),
        ("wav/stereo_antiphase.wav", 3774, "its 2 channels cancel each other when mixed; select one of them"),
        ("formats/cut_end.flac", 94208, "it is truncated after 11.8 of 12 s"),
    ],
)
def test_the_files_from_the_field(cases: Path, name: str, n_samples: int, note: str | None) -> None:
    sound = read_sound(cases / name)
    assert len(sound.samples) == n_samples
    assert sound.notes == ((note,) if note else ())
    *_, last = stream_clips(cases / name, 8000.0, 0.0, 0.05)
    assert last.notes == sound.notes
    if name in ("wav/data0_all_there.wav", "wav/data0_riff36.wav", "wav/rate_8001.wav"):
        original = read(cases / "wav" / "orig.wav")[0]
        np.testing.assert_array_equal(last.clips[0][1], original)


def test_the_file_from_the_field_with_samples_near_the_largest_number(cases: Path) -> None:
    with pytest.raises(UnusableAudioFileError, match=r"float_1e38.wav cannot be used: it contains a sample of 3e\+38"):
        read(cases / "wav" / "float_1e38.wav")


def test_a_damaged_file_can_be_trimmed_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "crashed.wav"
    path.write_bytes(DAMAGED["data 0"][0])
    piece = trimmed(path, 0.25, 0.75, "flac")
    assert piece is not None
    samples, _ = soundfile.read(io.BytesIO(piece.data))
    np.testing.assert_allclose(samples, SOUND[2000:6000], atol=1e-4)


def test_a_device_whose_rate_is_nearly_that_of_the_model_is_not_resampled() -> None:
    ring = RingBuffer(1000)
    outlet = RingWriter(ring, 8001.0)
    outlet.begin(8000.0, None)
    block = SOUND[:500].astype(np.float32)
    outlet.write(block)
    assert outlet.delay_s == 0.0
    np.testing.assert_array_equal(ring.read(0, 500), block)
