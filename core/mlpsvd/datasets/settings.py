"""Data settings: the synthetic filter bank, recordings on disk, or images of letters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from mlpsvd.settings import setting
from mlpsvd.signals.bank import BandPass, paper_bank
from mlpsvd.signals.noise import Noise
from mlpsvd.text import frequency_text

__all__ = [
    "AugmentationSettings",
    "DataSettings",
    "DataSource",
    "Evaluation",
    "GroupsFrom",
    "LabelsFrom",
    "LettersSettings",
    "RecordingsSettings",
    "SyntheticSettings",
]

LabelsFrom = Literal["folders", "file names", "manifest"]
GroupsFrom = Literal["none", "folders", "file names", "manifest"]
Evaluation = Literal["test set", "k-fold", "leave one group out"]
DataSource = Literal["synthetic", "recordings", "letters"]


@dataclass(frozen=True)
class SyntheticSettings:
    """White noise through a bank of band-pass filters (Paul and Nelson, section III B)."""

    image_shape: ClassVar[None] = None

    noise: Noise = setting("gaussian", label="Noise",
                           help="Input of the filters; the paper uses white noise.")  # fmt: skip
    sample_rate_hz: float = setting(16000.0, label="Sample rate", unit="Hz", symbol="f_s", low=100.0, high=768000.0,
                                    help="Samples per second.")  # fmt: skip
    duration_s: float = setting(0.3, label="Clip length", unit="s", low=0.001, high=60.0,
                                help="Length of each clip; each filter starts from rest.")  # fmt: skip
    train_per_class: int = setting(800, label="Training clips", low=1, high=1_000_000,
                                   help="Training clips per class. The paper made 1,000 and does not state how many it "
                                   "kept for testing; 800 reproduces its accuracies best.")  # fmt: skip
    test_per_class: int = setting(1000, label="Test clips", low=1, high=1_000_000,
                                  help="Test clips per class, never used for training. The paper's figures suggest "
                                  "about 200, which makes its accuracies uncertain by 2 points.")  # fmt: skip
    filters: tuple[BandPass, ...] = setting(paper_bank(), label="Filters", help="One band-pass filter per class.")

    def conflicts(self) -> Iterator[tuple[str, object, str]]:
        """Yield conflicting settings: too few filters, a name used twice, a filter above Nyquist."""
        if len(self.filters) < 2:
            yield "filters", len(self.filters), "at least 2 filters, one for each class"
        labels = [one.label for one in self.filters]
        for index, one in enumerate(self.filters):
            if not one.label.strip() or labels.index(one.label) != index:
                yield f"filters[{index}].label", one.label, "a name that no other class has"
            if one.centre_hz >= self.sample_rate_hz / 2:
                limit = f"below half the sample rate ({frequency_text(self.sample_rate_hz / 2)})"
                yield f"filters[{index}].centre_hz", one.centre_hz, limit
            elif one.bandwidth_hz >= self.sample_rate_hz / 4:
                limit = f"below a quarter of the sample rate ({frequency_text(self.sample_rate_hz / 4)})"
                yield f"filters[{index}].bandwidth_hz", one.bandwidth_hz, limit


@dataclass(frozen=True)
class RecordingsSettings:
    """Recordings on disk, and where their labels are."""

    image_shape: ClassVar[None] = None

    path: str = setting("", label="Folder or manifest",
                        help="A folder of recordings (WAV, FLAC, OGG, MP3, AIFF …), or a CSV manifest with the columns "
                        "path,label[,split].")  # fmt: skip
    labels_from: LabelsFrom = setting("folders", label="Labels from",
                               help="folders: one folder per class. file names: a pattern finds the label in each "
                               "name. manifest: a CSV file lists the labels.")  # fmt: skip
    pattern: str = setting("{label}_*", label="Pattern",
                           help="Position of the label in a file name (without suffix): {label} is the label, * "
                           "matches anything. Example: {label}_*_* gives 7 for 7_george_12.wav.")  # fmt: skip
    sample_rate_hz: float = setting(0.0, label="Sample rate", unit="Hz", symbol="f_s", low=0.0, high=768000.0,
                                    zero="most common",
                                    help="Recordings are resampled to this rate; 0 uses the most common "
                                    "rate.")  # fmt: skip
    channel: int = setting(
        0, label="Channel", low=0, high=64, zero="mix of all", help="Channel to use; 0 mixes all channels."
    )
    clip_s: float = setting(0.0, label="Clip length", unit="s", low=0.0, high=3600.0, zero="whole recording",
                            help="Longer recordings are cut into clips of this length; 0 keeps each "
                            "whole.")  # fmt: skip
    shortest_s: float = setting(0.05, label="Shortest clip", unit="s", low=0.001, high=3600.0,
                                help="Shorter recordings, and shorter remainders after cutting, are "
                                "skipped.")  # fmt: skip
    test_fraction: float = setting(0.1, label="Test fraction", low=0.01, high=0.9,
                                   help="Expected fraction of each class held out for testing, unless a manifest has a "
                                   "split; a hash of the path, or of the group, assigns each recording. All clips of a "
                                   "recording, copies of it and its group stay on the same side.")  # fmt: skip
    groups_from: GroupsFrom = setting("none", label="Groups from",
                               help="Recordings of one group (speaker, site, day) stay together on one side of every "
                               "split. folders: a folder is the group. file names: a pattern finds it in each name. "
                               "manifest: a column names it.")  # fmt: skip
    group_level: int = setting(2, label="Group folder", low=1, high=20,
                               help="Which folder below the chosen one is the group: 1 is the first, 2 the folder "
                               "inside it.")  # fmt: skip
    group_pattern: str = setting("*_{group}_*", label="Group pattern",
                                 help="Position of the group in a file name (without suffix): {group} is the group, "
                                 "* matches anything. Example: *_{group}_* gives george for "
                                 "7_george_12.wav.")  # fmt: skip
    group_column: str = setting("group", label="Group column",
                                help="Column of the manifest that names the group of each recording.")  # fmt: skip
    evaluation: Evaluation = setting("test set", label="Evaluation",
                                     help="test set: one split into training and test set. k-fold: cross-validation; "
                                     "each recording is tested once. leave one group out: each group is tested once, "
                                     "by networks trained on the others.")  # fmt: skip
    folds: int = setting(5, label="Folds", low=2, high=100,
                         help="Number of folds of k-fold cross-validation.")  # fmt: skip
    repeats: int = setting(1, label="Repeats", low=1, high=100,
                           help="How often the cross-validation is repeated, with consecutive seeds.")  # fmt: skip

    def conflicts_of_groups(self) -> Iterator[tuple[str, object, str]]:
        """Yield conflicts between labels, groups and evaluation."""
        if self.groups_from == "none" and self.evaluation == "leave one group out":
            yield "groups_from", "none", "folders, file names or manifest, to leave one group out"
        if self.groups_from == "manifest" and self.labels_from != "manifest":
            yield "groups_from", "manifest", "folders or file names, as the labels are not from a manifest"
        if self.groups_from == "manifest" and not self.group_column.strip():
            yield "group_column", self.group_column, "the name of a column of the manifest"
        if self.groups_from == "file names" and self.group_pattern.count("{group}") != 1:
            yield "group_pattern", self.group_pattern, "a pattern with {group} in it once"
        if self.groups_from == self.labels_from == "folders" and self.group_level == 1:
            yield "group_level", 1, "at least 2, as the first folder is the class"


@dataclass(frozen=True)
class LettersSettings:
    """Images of the 26 capitals, 30 × 30 pixels, in 20 faces (Kantack, section II)."""

    image_shape: ClassVar[tuple[int, int]] = (30, 30)
    n_classes: ClassVar[int] = 26

    train_per_class: int = setting(400, label="Training images", low=1, high=10_000,
                                   help="Training images per letter.")  # fmt: skip
    test_per_class: int = setting(20, label="Test images", low=1, high=10_000,
                                  help="Test images per letter; Kantack tested on 520 letters.")  # fmt: skip
    distortion: float = setting(1.0, label="Distortion", low=0.0, high=3.0,
                                help="Strength of rotation, shear, stretch, shift and elastic displacement; 0 gives "
                                "the 20 undistorted faces.")  # fmt: skip


@dataclass(frozen=True)
class AugmentationSettings:
    """Changed copies of the training clips: gain, noise and shift in time; test clips stay as they are."""

    copies: int = setting(0, label="Augmented copies", low=0, high=100, zero="none",
                          help="Changed copies of each training clip, beside the clip itself; test clips are not "
                          "changed.")  # fmt: skip
    gain_db: float = setting(6.0, label="Gain", unit="dB", low=0.0, high=60.0, zero="unchanged",
                             help="Largest gain or attenuation of a copy; drawn uniformly in dB.")  # fmt: skip
    snr_db: float = setting(20.0, label="Noise", unit="dB", low=0.0, high=120.0, zero="none",
                            help="Signal-to-noise ratio of a copy after white noise is added: level of the clip minus "
                            "that of the noise.")  # fmt: skip
    shift_s: float = setting(0.05, label="Shift", unit="s", low=0.0, high=60.0, zero="none",
                             help="Largest shift of a copy in time, in both directions; drawn uniformly. Samples "
                             "beyond an end are lost, and zeros follow at the other.")  # fmt: skip


@dataclass(frozen=True)
class DataSettings:
    """The data set: which source, and the settings of each."""

    source: DataSource = setting("synthetic", label="Source",
                                 help="synthetic: filtered noise. recordings: your own files. letters: images of "
                                 "letters, with the feature magnitude 'pixels'.")  # fmt: skip
    synthetic: SyntheticSettings = setting(SyntheticSettings(), label="Synthetic", help="Filter bank.")
    recordings: RecordingsSettings = setting(RecordingsSettings(), label="Recordings", help="Files on disk.")
    augmentation: AugmentationSettings = setting(AugmentationSettings(), label="Augmentation",
                                                 help="Changed copies of training recordings.")  # fmt: skip
    letters: LettersSettings = setting(LettersSettings(), label="Letters", help="Images of letters.")

    @property
    def chosen(self) -> SyntheticSettings | RecordingsSettings | LettersSettings:
        """Settings of the chosen source."""
        if self.source == "synthetic":
            return self.synthetic
        return self.recordings if self.source == "recordings" else self.letters

    @property
    def image_shape(self) -> tuple[int, int] | None:
        """Height and width of the images in pixels; None for sounds, whose feature vectors are spectra."""
        return self.chosen.image_shape

    def conflicts(self) -> Iterator[tuple[str, object, str]]:
        """Yield conflicting settings: recordings without a path, a pattern without a label."""
        if self.source == "recordings":
            if not self.recordings.path:
                yield "recordings.path", "", "the path of a folder of recordings or of a CSV manifest"
            if self.recordings.labels_from == "file names" and self.recordings.pattern.count("{label}") != 1:
                yield "recordings.pattern", self.recordings.pattern, "a pattern with {label} in it once"
            for name, found, expected in self.recordings.conflicts_of_groups():
                yield f"recordings.{name}", found, expected
