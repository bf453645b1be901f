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
    "groups": HelpTopic(
        "evaluation", "groups",
        "Recordings of one speaker, site or day that stay together on one side of the split, and how the networks are "
        "evaluated.",
    ),
    "run-details": HelpTopic(
        "window-runs", "details",
        "Name, tags and note of the selected run, and the settings that differ from the defaults.",
    ),
    "run-comparison": HelpTopic(
        "window-runs", "compare",
        "Runs on the same axes, the settings that differ, and whether one is more accurate beyond chance.",
    ),
    "analysis-directions": HelpTopic(
        "window-analysis", "directions",
        "One row for each singular direction: the pattern over frequency that it compares the input with, and what is "
        "lost without it.",
    ),
    "analysis-rank": HelpTopic(
        "window-analysis", "rank",
        "Accuracy with fewer singular values, and the clips that are misclassified.",
    ),
    "analysis-calibration": HelpTopic(
        "window-analysis", "calibration",
        "Whether the probabilities agree with the accuracy, and the temperature that makes them agree.",
    ),
    "analysis-spectra": HelpTopic(
        "window-analysis", "spectra-over-training",
        "The singular values during training, beside those of random weights.",
    ),
    "analysis-occlusion": HelpTopic(
        "window-analysis", "what-it-looks-at",
        "The accuracy that is lost without each band of frequency, part of a clip or patch of an image.",
    ),
    "analysis-hessian": HelpTopic(
        "window-analysis", "further-analyses",
        "In how many directions, and how strongly, the training loss curves.",
    ),
    "analysis-sharpness": HelpTopic(
        "window-analysis", "further-analyses",
        "The largest curvature at each epoch, and the learning rate that it allows.",
    ),
    "analysis-class-means": HelpTopic(
        "window-analysis", "further-analyses",
        "Which classes are nearly combinations of others.",
    ),
    "analysis-compression": HelpTopic(
        "window-analysis", "further-analyses",
        "How small the first layer can be made after training.",
    ),
    "analysis-robustness": HelpTopic(
        "window-analysis", "further-analyses",
        "The accuracy under the worst small changes of the input.",
    ),
    "analysis-similarity": HelpTopic(
        "window-analysis", "further-analyses",
        "How alike the networks of the run are, in their hidden activations and their directions.",
    ),
    "live-settings": HelpTopic(
        "window-listen", "settings",
        "How live sound is cut into windows, and how predictions become labels.",
    ),
    "microphone": HelpTopic(
        "window-listen", "microphone",
        "Background noise, calibration and correction of the microphone, stored for each device.",
    ),
    "latency": HelpTopic(
        "window-listen", "latency-and-log",
        "The time from the end of a sound to its label, by stage.",
    ),
    "log": HelpTopic(
        "window-listen", "latency-and-log",
        "Every decision, to be exported as a table or for Audacity.",
    ),
    "retrain": HelpTopic(
        "window-record", "retrain",
        "Trains on the collection; the networks can then be used on Listen and Files.",
    ),
    "review": HelpTopic(
        "window-files", "review",
        "The selected recording, to be looked at, played, and labelled.",
    ),
    "sweep": HelpTopic(
        "sweeps", "in-the-window",
        "Trains the experiment with all combinations of the values of some settings, and shows which are best.",
    ),
}  # fmt: skip
"""The topic of each panel by its name."""
