"""Values and claims printed in the paper, each with its location.

Paul and Nelson, "Matrix analysis for fast learning of neural networks with application to the classification of
acoustic spectra" (2021). The curves of its figures have no printed values, so only statements in the text are included.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = [
    "DOMINANT_SINGULAR_VALUES",
    "FIGURE_3_FIRST_SAVING",
    "FIGURE_8_CLAIMS",
    "FIGURE_9_HIDDEN",
    "FIGURE_9_TIMED",
    "N_TRIALS",
    "SPECTRAL_RESOLUTION_HZ",
    "TABLE_1",
    "TABLE_2",
    "TEST_CLIPS_PER_CLASS",
    "Table2Cell",
]


@dataclass(frozen=True)
class Table2Cell:
    """One task of Table II.

    Attributes
    ----------
    mlp_percent, mlp_svd_percent
        Test accuracy.
    ranks
        Minimum and maximum number of singular values left over ten trials.
    mlp_s, mlp_svd_s
        Training time on the authors' machine, in MATLAB.
    """

    mlp_percent: float
    mlp_svd_percent: float
    ranks: tuple[int, int]
    mlp_s: float
    mlp_svd_s: float


N_TRIALS = 10
"""Section IV B: "averaged over 10 trials"."""

TEST_CLIPS_PER_CLASS = 200
"""Not printed. 72.25 % (Table II, two classes) is 289 of 400 clips, and a fifth of 1,000 clips per class is 200."""

TABLE_2: Mapping[tuple[float, int], Table2Cell] = MappingProxyType(
    {
        (10.0, 2): Table2Cell(82.5, 82.0, (2, 3), 6.0, 4.0),
        (10.0, 5): Table2Cell(71.4, 71.5, (2, 3), 17.0, 11.0),
        (10.0, 10): Table2Cell(67.7, 67.6, (4, 4), 36.3, 24.7),
        (100.0, 2): Table2Cell(72.25, 72.0, (2, 3), 5.4, 4.8),
        (100.0, 5): Table2Cell(54.3, 54.2, (2, 3), 11.2, 7.0),
        (100.0, 10): Table2Cell(49.0, 48.5, (2, 4), 33.7, 23.7),
    }
)
"""Table II, by bandwidth in hertz and number of classes."""

TABLE_1 = ((85, 5, 0), (15, 60, 15), (2, 8, 80))
"""Table I: 270 test clips of three classes, 90 each; rows are targets. The paper does not state the task."""

FIGURE_3_FIRST_SAVING: Mapping[int, int] = MappingProxyType({512: 2, 256: 4, 128: 6})
"""Section II F: by number of inputs, singular values to discard before fewer weights are trained than in W."""

DOMINANT_SINGULAR_VALUES = 5
"""Section III A, figure 4: "around 5 singular values became dominant"."""

SPECTRAL_RESOLUTION_HZ = 62.5
"""Section III B, figure 6."""

FIGURE_8_CLAIMS: Mapping[float, str] = MappingProxyType({5.0: "only 30%", 30.0: "above 50%", 60.0: "above 50%"})
"""Section IV C: test accuracy of five classes by the spacing of their filters, in hertz."""

FIGURE_9_HIDDEN = (5, 10, 20, 50)
"""Section IV C: hidden neurons tried, with five classes."""

FIGURE_9_TIMED = (5, 50)
"""Section IV C: hidden neurons whose training times are compared, for 2, 5 and 10 classes."""
