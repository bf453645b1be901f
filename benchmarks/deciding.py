"""Measure the time of a live decision, from the last sample to the result, without device and display.

    python benchmarks/deciding.py [--seconds 20] [--core 1]

Windows of noise are written to a ring buffer and classified one at a time. The pause between them is the hop, at most
50 ms, so that caches are as cold as in live use. Prints median and 95th percentile in microseconds per window for the
features (with the level), the network (with distance, smoothing and decision) and the whole call, which also copies the
window from the buffer. Weights are random; no time depends on them. "of a file" is the same window through
``Classifier.probabilities``, for comparison.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
for name in THREADS:  # as in the window, where training uses the other cores
    os.environ.setdefault(name, "1")

from mlpsvd.audio.level import measure_level  # noqa: E402 - after the number of threads
from mlpsvd.audio.ring_buffer import RingBuffer  # noqa: E402
from mlpsvd.classification.classifier import Classifier  # noqa: E402
from mlpsvd.classification.live.live_classifier import LiveClassifier  # noqa: E402
from mlpsvd.classification.live.settings import LiveSettings  # noqa: E402
from mlpsvd.features.settings import FeatureSettings  # noqa: E402
from mlpsvd.features.spectra import fit_transform  # noqa: E402
from mlpsvd.models.input_contract import InputContract  # noqa: E402
from mlpsvd.models.measure_statistics import measure_reference  # noqa: E402
from mlpsvd.models.model import Model  # noqa: E402
from mlpsvd.network.initialise import build  # noqa: E402
from mlpsvd.network.settings import NetworkSettings  # noqa: E402

_LONGEST_PAUSE_S = 0.05
_N_CLIPS = 400
_PLAIN = LiveSettings()


@dataclass(frozen=True)
class Case:
    """A model and its live settings."""

    text: str
    sample_rate_hz: float
    clip_s: float
    n_classes: int
    features: FeatureSettings
    settings: LiveSettings = _PLAIN


_DIGITS = FeatureSettings(window="hann", segments="several", magnitude="log", scaling="standardised")
_FINE = FeatureSettings(
    fft_size=2048, window="hann", hop=512, segments="several", n_parts=3, magnitude="log", scaling="standardised"
)
_SMOOTHED = LiveSettings(hop_share=0.25, smoothing="majority", smoothing_s=2.0, hold_s=0.5, unknown_beyond=2.0)
CASES = [
    Case("paper, 5 classes, 0.3 s at 16 kHz", 16000.0, 0.3, 5, FeatureSettings()),
    Case("spoken digits, 0.45 s at 8 kHz", 8000.0, 0.45, 10, _DIGITS),
    Case("the same, hop 0.25, majority", 8000.0, 0.45, 10, _DIGITS, _SMOOTHED),
    Case("1 s at 48 kHz, 2048-point FFT", 48000.0, 1.0, 10, _FINE),
]


def classifier_of(case: Case) -> Classifier:
    """Return a model of the preset's size with random weights and statistics of a training set."""
    rng = np.random.default_rng(1)
    n_samples = round(case.clip_s * case.sample_rate_hz)
    clips = rng.normal(0.0, 0.1, (_N_CLIPS, n_samples)).astype(np.float32)
    features, vectors = fit_transform(clips, case.sample_rate_hz, case.features)
    network = build(NetworkSettings(), features.n_features, case.n_classes, ("svd", "svd"), 1)
    labels = np.arange(_N_CLIPS) % case.n_classes
    reference = measure_reference(vectors, labels, case.n_classes, [measure_level(clip) for clip in clips])
    names = tuple(f"class {index}" for index in range(case.n_classes))
    contract = InputContract.of_clips(case.sample_rate_hz, case.clip_s, features.settings.fft_size)
    return Classifier(Model(network.spec, network.theta, features, names, contract, reference=reference))


def measure(case: Case, seconds: float) -> dict[str, np.ndarray]:
    """Classify for ``seconds`` and return microseconds per window by stage."""
    classifier = classifier_of(case)
    n_samples = classifier.n_samples
    ring = RingBuffer(8 * n_samples)
    live = LiveClassifier(ring, classifier, case.settings)
    hop = round(case.settings.hop_share * n_samples)
    pause_s = min(_LONGEST_PAUSE_S, hop / case.sample_rate_hz)
    sound = np.random.default_rng(2).normal(0.0, 0.1, 20 * n_samples).astype(np.float32)
    ring.write(sound[: n_samples - hop])
    rows: list[tuple[float, ...]] = []
    until_s = time.monotonic() + seconds
    while time.monotonic() < until_s:
        at = len(rows) * hop % (len(sound) - hop)
        ring.write(sound[at : at + hop])
        time.sleep(pause_s)
        whole, decisions = _timed(partial(live.poll, limit=1))
        (one,) = decisions
        of_file, _ = _timed(partial(classifier.probabilities, sound[at : at + n_samples]))
        rows.append((1e3 * one.latency.features_ms, 1e3 * one.latency.network_ms, whole, of_file))
    features, network, whole, of_file = np.array(rows[3:]).T
    return {
        "features": features,
        "network": network,
        "both": features + network,
        "whole call": whole,
        "of a file": of_file,
    }


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    before = time.perf_counter()
    result = work()
    return 1e6 * (time.perf_counter() - before), result


def main() -> None:
    """Measure every case and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20.0, help="seconds per case (20)")
    parser.add_argument("--core", type=int, default=None, help="pin the process to this core")
    arguments = parser.parse_args()
    if arguments.core is not None and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {arguments.core})
    for case in CASES:
        times = measure(case, arguments.seconds)
        print(f"{case.text} ({len(times['both'])} windows)")
        for what, values in times.items():
            median, most = np.percentile(values, [50, 95])
            print(f"  {what:<12}{median:8.0f} µs   95th percentile {most:6.0f} µs")


if __name__ == "__main__":
    main()
