"""Every step of a collection against a simple model in memory, undone, redone and reopened in any order."""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from mlpsvd.audio.files import read
from mlpsvd.collection.collection import Collection
from mlpsvd.collection.take import Take
from mlpsvd.datasets.recordings import scan
from mlpsvd.datasets.settings import RecordingsSettings
from mlpsvd.errors import DataError

RATE_HZ = 8000.0
LABELS = st.sampled_from(["dog", "Dog", "dog 2", "a/b", "a:b", "CON", "..", "Ko\u0308ln", "鳥", "x" * 300])

Model = tuple[tuple[str, str, int, int], ...]  # id, label, number of the first sample, number of samples


def as_heard(label: str) -> str:
    import unicodedata

    return unicodedata.normalize("NFC", label)


class Steps(RuleBasedStateMachine):
    """``past[-1]`` is what should be there now; ``future`` what redo brings back, the next last."""

    def __init__(self) -> None:
        super().__init__()
        self._temporary = tempfile.TemporaryDirectory()
        self.folder = Path(self._temporary.name) / "collection"
        self.past: list[Model] = [()]
        self.future: list[Model] = []
        self.n_samples = 0

    @initialize(file_format=st.sampled_from(["flac", "wav"]))
    def begin(self, file_format: str) -> None:
        self.collection = Collection.create(self.folder, file_format)

    @property
    def now(self) -> Model:
        return self.past[-1]

    def became(self, model: Model) -> None:
        self.past.append(model)
        self.future.clear()

    @rule(label=LABELS, length=st.integers(1, 400))
    def add(self, label: str, length: int) -> None:
        first, self.n_samples = self.n_samples, self.n_samples + length
        take = Take(np.arange(first, first + length, dtype=np.float32) * 2.0**-23, RATE_HZ, label)
        clip = self.collection.add(take)
        self.became((*self.now, (clip.id, as_heard(label), first, length)))

    @precondition(lambda self: self.now)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        ids = data.draw(st.sets(st.sampled_from([one[0] for one in self.now]), min_size=1, max_size=3))
        self.collection.delete(ids)
        self.became(tuple(one for one in self.now if one[0] not in ids))

    @precondition(lambda self: self.now)
    @rule(data=st.data(), label=LABELS)
    def relabel(self, data: st.DataObject, label: str) -> None:
        ids = data.draw(st.sets(st.sampled_from([one[0] for one in self.now]), min_size=1, max_size=3))
        self.collection.relabel(ids, label)
        new = tuple((id, as_heard(label) if id in ids else old, *rest) for id, old, *rest in self.now)
        if new != self.now:
            self.became(new)  # type: ignore[arg-type]

    @precondition(lambda self: self.now)
    @rule(data=st.data(), label=LABELS)
    def rename(self, data: st.DataObject, label: str) -> None:
        old = data.draw(st.sampled_from(sorted({one[1] for one in self.now})))
        self.collection.rename_class(old, label)
        new = tuple((id, as_heard(label) if one == old else one, *rest) for id, one, *rest in self.now)
        if new != self.now:
            self.became(new)  # type: ignore[arg-type]

    @precondition(lambda self: self.now)
    @rule(data=st.data())
    def trim(self, data: st.DataObject) -> None:
        id, label, first, length = data.draw(st.sampled_from(self.now))
        start = data.draw(st.integers(0, length - 1))
        end = data.draw(st.integers(start + 1, length))
        self.collection.trim(id, start / RATE_HZ, end / RATE_HZ)
        if end - start < length:
            piece = (id, label, first + start, end - start)
            self.became(tuple(piece if one[0] == id else one for one in self.now))

    @rule()
    def undo(self) -> None:
        if len(self.past) == 1:
            with pytest.raises(DataError, match="nothing to undo"):
                self.collection.undo()
        else:
            words = self.collection.next_undo
            assert self.collection.undo() == f"Undone: {words}."
            assert self.collection.next_redo == words
            self.future.append(self.past.pop())

    @rule()
    def redo(self) -> None:
        if not self.future:
            with pytest.raises(DataError, match="nothing to redo"):
                self.collection.redo()
        else:
            self.collection.redo()
            self.past.append(self.future.pop())

    @rule()
    def reopen(self) -> None:
        self.collection.close()
        self.collection = Collection.open(self.folder)
        assert self.collection.notes == ()

    @precondition(lambda self: len(self.past) > 3)
    @rule()
    def empty_trash(self) -> None:
        self.collection.empty_trash()
        assert self.collection.trash.n_files == 0
        self.past, self.future = [self.now], []

    @invariant()
    def the_clips_are_those_of_the_model(self) -> None:
        if not hasattr(self, "collection"):
            return
        assert [(one.id, one.label) for one in self.collection.clips] == [one[:2] for one in self.now]
        for clip, (_, _, first, length) in zip(self.collection.clips, self.now, strict=True):
            samples, _ = read(clip.path)
            assert (samples * 2.0**23).tolist() == list(range(first, first + length))
            assert clip.duration_s == pytest.approx(length / RATE_HZ, abs=1e-6)

    @invariant()
    def the_loader_finds_them_both_ways(self) -> None:
        if not hasattr(self, "collection"):
            return
        by_manifest = scan(dataclasses.replace(self.collection.recordings_settings(), shortest_s=0.0001))
        by_folder = scan(RecordingsSettings(path=str(self.folder), shortest_s=0.0001))
        assert by_manifest.skipped == by_folder.skipped == ()
        labels = {one.name: one.label for one in by_manifest.files}
        assert labels == {one.name: one.label for one in self.collection.clips}
        pairs = {(one.label, labels[one.name]) for one in by_folder.files}
        assert len(by_folder.files) == len(labels)
        assert len(pairs) == len({pair[0] for pair in pairs}) == len({pair[1] for pair in pairs})

    def teardown(self) -> None:
        if hasattr(self, "collection"):
            self.collection.close()
        self._temporary.cleanup()


Steps.TestCase.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)
TestSteps = Steps.TestCase
