"""Takes from a ring whose samples are their own numbers: exact lengths, pre-roll, trigger, breaks, losses."""

from __future__ import annotations

import dataclasses
import itertools
import threading
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from mlpsvd.audio.ring_buffer import RingBuffer
from mlpsvd.collection.collection import Collection
from mlpsvd.collection.recording.recorder import Recorder
from mlpsvd.collection.recording.settings import RecordSettings
from mlpsvd.collection.spool import left_over, read_spool
from mlpsvd.collection.take import Take
from mlpsvd.errors import DataError
from mlpsvd.settings import check, problems

RATE_HZ = 8000.0
BY_HAND = RecordSettings(pre_roll_s=0.0)
FIXED = RecordSettings(mode="fixed length", length_s=0.5, pre_roll_s=0.0)
TRIGGERED = RecordSettings(mode="triggered", pre_roll_s=0.1, hang_s=0.2, trigger_dbfs=-30.0)


class Tape:
    """A ring that is written to in blocks; sample n has the value n / 2**24, so a take says which samples it has."""

    def __init__(self, folder: Path, settings: RecordSettings, seconds: float = 10.0) -> None:
        self.folder = folder
        self.ring = RingBuffer(round(seconds * RATE_HZ))
        self.recorder = Recorder(self.ring, RATE_HZ, settings, folder / "spool", device="a tape")
        self.takes: list[Take] = []

    def play(self, seconds: float, polls: bool = True, block: int = 400) -> None:
        for start in range(0, round(seconds * RATE_HZ), block):
            n_samples = min(block, round(seconds * RATE_HZ) - start)
            first = self.ring.n_written
            self.ring.write(np.arange(first, first + n_samples, dtype=np.float32) * 2.0**-24)
            if polls:
                self.poll()

    def poll(self) -> None:
        self.takes += self.recorder.poll()

    def numbers(self) -> list[tuple[int, int]]:
        """First sample and end of each take; each must be contiguous."""
        assert [take.first for take in self.takes] == [one_piece(take)[0] for take in self.takes]
        return [one_piece(take) for take in self.takes]


def one_piece(take: Take) -> tuple[int, int]:
    numbers = np.rint(take.samples * 2.0**24).astype(int)
    assert numbers.tolist() == list(range(numbers[0], numbers[0] + len(numbers)))
    return int(numbers[0]), int(numbers[0]) + len(numbers)


def test_by_hand_from_start_to_stop_to_the_sample(tmp_path: Path) -> None:
    tape = Tape(tmp_path, BY_HAND)
    tape.play(1.0)
    assert tape.recorder.state.armed is False
    tape.recorder.start("dog")
    tape.play(0.25)
    assert dataclasses.astuple(tape.recorder.state) == (True, True, "dog", 0.25, "", 8000)
    tape.play(0.05, polls=False)
    tape.recorder.stop()
    tape.play(1.0)
    assert tape.numbers() == [(8000, 10400)]
    assert (tape.takes[0].label, tape.takes[0].device, tape.takes[0].has_gap) == ("dog", "a tape", False)
    assert tape.ring.n_read == 0  # a second reader: what the classifier has not read stays for it
    assert not tape.recorder.state.armed


def test_the_start_is_when_it_was_asked_for_and_not_when_it_was_polled(tmp_path: Path) -> None:
    tape = Tape(tmp_path, BY_HAND)
    tape.play(0.5, polls=False)
    tape.recorder.start("dog")
    tape.play(0.2, polls=False)
    tape.recorder.stop()
    tape.play(0.3, polls=False)
    tape.recorder.start("cat")
    tape.play(0.1, polls=False)
    tape.recorder.stop()
    tape.poll()
    assert tape.numbers() == [(4000, 5600), (8000, 8800)]
    assert [take.label for take in tape.takes] == ["dog", "cat"]


@given(
    st.floats(0.0, 0.3), st.floats(0.31, 1.0), st.lists(st.floats(0.01, 0.4), min_size=1, max_size=8),
    st.integers(1, 3000),
)  # fmt: skip
def test_a_fixed_length_is_exact_whenever_it_is_polled(
    tmp_path_factory: pytest.TempPathFactory, pre_roll_s: float, length_s: float, pauses: list[float], block: int
) -> None:
    settings = RecordSettings(mode="fixed length", length_s=length_s, pre_roll_s=pre_roll_s)
    tape = Tape(tmp_path_factory.mktemp("tape"), settings)
    tape.play(0.5, polls=False)
    tape.recorder.start("dog")
    for pause in pauses:
        tape.play(pause, polls=False, block=block)
        tape.poll()
    tape.play(1.0)
    start = 4000 - round(pre_roll_s * RATE_HZ)
    assert tape.numbers() == [(start, start + round(length_s * RATE_HZ))]
    assert tape.takes[0].pre_roll_s == pytest.approx(pre_roll_s, abs=1 / RATE_HZ)
    assert not tape.recorder.state.armed


