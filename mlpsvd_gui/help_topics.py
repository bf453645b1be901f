"""What is this? One sentence about each panel, and the place in the documentation that tells more."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CONTENTS", "TOPICS", "HelpTopic"]

CONTENTS = "index"
"""The page of the site with the contents."""


@dataclass(frozen=True)
class HelpTopic:
    """Help on one panel.

    Attributes
    ----------
    page
        Page of the documentation, without suffix.
    anchor
        Heading on that page; empty for its top.
    text
        What the panel is for, in a sentence or two.
    """

    page: str
    anchor: str
    text: str


TOPICS = {
    "settings": HelpTopic(
        "window-explore", "settings",
        "Every setting that a result depends on. Values that differ from a new experiment are marked.",
    ),
    "filters": HelpTopic(
        "window-explore", "filters",
        "The band-pass filters, one for each class of noise. Drag a handle to move the centre frequency.",
    ),
    "data": HelpTopic(
        "window-explore", "data",
        "The clips that the networks learn from: spectra of each class, single clips to see and hear, or your own "
        "recordings.",
    ),
    "training": HelpTopic(
        "window-explore", "training",
        "Accuracy, loss and number of weights after each epoch. All plots show the epoch under the cursor.",
    ),
    "singular-values": HelpTopic(
        "window-explore", "singular-values",
        "The singular values of a layer at every epoch. Small ones are discarded at the discarding points.",
    ),
    "confusion": HelpTopic(
        "window-explore", "confusion-matrix",
        "How many test clips of each actual class were predicted as each class.",
    ),
    "comparison": HelpTopic(
        "window-explore", "comparison",
        "Accuracy, rank, weights, operations and time of each network, and whether the difference is beyond chance.",
    ),
    "cross-validation": HelpTopic(
        "evaluation", "results",
        "Accuracy on groups or folds of recordings that were left out of training.",
    ),
    "runs": HelpTopic(
        "window-runs", "",
        "Every training is kept here: search, annotate, compare, open and continue runs.",
    ),
    "analysis": HelpTopic(
        "window-analysis", "",
        "What the trained networks have learned: the frequencies that they need, singular directions, rank, "
        "calibration, curvature and more.",
    ),
    "papers": HelpTopic(
        "window-papers", "",
        "The tables and figures of the papers, computed again and compared with the printed numbers.",
    ),
    "listen": HelpTopic(
        "window-listen", "",
        "Classifies the sound of a microphone, of the computer, or of a recording as it is heard.",
    ),
    "record": HelpTopic(
        "window-record", "",
        "Records labelled clips into a collection, and trains on them.",
    ),
    "files": HelpTopic(
        "window-files", "",
        "Classifies recordings, from one file to a whole archive.",
    ),
    "sweep": HelpTopic(
        "sweeps", "in-the-window",
        "Trains the experiment with all combinations of the values of some settings, and shows which are best.",
    ),
}  # fmt: skip
"""The topic of each panel by its name."""
