"""The preview computes the same values as the core, from the clips used in training."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mlpsvd.datasets.settings import DataSettings, RecordingsSettings, SyntheticSettings
from mlpsvd.datasets.synthetic import synthetic_clips
from mlpsvd.errors import DataError
from mlpsvd.features.settings import FeatureSettings
from mlpsvd.features.spectra import fit
from mlpsvd.signals.bank import paper_bank
from mlpsvd_gui.pages.explore.workers.preview import PreviewRequest
from mlpsvd_gui.pages.explore.workers.preview_maker import PreviewMaker

SMALL = SyntheticSettings(train_per_class=120, test_per_class=60, filters=paper_bank(3))
REQUEST = PreviewRequest(DataSettings(synthetic=SMALL), FeatureSettings(), seed=4)


def _silent(_share: float) -> None:
    pass


def test_means_are_those_of_the_training_clips() -> None:
    preview = PreviewMaker().make(REQUEST, _silent)
    clips = synthetic_clips(SMALL, 4, "train")
    fitted = fit(clips.samples, clips.sample_rate_hz, REQUEST.features)
    magnitudes = fitted.unscaled(clips.samples)
    for index in range(3):
        np.testing.assert_allclose(preview.means[index, 0], magnitudes[clips.labels == index].mean(axis=0), rtol=1e-6)
    np.testing.assert_array_equal(preview.frequencies_hz, fitted.frequencies_hz)
    assert (preview.n_averaged, preview.n_train, preview.n_test) == (120, (120,) * 3, (60,) * 3)


@pytest.mark.parametrize(("split", "number"), [("train", 0), ("train", 119), ("test", 51)])
def test_the_clip_is_the_one_trained_or_tested_on(split: str, number: int) -> None:
    request = replace(REQUEST, split=split, class_index=1, clip_index=number)
    clip = PreviewMaker().make(request, _silent).clip
    clips = synthetic_clips(SMALL, 4, split)
    np.testing.assert_array_equal(clip.samples, clips.samples[np.flatnonzero(clips.labels == 1)[number]])
    assert clip.is_whole


def test_a_number_beyond_the_last_takes_the_last() -> None:
    preview = PreviewMaker().make(replace(REQUEST, clip_index=10_000, class_index=99), _silent)
    assert (preview.clip_index, preview.n_clips) == (119, 120)
    assert preview.clip.origin.startswith(preview.class_names[-1])


def test_moving_one_filter_leaves_the_others_means_alone_and_a_name_changes_nothing() -> None:
    maker = PreviewMaker()
    before = maker.make(REQUEST, _silent)
    moved = (replace(SMALL.filters[0], centre_hz=2000.0), replace(SMALL.filters[1], label="owl"), SMALL.filters[2])
    after = maker.make(replace(REQUEST, data=DataSettings(synthetic=replace(SMALL, filters=moved))), _silent)
    assert after.frequencies_hz[np.argmax(after.means[0, 0])] == 2000.0
    np.testing.assert_array_equal(after.means[1:], before.means[1:])
    assert after.class_names[1] == "owl"


def test_several_parts_have_their_own_spectra() -> None:
    features = FeatureSettings(segments="several", n_parts=4, magnitude="log", scaling="standardised")
    preview = PreviewMaker().make(replace(REQUEST, features=features), _silent)
    assert preview.means.shape == (3, 4, 129)
    assert preview.clip.magnitudes.shape == (4, 129)


def test_a_drag_averages_fewer_clips_where_they_are_long() -> None:
    features = FeatureSettings(segments="mean")
    preview = PreviewMaker().make(replace(REQUEST, features=features, is_dragging=True), _silent)
    assert preview.n_averaged == 300_000 // 4800


def test_impossible_settings_are_refused_in_words() -> None:
    with pytest.raises(DataError, match="4800 samples"):
        PreviewMaker().make(replace(REQUEST, features=FeatureSettings(fft_size=8192)), _silent)
    with pytest.raises(DataError, match="Choose a folder of recordings first"):
        PreviewMaker().make(replace(REQUEST, data=DataSettings(source="recordings")), _silent)


def test_recordings_are_read_once(tmp_path: Path) -> None:
    for label, tone_hz in (("a", 500.0), ("b", 1500.0)):
        for number in range(6):
            samples = 0.5 * np.sin(2 * np.pi * tone_hz * np.arange(1600 + number) / 8000)
            soundfile.write(tmp_path / f"{label}_{number}.wav", samples, 8000)
    recordings = RecordingsSettings(path=str(tmp_path), labels_from="file names")
    request = replace(REQUEST, data=DataSettings(source="recordings", recordings=recordings))
    maker = PreviewMaker()
    first = maker.make(request, _silent)
    for path in tmp_path.iterdir():
        path.unlink()
    second = maker.make(replace(request, class_index=1, clip_index=2, split="train"), _silent)
    np.testing.assert_array_equal(first.means, second.means)
    peaks_hz = first.frequencies_hz[first.means[:, 0].argmax(axis=1)]
    np.testing.assert_array_equal(peaks_hz, [500.0, 1500.0])
    assert Path(second.clip.origin.split(",")[0]).name.startswith("b_")
    with pytest.raises(DataError):
        maker.make(replace(request, seed=99), _silent)