def test_a_pre_roll_reaches_neither_before_the_source_nor_across_a_break_nor_into_the_take_before(
    tmp_path: Path,
) -> None:
    settings = RecordSettings(pre_roll_s=0.2)
    tape = Tape(tmp_path, settings)
    tape.play(0.1)
    tape.recorder.start("early")
    tape.play(0.1)
    tape.recorder.stop()
    tape.play(0.1)
    tape.recorder.start("soon after")
    tape.play(0.1)
    tape.recorder.stop()
    tape.play(1.0)
    tape.ring.mark_gap(0.5)
    tape.play(0.05)
    tape.recorder.start("behind a break")
    tape.play(0.1)
    tape.recorder.stop()
    tape.poll()
    assert tape.numbers() == [(0, 1600), (1600, 3200), (11200, 12400)]
    assert [take.has_gap for take in tape.takes] == [False, False, False]


def test_a_break_cuts_a_take_and_both_pieces_say_so(tmp_path: Path) -> None:
    tape = Tape(tmp_path, BY_HAND)
    tape.recorder.start("dog")
    tape.play(0.3)
    tape.ring.mark_gap(1.0)
    tape.play(0.2)
    tape.recorder.stop()
    tape.recorder.start("dog")
    tape.play(0.1)
    tape.recorder.stop()
    tape.poll()
    assert tape.numbers() == [(0, 2400), (2400, 4000), (4000, 4800)]
    assert [take.has_gap for take in tape.takes] == [True, True, False]
    spooled = {path.stem: read_spool(path) for path in left_over(tmp_path / "spool")}
    assert {id: take.has_gap for id, take in spooled.items() if take} == {one.id: one.has_gap for one in tape.takes}


def test_a_break_is_reported_in_a_sentence(tmp_path: Path) -> None:
    tape = Tape(tmp_path, BY_HAND)
    tape.recorder.start("dog")
    tape.play(0.3)
    tape.ring.mark_gap(1.0)
    tape.play(0.2)
    assert tape.recorder.state.message == "Sound was lost while dog was recorded; the clip ends there."


def test_a_fixed_length_with_a_break_ends_where_it_would_have_ended(tmp_path: Path) -> None:
    tape = Tape(tmp_path, FIXED)
    tape.recorder.start("dog")
    tape.play(0.2)
    tape.ring.mark_gap(0.0)
    tape.play(1.0)
    assert tape.numbers() == [(0, 1600), (1600, 4000)]
    assert all(take.has_gap for take in tape.takes)


def test_what_was_written_over_before_a_poll_is_never_joined(tmp_path: Path) -> None:
    tape = Tape(tmp_path, BY_HAND, seconds=0.5)
    tape.recorder.start("dog")
    tape.play(0.3)
    tape.play(2.0, polls=False)
    tape.play(0.2)
    tape.recorder.stop()
    tape.poll()
    (first, second) = tape.numbers()
    assert first == (0, 2400)
    assert second[1] == 20000
    assert second[0] >= 20000 - 1600 - 4000
    assert [take.has_gap for take in tape.takes] == [True, True]
    assert "Sound was lost" in tape.recorder.state.message


def test_a_long_take_by_hand_goes_on_in_the_next_clip_without_a_gap(tmp_path: Path) -> None:
    tape = Tape(tmp_path, dataclasses.replace(BY_HAND, longest_s=0.3))
    tape.recorder.start("dog")
    tape.play(0.9)
    tape.play(0.1)
    tape.recorder.stop()
    tape.poll()
    assert tape.numbers() == [(0, 2400), (2400, 4800), (4800, 7200), (7200, 8000)]
    assert not any(take.has_gap for take in tape.takes)


def test_a_too_short_manual_take_is_discarded_with_a_message(tmp_path: Path) -> None:
    tape = Tape(tmp_path, BY_HAND)
    tape.recorder.start("dog")
    tape.play(0.02)
    tape.recorder.stop()
    tape.poll()
    assert tape.takes == []
    assert tape.recorder.state.message == "A clip of 0.020 s was discarded: at least 0.05 s are needed."
    assert list((tmp_path / "spool").iterdir()) == []


def test_a_label_must_be_valid(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="label"):
        Tape(tmp_path, BY_HAND).recorder.start("  ")


EVENTS = st.lists(
    st.sampled_from(["play", "play", "play", "poll", "break", "start", "stop", "flood"]), min_size=5, max_size=40
)


