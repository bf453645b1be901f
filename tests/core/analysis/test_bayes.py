"""The limit that no classifier passes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from mlpsvd.analysis.bayes import log_likelihoods, optimal_classes
from mlpsvd.signals.bandpass import coefficients, impulse_response
from mlpsvd.signals.bank import paper_bank
from mlpsvd.signals.synthesis import synthesise

RATE_HZ = 16000.0


def test_likelihood_is_that_of_the_gaussian_with_the_filters_covariance() -> None:
    """Against the textbook form: y = H x has the covariance H Hᵀ, H the Toeplitz matrix of the impulse response."""
    filters = paper_bank(3, 60.0, 400.0)
    clips = synthesise(filters[1], "gaussian", RATE_HZ, 6, 12, np.random.default_rng(0))
    expected = []
    for one in filters:
        h = impulse_response(coefficients(one, RATE_HZ), 12)
        H = np.array([[h[n - k] if n >= k else 0.0 for k in range(12)] for n in range(12)])
        expected.append(multivariate_normal(np.zeros(12), H @ H.T).logpdf(clips))
    found = log_likelihoods(clips, filters, RATE_HZ) - 6 * np.log(2 * np.pi)
    np.testing.assert_allclose(found, np.array(expected).T, rtol=1e-3)


@pytest.mark.parametrize(
    ("n_classes", "bandwidth_hz", "known"),
    [(2, 10.0, 0.875), (5, 10.0, 0.798), (10, 10.0, 0.764), (2, 100.0, 0.730), (5, 100.0, 0.575), (10, 100.0, 0.518)],
)
def test_known_limits(n_classes: int, bandwidth_hz: float, known: float) -> None:
    filters = paper_bank(n_classes, 30.0, bandwidth_hz)
    rng = np.random.default_rng(1)
    n_each = 6000 // n_classes
    hits = [
        optimal_classes(synthesise(one, "gaussian", RATE_HZ, n_each, 256, rng), filters, RATE_HZ) == index
        for index, one in enumerate(filters)
    ]
    spread = np.sqrt(known * (1 - known) / 6000)
    assert np.concatenate(hits).mean() == pytest.approx(known, abs=4 * spread)
