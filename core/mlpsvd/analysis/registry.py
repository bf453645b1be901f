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
    compares_networks
        Whether it compares all networks of the run; the result is then the same for all contenders.
    note
        How to read the result, in one or two sentences; empty where a view of its own says it.
    """

    key: str
    title: str
    question: str
    function: str
    needs_data: bool = True
    uses_network: bool = True
    uses_layer: bool = False
    compares_networks: bool = False
    note: str = ""

    @property
    def is_of_one_network(self) -> bool:
        """Whether the result differs between the contenders of a run."""
        return self.uses_network and not self.compares_networks

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
        "occlusion",
        "What it looks at",
        "Which frequencies, parts of a clip or pixels does the network need?",
        "mlpsvd.analysis.occlusion_report:occlusion",
        note="Occlusion: in one band of frequency after the other (or patch of an image), every feature is replaced by "
        "its mean over the training clips, so that the band no longer tells the classes apart, and the test clips are "
        "classified again. The loss is what the network needs of this band that no other band tells it as well. Bands "
        "are narrow where clips differ most, and as narrow as the needed ones alone keep most of the accuracy.",
    ),
    Analysis(
        "hessian",
        "Curvature",
        "In how many directions, and how strongly, does the loss curve?",
        "mlpsvd.analysis.hessian.curvature:hessian",
        note="An eigenvalue λ of the Hessian, the matrix of second derivatives of the training loss, is the curvature "
        "along its eigenvector: gradient descent converges along it only with a learning rate below 2/λ, so the "
        "largest one limits the rate to 2/λ_max. Directions here are those of the parameters, not of the input: along "
        "those with λ near 0 the parameters can change without changing the loss.",
    ),
    Analysis(
        "sharpness",
        "Sharpness over training",
        "How does the largest curvature change while training, and which learning rate would be stable?",
        "mlpsvd.analysis.hessian.sharpness_analysis:sharpness_over_training",
        note="Sharpness is λ_max, the largest eigenvalue of the Hessian of the training loss; with a learning rate "
        "above 2/λ_max the steps of gradient descent overshoot along its eigenvector and grow.",
    ),
    Analysis(
        "class-means",
        "Class means",
        "Which classes are nearly combinations of others?",
        "mlpsvd.analysis.data_rank:data_rank",
        uses_network=False,
        note="The residual is the part of a class mean that the best combination leaves, as a share of its norm. "
        "Stable rank: sum of the squared singular values over the largest square. Entropy rank: exponential of the "
        "entropy of the squared singular values as shares of their sum. Both are 1 where one direction has all.",
    ),
    Analysis(
        "compression",
        "Compression",
        "How small can the first layer be made after training?",
        "mlpsvd.analysis.compression:compression",
        note="W of the first layer is replaced by a product of two matrices of smaller rank: its largest singular "
        "values alone, those that change the neurons' inputs least on training clips, or the latter trained further.",
    ),
    Analysis(
        "robustness",
        "Robustness",
        "How much do the worst small changes of the input cost?",
        "mlpsvd.analysis.fast_gradient_sign:robustness",
        note="Every feature is changed by the same step, up or down, whichever raises the loss of the clip; 0.1 is a "
        "tenth of the root mean square of all features of the test clips. Random signs tell how much a change of this "
        "size costs that is not aimed at the network.",
    ),
    Analysis(
        "similarity",
        "Similarity",
        "How alike are the networks of the run?",
        "mlpsvd.analysis.similarity_report:similarity",
        compares_networks=True,
        note="Alignment (linear CKA) compares the hidden activations of two networks on the test clips: 1 if they are "
        "equal up to rotation and scale, 0 if they are not correlated. Principal angles compare the directions that "
        "both look at, the row spaces of W cut to the smaller rank: mean cos² is 1 if these are equal.",
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
