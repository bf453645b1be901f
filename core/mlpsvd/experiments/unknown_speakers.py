"""Notes about accuracy for speakers, devices or places that are not in the training set."""

from __future__ import annotations

from mlpsvd.experiments.experiment import Experiment

__all__ = ["KNOWN_SPEAKERS_ONLY", "UNKNOWN_SPEAKERS", "known_sources_note"]

UNKNOWN_SPEAKERS = (
    "The test clips come from the same speakers, devices and places as the training clips. The accuracy for others "
    "may be much lower: with spoken digits, it is 97 to 98 % for the same six speakers and 58 % for an unknown one "
    "(32 to 82 % by speaker)."
)
"""Measured on the Free Spoken Digit Dataset with the preset for recordings, one speaker left out at a time."""


KNOWN_SPEAKERS_ONLY = "Valid only for known speakers, devices and places."
"""Short form of :data:`UNKNOWN_SPEAKERS`."""


def known_sources_note(experiment: Experiment) -> str:
    """Return the sentence to show after training on recordings; empty if it does not apply.

    It does not apply to manifests, as they may hold out whole speakers, and to groups, which are held out whole. For a
    collection, see :attr:`mlpsvd.collection.collection.Collection.has_fixed_split`.
    """
    data = experiment.data
    is_split_here = data.recordings.labels_from != "manifest" and data.recordings.groups_from == "none"
    return UNKNOWN_SPEAKERS if data.source == "recordings" and is_split_here else ""
