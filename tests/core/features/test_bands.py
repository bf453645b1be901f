"""One-third-octave bands, mel bands and A-weighting: against published tables and formulas, in every place of use."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

import mlpsvd
from mlpsvd.analysis.direction_sound import direction_noise
from mlpsvd.classification.live.spectrum_scale import SpectrumScale
from mlpsvd.errors import DataError, FileFormatError, SettingError
from mlpsvd.experiments.bayes_limit import bayes_limit
from mlpsvd.experiments.papers.tasks import changed
from mlpsvd.features.background import measure_background
from mlpsvd.features.bands import a_weighting_db, band_edges_hz, band_frequencies_hz, power_weights, weighting_gain
from mlpsvd.features.conditioning import Conditioning
from mlpsvd.features.settings import FeatureSettings
from mlpsvd.features.spectra import FittedFeatures, fit
from mlpsvd.settings import check, with_value

RATE_HZ = 16_000.0
CLIPS = np.random.default_rng(1).standard_normal((30, 4800)).astype(np.float32)
THIRDS = FeatureSettings(bands="third-octave", bands_to_hz=6300.0, scaling="none")
MEL = FeatureSettings(bands="mel", fft_size=512, segments="mean", window="hann", scaling="none")

# IEC 61672-1, table 3: nominal frequency and A-weighting in dB, for exact frequencies 10^(n/10) Hz.
A_TABLE = {
    10: -70.4, 12.5: -63.4, 16: -56.7, 20: -50.5, 25: -44.7, 31.5: -39.4, 40: -34.6, 50: -30.2, 63: -26.2, 80: -22.5,
    100: -19.1, 125: -16.1, 160: -13.4, 200: -10.9, 250: -8.6, 315: -6.6, 400: -4.8, 500: -3.2, 630: -1.9, 800: -0.8,
    1000: 0.0, 1250: 0.6, 1600: 1.0, 2000: 1.2, 2500: 1.3, 3150: 1.2, 4000: 1.0, 5000: 0.5, 6300: -0.1, 8000: -1.1,
    10000: -2.5, 12500: -4.3, 16000: -6.6, 20000: -9.3,
}  # fmt: skip


def small(**features: object) -> mlpsvd.Experiment:
    sizes = {"data.synthetic.train_per_class": 30, "data.synthetic.test_per_class": 10, "training.epochs": 4}
    return changed(mlpsvd.Experiment(), {**sizes, **{f"features.{name}": value for name, value in features.items()}})


def test_a_weighting_is_that_of_the_standards_table_and_of_its_analogue_filter() -> None:
    exact = 10.0 ** (np.round(10.0 * np.log10(list(A_TABLE))) / 10.0)
    np.testing.assert_allclose(a_weighting_db(exact), list(A_TABLE.values()), atol=0.0501)
    poles_hz = np.array([20.598997, 20.598997, 107.65265, 737.86223, 12194.217, 12194.217])
    s = 1j * np.append(exact, 1000.0)
    response = np.abs(s**4 / np.prod(s[:, np.newaxis] + poles_hz, axis=1))
    np.testing.assert_allclose(a_weighting_db(exact), 20.0 * np.log10(response[:-1] / response[-1]), atol=1e-9)
    assert a_weighting_db([0.0, 1000.0]).tolist() == [-np.inf, 0.0]


def test_third_octaves_are_those_of_the_standard() -> None:
    every = FeatureSettings(bands="third-octave", bands_from_hz=25.0, bands_to_hz=20_000.0)
    centres = band_frequencies_hz(every)
    assert len(centres) == every.n_bins == 30  # 25 Hz to 20 kHz
    nominal = [25, 31.5, 40, 50, 63, 80, 100, 125, 160, 200, 250, 315, 400, 500, 630, 800, 1000, 1250, 1600, 2000, 2500]
    nominal += [3150, 4000, 5000, 6300, 8000, 10_000, 12_500, 16_000, 20_000]
    np.testing.assert_allclose(centres, 1000.0 * 10.0 ** (0.3 * np.arange(-16, 14) / 3.0))
    np.testing.assert_allclose(centres, nominal, rtol=0.013)
    edges = band_edges_hz(every)
    np.testing.assert_allclose(edges[1:, 0], edges[:-1, 1])  # no gap, no overlap
    np.testing.assert_allclose(edges[16], [1000.0 * 10.0**-0.05, 1000.0 * 10.0**0.05])
    for low, high, n in ((31.5, 8000.0, 25), (100.0, 3500.0, 16), (3150.0, 3160.0, 1), (3151.0, 3900.0, 0)):
        assert dataclasses.replace(every, bands_from_hz=low, bands_to_hz=high).n_bins == n


def test_mel_bands_are_those_of_librosa_and_torchaudio() -> None:
    """Against the algorithm of ``librosa.filters.mel(htk=True, norm=None)``, with its ramps."""
    for settings in (MEL, dataclasses.replace(MEL, n_mels=40, fft_size=1024, bands_from_hz=20.0, bands_to_hz=8000.0)):
        bins = np.linspace(0.0, RATE_HZ / 2.0, settings.fft_size // 2 + 1)
        low, high = (2595.0 * np.log10(1.0 + f / 700.0) for f in (settings.bands_from_hz, settings.bands_to_hz))
        corners = 700.0 * (10.0 ** (np.linspace(low, high, settings.n_mels + 2) / 2595.0) - 1.0)
        differences, ramps = np.diff(corners), np.subtract.outer(corners, bins)
        expected = np.zeros((settings.n_mels, len(bins)))
        for i in range(settings.n_mels):
            lower, upper = -ramps[i] / differences[i], ramps[i + 2] / differences[i + 1]
            expected[i] = np.maximum(0.0, np.minimum(lower, upper))
        np.testing.assert_allclose(power_weights(settings, RATE_HZ), expected, atol=1e-12)
    torchaudio = pytest.importorskip("torchaudio")
    bank = torchaudio.functional.melscale_fbanks(257, 100.0, 3500.0, 24, 16_000).numpy().T
    np.testing.assert_allclose(power_weights(MEL, RATE_HZ), bank, atol=1e-5)


def test_bands_share_the_power_of_the_transform() -> None:
    plain, thirds = (fit(CLIPS, RATE_HZ, one) for one in (FeatureSettings(scaling="none"), THIRDS))
    power, bands = np.square(plain.unscaled(CLIPS)), np.square(thirds.unscaled(CLIPS))
    weights = power_weights(THIRDS, RATE_HZ)
    assert weights.shape == (19, 129) and weights.sum(axis=0).max() == pytest.approx(1.0)
    widths = np.diff(band_edges_hz(THIRDS)).ravel()
    np.testing.assert_allclose(weights.sum(axis=1), widths / 62.5)
    np.testing.assert_allclose(bands, power @ weights.T, rtol=1e-12)
    tone = np.sin(2.0 * np.pi * 1000.0 * np.arange(256) / RATE_HZ).astype(np.float32)
    level = thirds.unscaled(tone)[0]
    assert THIRDS.n_bins == 19 and level[10] == pytest.approx(128.0) and level[9] < 1e-3  # 1 kHz is the eleventh


@pytest.mark.parametrize("settings", [THIRDS, MEL, FeatureSettings(frequency_weighting="A")])
def test_a_clip_gives_the_same_bits_alone_or_in_a_batch(settings: FeatureSettings) -> None:
    settings = dataclasses.replace(settings, segments="several", n_parts=3, frequency_weighting="A", magnitude="log")
    features = fit(CLIPS, RATE_HZ, settings)
    together = features.transform(CLIPS)
    assert together.shape == (30, 3 * settings.n_bins) == (30, features.n_features)
    assert len(features.frequencies_hz) == len(features.parts) == features.n_features
    for index in (0, 11, 29):
        assert features.transform(CLIPS[index]).tobytes() == together[index].tobytes()
    mixed = [CLIPS[0], CLIPS[1][:100], CLIPS[2][:3000]]
    assert features.transform(mixed)[0].tobytes() == together[0].tobytes()


def test_a_weighting_multiplies_the_magnitudes_and_the_power_of_bands() -> None:
    plain = fit(CLIPS, RATE_HZ, FeatureSettings(scaling="none"))
    weighted = fit(CLIPS, RATE_HZ, FeatureSettings(scaling="none", frequency_weighting="A"))
    gain = 10.0 ** (a_weighting_db(plain.frequencies_hz) / 20.0)
    np.testing.assert_allclose(weighted.unscaled(CLIPS), plain.unscaled(CLIPS) * gain, rtol=1e-12)
    bands = fit(CLIPS, RATE_HZ, dataclasses.replace(THIRDS, frequency_weighting="A"))
    expected = np.square(weighted.unscaled(CLIPS)) @ power_weights(THIRDS, RATE_HZ).T
    np.testing.assert_allclose(np.square(bands.unscaled(CLIPS)), expected, rtol=1e-12)
    assert bands.describe() == (
        "19 magnitudes of the 256-point FFT (rectangular window) of the first 256 samples, in 19 one-third-octave "
        "bands with centres from 100 Hz to 6300 Hz, A-weighted, not scaled"
    )
    assert "24 magnitudes" in fit(CLIPS, RATE_HZ, MEL).describe()
    assert "in 24 mel bands (HTK) from 100 Hz to 3500 Hz" in fit(CLIPS, RATE_HZ, MEL).describe()


def test_settings_that_cannot_be_are_one_sentence() -> None:
    for settings, message in (
        (FeatureSettings(bands="mel", bands_to_hz=100.0), "it should be above 100, where the bands begin"),
        (FeatureSettings(bands="third-octave", bands_from_hz=3151.0, bands_to_hz=3900.0), "no band lies from 3151 Hz"),
        (FeatureSettings(bands="mel", fft_size=900, magnitude="pixels"), "it should be none for images"),
        (FeatureSettings(frequency_weighting="A", fft_size=900, magnitude="pixels"), "it should be none for images"),
        (dataclasses.replace(THIRDS, n_components=20), "at most the 19 entries of a feature vector"),
    ):
        with pytest.raises(SettingError, match=message):
            check(settings)
    with pytest.raises(DataError, match=r"Bands to is 3500; it should be at most 2500, as the highest band ends at 35"):
        fit(CLIPS, 7000.0, FeatureSettings(bands="third-octave"))
    with pytest.raises(DataError, match=r"Mel bands is 40; .* band 1, from 100 to 167 Hz, contains none of the freq"):
        fit(CLIPS, RATE_HZ, FeatureSettings(bands="mel", n_mels=40, fft_size=64))
    with pytest.raises(SettingError, match=r"features.bands_to_hz is 9000.0; it should be at most 8000, as the highe"):
        check(changed(mlpsvd.Experiment(), {"features.bands": "mel", "features.bands_to_hz": 9000.0}))
    with pytest.raises(DataError, match="above 100"):
        fit(CLIPS, RATE_HZ, FeatureSettings(bands="mel", bands_to_hz=50.0))
    assert fit(CLIPS, RATE_HZ, FeatureSettings(bands="mel", bands_to_hz=8000.0)).n_features == 24


def test_a_model_with_bands_is_saved_and_one_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    run = mlpsvd.train(small(bands="third-octave", frequency_weighting="A", magnitude="log", scaling="standardised"))
    model = run.model("mlp-svd")
    assert model.spec.n_in == 16
    mlpsvd.save_model(tmp_path / "a.safetensors", model)
    again = mlpsvd.load_model(tmp_path / "a.safetensors")
    assert again.features.settings == model.features.settings
    first, second = (mlpsvd.Classifier(one).probabilities_many(list(CLIPS)) for one in (model, again))
    np.testing.assert_array_equal(first, second)
    with pytest.raises(FileFormatError, match="do not fit the sample rate: Bands to is 3500"):
        FittedFeatures.from_arrays(model.features.settings, 7000.0, model.features.to_arrays())


def test_directions_lie_over_the_centres_and_are_heard_in_their_bands() -> None:
    experiment = small(bands="third-octave", bands_to_hz=6300.0, fft_size=1024)
    features = mlpsvd.train(experiment).model("mlp").features
    assert features.frequencies_hz.shape == (19,) and features.filters(np.eye(19)).shape == (19, 19)
    row = np.zeros(19)
    row[[4, 12]] = 2.0, -1.0  # 250 Hz and 1600 Hz
    sound = direction_noise(row, features, part_s=4.0)
    spectrum = np.square(np.abs(np.fft.rfft(sound.astype(np.float64))))
    at = np.fft.rfftfreq(len(sound), 1.0 / RATE_HZ)
    edges = band_edges_hz(features.settings)
    power = np.array([spectrum[(at >= low) & (at < high)].sum() for low, high in edges])
    assert power[[4, 12]].sum() > 0.85 * spectrum.sum()  # the rest is in the next bins of the transform
    assert 10.0 * np.log10(power[4] / power[12]) == pytest.approx(6.0, abs=1.5)


def test_level_background_and_correction_are_those_of_the_bands() -> None:
    settings = dataclasses.replace(THIRDS, fft_size=2048, segments="mean", window="hann", bands_from_hz=250.0)
    features = fit(CLIPS, RATE_HZ, settings)
    run = mlpsvd.train(small(bands="third-octave"))
    model = dataclasses.replace(run.model("mlp"), features=features, reference=None)
    scale = SpectrumScale(model)
    tone = np.sin(2.0 * np.pi * 1234.5 * np.arange(16_000) / RATE_HZ).astype(np.float32)
    level = scale.level_db(features.unscaled(tone)[0])
    assert level.max() == pytest.approx(0.0, abs=0.1) and scale.frequencies_hz[level.argmax()] == pytest.approx(
        1258.9, 1e-3
    )
    power = measure_background(features, CLIPS)
    assert power.shape == (15,)
    conditioned = features.unscaled(CLIPS, Conditioning(np.full(15, 6.0), power))
    assert conditioned.shape == (30, 15) and (conditioned < features.unscaled(CLIPS) * 10.0 ** (-0.3) + 1e-9).all()


def test_the_bayes_limit_is_that_of_the_samples() -> None:
    """The bands are a function of the samples, so the limit bounds them too, and stays."""
    limits = [bayes_limit(small(**one), n_clips=2000) for one in ({}, {"bands": "mel", "frequency_weighting": "A"})]
    assert limits[0] is not None and limits[0] == limits[1]


def test_the_first_layer_of_other_bands_is_refused(tmp_path: Path) -> None:
    mlpsvd.save_model(tmp_path / "a.safetensors", mlpsvd.train(small(bands="mel")).model("mlp"))
    experiment = with_value(small(bands="third-octave"), "network.first_layer", str(tmp_path / "a.safetensors"))
    with pytest.raises(SettingError, match="Bands 'mel' instead of 'third-octave'"):
        mlpsvd.train(experiment)


def test_the_weights_of_bands_are_finite_at_every_size() -> None:
    for size in (8, 100, 65536):
        settings = dataclasses.replace(THIRDS, fft_size=size)
        assert np.isfinite(power_weights(settings, 48_000.0)).all()
        assert weighting_gain(settings, 48_000.0).shape == (size // 2 + 1,)
