"""The spoken digits: 2,700 real recordings beside the checkout."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from mlpsvd.datasets.recordings import load_recordings, scan
from mlpsvd.datasets.settings import RecordingsSettings
from mlpsvd.features.settings import FeatureSettings
from mlpsvd.features.spectra import fit_transform

FOLDER = Path(__file__).parents[4] / "shared" / "data" / "fsdd"
DIGITS = RecordingsSettings(path=str(FOLDER), labels_from="file names", pattern="{label}_*_*")

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the spoken digits are not in ../shared/data/fsdd beside the checkout"
)


def test_the_pattern_finds_ten_digits() -> None:
    inventory = scan(DIGITS)
    assert inventory.counts == {str(digit): 270 for digit in range(10)}
    assert inventory.skipped == ()
    assert inventory.usual_rate_hz == 8000.0


def test_another_pattern_finds_six_speakers() -> None:
    inventory = scan(dataclasses.replace(DIGITS, pattern="*_{label}_*"))
    assert inventory.class_names == ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")
    assert set(inventory.counts.values()) == {450}


def test_digits_become_standardised_log_spectra_in_three_parts() -> None:
    loaded = load_recordings(DIGITS, seed=1)
    counts = np.bincount(loaded.test.labels)
    assert (np.bincount(loaded.train.labels) + counts == 270).all()
    assert 15 <= counts.min() <= counts.max() <= 40  # a tenth, within 2.5 standard deviations of the binomial draw
    settings = FeatureSettings(segments="several", n_parts=3, magnitude="log", scaling="standardised")
    features, vectors = fit_transform(loaded.train.samples, loaded.train.sample_rate_hz, settings)
    assert vectors.shape == (2700 - counts.sum(), 387)
    assert np.isfinite(features.transform(loaded.test.samples)).all()