@given(
    EVENTS, st.sampled_from([0.0, 0.07]), st.sampled_from([0.1, 60.0]),
    st.sampled_from(["by hand", "fixed length", "triggered"]),
)  # fmt: skip
def test_whatever_happens_no_sample_is_in_two_takes_and_no_take_has_a_jump(
    tmp_path_factory: pytest.TempPathFactory, events: list[str], pre_roll_s: float, longest_s: float, mode: str
) -> None:
    settings = RecordSettings(mode=mode, length_s=0.13, pre_roll_s=pre_roll_s, longest_s=longest_s, shortest_s=0.001)
    settings = dataclasses.replace(settings, trigger_dbfs=-80.0)
    tape = Tape(tmp_path_factory.mktemp("tape"), settings, seconds=0.5 if "flood" in events else 3.0)
    breaks = []
    for number, event in enumerate(events):
        if event == "play":
            tape.play(0.03, polls=False, block=173)
        elif event == "flood":
            tape.play(0.7, polls=False, block=400)
        elif event == "poll":
            tape.poll()
        elif event == "start":
            tape.recorder.start(f"class {number}")
        elif event == "stop":
            tape.recorder.stop()
        else:
            breaks.append(tape.ring.n_written)
            tape.ring.mark_gap(0.1)
    tape.takes += tape.recorder.close()
    spans = sorted(tape.numbers())
    for (_, end), (start, _) in itertools.pairwise(spans):
        assert end <= start
    for start, end in spans:
        assert not [one for one in breaks if start < one < end]
    spooled = sorted(one_piece(take) for path in left_over(tape.folder / "spool") if (take := read_spool(path)))
    assert spooled == spans
    if "flood" not in events and mode == "by hand":
        everything = {number for start, end in spans for number in range(start, end)}
        assert asked_for(events, 240) <= everything


def asked_for(events: list[str], block: int) -> set[int]:
    """The samples between starts and stops, each play having ``block`` of them; pieces below the shortest left out."""
    at, wanted, is_on = 0, set(), False
    for event in events:
        if event == "play":
            wanted |= set(range(at, at + block)) if is_on else set()
            at += block
        is_on = event == "start" or (is_on and event != "stop")
    return wanted


def test_a_take_says_when_its_first_sample_was_heard(tmp_path: Path) -> None:
    tape = Tape(tmp_path, RecordSettings(pre_roll_s=0.1))
    before = datetime.now().astimezone()
    tape.play(0.2)
    tape.recorder.start("dog")
    tape.play(0.1)
    tape.recorder.stop()
    tape.poll()
    (take,) = tape.takes
    assert before - timedelta(seconds=0.2) <= take.started_at <= datetime.now().astimezone()
    assert take.started_at.tzinfo is not None


def test_every_poll_leaves_a_spool_that_any_program_can_open(tmp_path: Path) -> None:
    tape = Tape(tmp_path, BY_HAND)
    tape.recorder.start("dog")
    tape.play(0.3)
    (path,) = (tmp_path / "spool").glob("*.wav")
    samples, rate = soundfile.read(path, dtype="float32")
    assert (len(samples), rate) == (2400, 8000)
    np.testing.assert_array_equal(samples, np.arange(2400, dtype=np.float32) * 2.0**-24)


def test_a_spool_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("a file where the folder should be")
    tape = Tape(tmp_path, BY_HAND)
    tape.recorder.start("dog")
    tape.play(0.3)
    assert tape.takes == []
    assert not tape.recorder.state.armed
    assert tape.recorder.state.message.startswith("Recording stopped because ")
    assert tape.recorder.state.message.count(".") >= 1


def test_a_take_recovered_from_damaged_facts_is_still_there(tmp_path: Path) -> None:
    with Collection.create(tmp_path / "c") as collection:
        tape = Tape(tmp_path / "c" / ".mlpsvd", BY_HAND)
        tape.recorder.start("dog")
        tape.play(0.3)
        (facts,) = collection.spool_folder.glob("*.json")
        facts.write_text("{")
    with Collection.open(tmp_path / "c") as collection:
        assert collection.counts == {"recovered": 1}
        assert collection.clips[0].duration_s == pytest.approx(0.3)
        assert "was recovered" in collection.notes[0]
        assert list(collection.spool_folder.iterdir()) == []


def test_recorded_beside_a_source_in_another_thread_every_sample_is_in_one_clip(tmp_path: Path) -> None:
    settings = dataclasses.replace(BY_HAND, longest_s=0.1, file_format="wav")
    tape = Tape(tmp_path, settings, seconds=2.0)
    tape.recorder.start("dog")

    def source() -> None:
        for _ in range(100):
            tape.play(0.01, polls=False, block=80)
            time.sleep(0.001)

    thread = threading.Thread(target=source)
    thread.start()
    while thread.is_alive():
        tape.poll()
    tape.takes += tape.recorder.close()
    spans = tape.numbers()
    assert spans == [(800 * index, 800 * (index + 1)) for index in range(10)]


def bad(settings: RecordSettings) -> Iterable[str]:
    return [problem.key for problem in problems(settings)]


def test_conflicting_settings_are_refused() -> None:
    check(RecordSettings())
    check(FIXED)
    check(TRIGGERED)
    assert bad(RecordSettings(mode="fixed length", length_s=0.2, pre_roll_s=0.2)) == ["pre_roll_s"]
    assert bad(RecordSettings(mode="triggered", longest_s=0.2, pre_roll_s=0.2)) == ["pre_roll_s"]
    assert bad(RecordSettings(shortest_s=5.0, longest_s=1.0)) == ["shortest_s"]
    assert bad(RecordSettings(mode="sometimes")) == ["mode"]
