"""The analyses that command line and window offer, by key."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mlpsvd.analysis.calibration_report import calibration_report
from mlpsvd.analysis.compression import compression
from mlpsvd.analysis.data_rank import data_rank
from mlpsvd.analysis.direction_report import direction_report
from mlpsvd.analysis.fast_gradient_sign import robustness
from mlpsvd.analysis.hessian.curvature import hessian
from mlpsvd.analysis.hessian.sharpness_analysis import sharpness_over_training
from mlpsvd.analysis.rank_accuracy import rank_accuracy
from mlpsvd.analysis.result import AnalysisEvent
from mlpsvd.analysis.subject import Subject
from mlpsvd.analysis.weight_spectra import spectra
from mlpsvd.errors import SettingError

__all__ = ["ANALYSES", "Analysis", "analysis"]


@dataclass(frozen=True)
class Analysis:
    """One analysis.

    Attributes
    ----------
    key
        Name on the command line, e.g. ``rank``; lower-case letters and hyphens.
    title
        Name in the window.
    question
        The question that it answers, as one sentence.
    run
        Yields :class:`Progress` and, last, one :class:`AnalysisResult`. To cancel, close the generator.
    needs_data
        Whether it needs the clips of the run.
    """

    key: str
    title: str
    question: str
    run: Callable[[Subject], Generator[AnalysisEvent, None, None]]
    needs_data: bool = True


_ANALYSES = (
    Analysis("rank", "Rank", "How accurate is the network with fewer singular values?", rank_accuracy),
    Analysis(
        "directions",
        "Directions",
        "What does each singular direction respond to, and what is lost without it?",
        direction_report,
    ),
    Analysis("calibration", "Calibration", "Do the probabilities agree with the accuracy?", calibration_report),
    Analysis(
        "spectra",
        "Spectra over training",
        "How many singular values grow out of the noise of the initial weights?",
        spectra,
        needs_data=False,
    ),
    Analysis("hessian", "Curvature", "In how many directions, and how strongly, does the loss curve?", hessian),
    Analysis(
        "sharpness",
        "Sharpness over training",
        "How does the largest curvature change while training, and which learning rate would be stable?",
        sharpness_over_training,
    ),
    Analysis("class-means", "Class means", "Which classes are nearly combinations of others?", data_rank),
    Analysis("compression", "Compression", "How small can the first layer be made after training?", compression),
    Analysis("robustness", "Robustness", "How much do the worst small changes of the input cost?", robustness),
)

ANALYSES: Mapping[str, Analysis] = MappingProxyType({one.key: one for one in _ANALYSES})
"""All analyses by key. A new one is an entry here."""


def analysis(key: str) -> Analysis:
    """Return the analysis of this key.

    Raises
    ------
    SettingError
        If there is none.
    """
    if key not in ANALYSES:
        raise SettingError("analysis", key, "one of " + ", ".join(ANALYSES))
    return ANALYSES[key]
