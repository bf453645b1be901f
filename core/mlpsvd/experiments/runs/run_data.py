"""Description of the data set of a run, and the identity of a run."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from mlpsvd.datasets.clips import Skipped
from mlpsvd.errors import DataError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.prepare import Prepared
from mlpsvd.features.spectra import FittedFeatures
from mlpsvd.models.training_statistics import TrainingStatistics
from mlpsvd.streams import NUMERICS_VERSION
from mlpsvd.text import one_line

__all__ = ["RunData", "new_run_id", "require_same_data"]

_MOST_NAMES = 12


@dataclass(frozen=True, eq=False)
class RunData:
    """Description of the data set of a run, without the feature vectors.

    Attributes
    ----------
    experiment
        The settings of the run.
    class_names
        Name of each class, in the order of the networks' outputs.
    features
        The feature extractor, fitted on the training set.
    clip_s
        Median length of the training clips in seconds.
    reference
        Statistics of the training clips in feature space; None if they do not vary.
    skipped
        Skipped recordings, with reasons.
    n_train, n_test
        Number of training and test clips; augmented copies count as training clips.
    identity
        Digest of the clips, see :func:`mlpsvd.experiments.clip_identity.clip_identity`; empty if it is not known
        (runs of format version 1).
    numerics_version
        Version of the random streams and of the split.
    """

    experiment: Experiment
    class_names: tuple[str, ...]
    features: FittedFeatures = field(repr=False)
    clip_s: float
    reference: TrainingStatistics | None = field(default=None, repr=False)
    skipped: tuple[Skipped, ...] = ()
    n_train: int = 0
    n_test: int = 0
    identity: str = ""
    numerics_version: int = NUMERICS_VERSION

    @classmethod
    def of(cls, prepared: Prepared) -> RunData:
        """Return the description of a prepared data set."""
        return cls(
            experiment=prepared.experiment,
            class_names=prepared.class_names,
            features=prepared.features,
            clip_s=prepared.clip_s,
            reference=prepared.reference,
            skipped=prepared.skipped,
            n_train=prepared.n_train,
            n_test=prepared.n_test,
            identity=prepared.identity,
        )

    @property
    def n_copies(self) -> int:
        """Number of augmented copies of each training clip."""
        data = self.experiment.data
        return data.augmentation.copies if data.source == "recordings" else 0

    @property
    def n_original(self) -> int:
        """Number of training clips without augmented copies."""
        return self.n_train // (1 + self.n_copies)


def new_run_id() -> str:
    """Return a new, random identity of a run."""
    return secrets.token_hex(8)


def require_same_data(run: RunData, prepared: Prepared) -> None:
    """Check that a data set is the same as that of a run.

    Raises
    ------
    DataError
        If the classes or the clips differ.
    """
    if run.class_names != prepared.class_names:
        raise DataError(
            f"the classes have changed since this run began: they were {_names(run.class_names)} and are now "
            f"{_names(prepared.class_names)}; restore the recordings or train a new run"
        )
    if run.identity and run.identity != prepared.identity:
        before, now = f"{run.n_train} training and {run.n_test} test clips", f"{prepared.n_train} and {prepared.n_test}"
        counts = f" ({before}, now {now})" if (run.n_train, run.n_test) != (prepared.n_train, prepared.n_test) else ""
        raise DataError(
            f"the clips have changed since this run began{counts}; restore the recordings or train a new run"
        )


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(one_line(name, 40) for name in names[:_MOST_NAMES])
    return shown if len(names) <= _MOST_NAMES else f"{shown} … ({len(names)} classes)"
