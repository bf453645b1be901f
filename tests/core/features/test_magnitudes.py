"""The faster computation for a single clip gives bit-identical magnitudes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mlpsvd.features.magnitudes import clip_magnitudes
from mlpsvd.features.settings import FeatureSettings

settings_ = st.builds(
    FeatureSettings,
    fft_size=st.sampled_from([8, 9, 16, 33, 64, 256]),
    window=st.sampled_from(["rectangular", "hann"]),
    hop=st.sampled_from([1, 3, 32, 128, 600]),
    segments=st.sampled_from(["first", "mean", "several"]),
    n_parts=st.integers(1, 5),
)


@given(settings_, st.integers(1, 3000), st.integers(0, 2))
@example(FeatureSettings(fft_size=2048, hop=1, segments="mean"), 2560, 1)  # just too much to be transformed at once
def test_a_single_clip_gives_the_same_bits_as_in_a_batch(settings: FeatureSettings, n_samples: int, index: int) -> None:
    clips = np.random.default_rng(n_samples).normal(size=(3, n_samples)).astype(np.float32)
    together = clip_magnitudes(clips, settings)
    alone = clip_magnitudes(clips[index], settings)
    assert alone.shape == (1, together.shape[1])
    assert np.array_equal(alone[0], together[index])


def test_one_clip_need_not_lie_in_one_piece_or_be_writable() -> None:
    settings = FeatureSettings(fft_size=64, hop=32, segments="several")
    clip = np.random.default_rng(1).normal(size=1000).astype(np.float32)
    expected = clip_magnitudes(clip, settings)
    spread = np.zeros((1000, 3), np.float32)
    spread[:, 1] = clip
    assert np.array_equal(clip_magnitudes(spread[:, 1], settings), expected)
    clip.flags.writeable = False
    assert np.array_equal(clip_magnitudes(clip, settings), expected)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_sample_that_is_no_number_is_seen_where_it_lies(bad: float) -> None:
    settings = FeatureSettings(fft_size=64, hop=64, segments="several", n_parts=2)
    clip = np.ones(1024, np.float32)
    clip[700] = bad
    first, second = np.split(clip_magnitudes(clip, settings)[0], 2)
    assert np.isfinite(first).all()
    assert not np.isfinite(second).any()
