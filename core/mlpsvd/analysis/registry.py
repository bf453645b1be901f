"""The analyses that command line and window offer, by key."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType

from mlpsvd.analysis.result import AnalysisEvent
from mlpsvd.analysis.subject import Subject
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
    function
        The function that computes it, as ``module:name``; imported when it is run.
    needs_data
        Whether it needs the clips of the run.
    uses_network
        Whether the result depends on the network; otherwise it is the same for all contenders and epochs.
    uses_layer
        Whether it examines one layer, which can be chosen.
    """

    key: str
    title: str
    question: str
    function: str
    needs_data: bool = True
    uses_network: bool = True
    uses_layer: bool = False

    def run(self, subject: Subject) -> Generator[AnalysisEvent, None, None]:
        """Yield :class:`Progress` and, last, one :class:`AnalysisResult`. To cancel, close the generator."""
        module, _, name = self.function.partition(":")
        events: Generator[AnalysisEvent, None, None] = getattr(import_module(module), name)(subject)
        return events


_ANALYSES = (
    Analysis(
        "rank",
        "Rank",
        "How accurate is the network with fewer singular values?",
        "mlpsvd.analysis.rank_accuracy:rank_accuracy",
        uses_layer=True,
    ),
    Analysis(
        "directions",
        "Directions",
        "What does each singular direction respond to, and what is lost without it?",
        "mlpsvd.analysis.direction_report:direction_report",
        uses_layer=True,
    ),
    Analysis(
        "calibration",
        "Calibration",
        "Do the probabilities agree with the accuracy?",
        "mlpsvd.analysis.calibration_report:calibration_report",
    ),
    Analysis(
        "spectra",
        "Spectra over training",
        "How many singular values grow out of the noise of the initial weights?",
        "mlpsvd.analysis.weight_spectra:spectra",
        needs_data=False,
        uses_layer=True,
    ),
    Analysis(
        "hessian",
        "Curvature",
        "In how many directions, and how strongly, does the loss curve?",
        "mlpsvd.analysis.hessian.curvature:hessian",
    ),
    Analysis(
        "sharpness",
        "Sharpness over training",
        "How does the largest curvature change while training, and which learning rate would be stable?",
        "mlpsvd.analysis.hessian.sharpness_analysis:sharpness_over_training",
    ),
    Analysis(
        "class-means",
        "Class means",
        "Which classes are nearly combinations of others?",
        "mlpsvd.analysis.data_rank:data_rank",
        uses_network=False,
    ),
    Analysis(
        "compression",
        "Compression",
        "How small can the first layer be made after training?",
        "mlpsvd.analysis.compression:compression",
    ),
    Analysis(
        "robustness",
        "Robustness",
        "How much do the worst small changes of the input cost?",
        "mlpsvd.analysis.fast_gradient_sign:robustness",
    ),
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
