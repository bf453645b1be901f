"""Spectra of network input in dB relative to a full-scale sine."""

from __future__ import annotations

import numpy as np
import pytest

from mlpsvd.classification.live.spectrum_scale import SpectrumScale
from mlpsvd.features.settings import FeatureSettings
from mlpsvd.features.spectra import fit
from mlpsvd.models.input_contract import InputContract
from mlpsvd.models.model import Model
from mlpsvd.network.spec import LayerSpec, NetworkSpec

RATE_HZ = 8000.0


def model(scaling: str) -> Model:
    clips = np.random.default_rng(1).normal(size=(4, 256)).astype(np.float32)
    settings = FeatureSettings(fft_size=256, hop=128, window="hann", segments="first", scaling=scaling)
    features = fit(clips, RATE_HZ, settings)
    spec = NetworkSpec((LayerSpec("dense", features.n_features, 2, 2, "softmax"),), "cross-entropy")
    contract = InputContract.of_clips(features.sample_rate_hz, 256 / RATE_HZ, features.settings.fft_size)
    return Model(spec, np.zeros(spec.n_parameters, np.float32), features, ("a", "b"), contract)


def test_a_full_scale_sine_in_a_bin_is_0_dbfs() -> None:
    one = model("none")
    scale = SpectrumScale(one)
    sine = np.sin(2 * np.pi * 1000.0 * np.arange(256) / RATE_HZ).astype(np.float32)
    spectrum = scale.level_db(one.features.unscaled([sine])[0])
    assert scale.label == ("Level", "dBFS")
    assert scale.frequencies_hz[np.argmax(spectrum)] == 1000.0
    assert spectrum.max() == pytest.approx(0.0, abs=0.01)
    background = scale.background(one.features.unscaled([sine])[0] ** 2)
    assert background is not None
    np.testing.assert_allclose(background, spectrum, atol=1e-6)


def test_input_scaled_per_sample_has_no_level() -> None:
    scale = SpectrumScale(model("per sample"))
    assert scale.label == ("Network input", "") and scale.background(np.ones(129)) is None


def test_a_model_without_training_statistics_has_no_class_means() -> None:
    assert SpectrumScale(model("none")).class_means() is None
