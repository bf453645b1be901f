"""The sentence about speakers that are not in the training set."""

from __future__ import annotations

from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.presets import RECORDINGS_PRESET, preset
from mlpsvd.experiments.unknown_speakers import UNKNOWN_SPEAKERS, known_sources_note
from mlpsvd.settings import with_value


def test_it_applies_to_recordings_whose_split_the_program_draws() -> None:
    recordings = preset(RECORDINGS_PRESET)
    assert known_sources_note(recordings) == UNKNOWN_SPEAKERS
    assert known_sources_note(with_value(recordings, "data.recordings.labels_from", "manifest")) == ""
    assert known_sources_note(Experiment()) == ""
    assert "97 to 98 % for the same six speakers" in UNKNOWN_SPEAKERS and "@" not in UNKNOWN_SPEAKERS
