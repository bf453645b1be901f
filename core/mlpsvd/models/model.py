"""A trained network with its preprocessing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlpsvd.datasets.settings import RecordingsSettings
from mlpsvd.features.spectra import FittedFeatures
from mlpsvd.models.training_statistics import TrainingStatistics
from mlpsvd.network.network import Network
from mlpsvd.network.spec import NetworkSpec
from mlpsvd.settings import from_table

__all__ = ["Model"]


@dataclass(frozen=True, eq=False)
class Model:
    """What a model file holds: nothing else is needed to tell what a sound is.

    Attributes
    ----------
    spec
        Shapes of the layers and the loss.
    theta : np.ndarray [shape=(spec.n_parameters,)]
        All weights and biases.
    features
        The feature extractor as it was fitted on the training set, with the sample rate.
    class_names
        Name of each class, in the order of the network's outputs.
    clip_s
        Usual length of a training clip in seconds: what one decision looks at.
    experiment_table
        The experiment that it was trained by, as nested plain tables; empty where unknown.
    summary
        Plain facts about the training, e.g. its contender, test accuracy and ranks; nothing depends on them.
    reference
        Where the training clips lie, to tell a sound that is unlike all of them; None in files of before it was kept.
    """

    spec: NetworkSpec
    theta: NDArray[np.floating] = field(repr=False)
    features: FittedFeatures = field(repr=False)
    class_names: tuple[str, ...]
    clip_s: float
    experiment_table: Mapping[str, Any] = field(default_factory=dict, repr=False)
    summary: Mapping[str, Any] = field(default_factory=dict)
    reference: TrainingStatistics | None = field(default=None, repr=False)

    def network(self) -> Network:
        """Return the network over a copy of the parameters."""
        return Network(self.spec, self.theta.copy())

    @property
    def cut_s(self) -> float:
        """Length in seconds of the clips that a longer file is cut into, as training cut it; 0 keeps it whole."""
        recordings = self._recordings
        return self.clip_s if recordings is None else recordings.clip_s

    @property
    def shortest_s(self) -> float:
        """Length in seconds below which a file, or the rest of a cut one, is too short to be classified."""
        recordings = self._recordings
        if recordings is not None:
            return recordings.shortest_s
        return min(self.clip_s, self.features.settings.fft_size / self.features.sample_rate_hz)

    @property
    def channel(self) -> int:
        """Which channel of a file is used, counted from 1; 0 mixes all of them down."""
        recordings = self._recordings
        return 0 if recordings is None else recordings.channel

    @cached_property
    def _recordings(self) -> RecordingsSettings | None:
        """How training read its recordings; None where it made its clips itself, or nothing is known.

        Read out of the tables once: each live decision asks.
        """
        data = self.experiment_table.get("data")
        if not isinstance(data, Mapping) or data.get("source") != "recordings":
            return None
        return from_table(RecordingsSettings, data.get("recordings", {}), "data.recordings.")
