"""An experiment as data: all settings that a result depends on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mlpsvd.contenders import CONTENDERS
from mlpsvd.datasets.settings import DataSettings
from mlpsvd.features.bands import problem
from mlpsvd.features.settings import FeatureSettings, complete_features
from mlpsvd.network.layers import layer_family
from mlpsvd.network.settings import NetworkSettings
from mlpsvd.settings import from_table, setting
from mlpsvd.training.settings import DiscardingSettings, TrainingSettings

__all__ = ["Experiment", "experiment_from_table"]


@dataclass(frozen=True)
class Experiment:
    """All settings that a result depends on; the default is the paper's task with 5 classes and 10 Hz bandwidth.

    Examples
    --------
    >>> import mlpsvd
    >>> experiment = mlpsvd.Experiment(seed=7)
    >>> len(experiment.data.synthetic.filters), experiment.training.epochs
    (5, 100)
    """

    name: str = setting("Paper: 5 classes, 10 Hz", label="Name", help="Name of the experiment.")
    seed: int = setting(1, label="Seed", low=0, high=2**32 - 1,
                        help="Seed of all random numbers: the same seed gives the same result.")  # fmt: skip
    data: DataSettings = setting(DataSettings(), label="Data", help="Source of the clips.")
    features: FeatureSettings = setting(FeatureSettings(), label="Features", help="Input of the network.")
    network: NetworkSettings = setting(NetworkSettings(), label="Network", help="Layers and initial weights.")
    training: TrainingSettings = setting(TrainingSettings(), label="Training", help="Optimiser, batches, epochs.")
    discarding: DiscardingSettings = setting(DiscardingSettings(), label="Discarding",
                                             help="When which singular values are discarded.")  # fmt: skip

    def conflicts(self) -> Iterator[tuple[str, object, str]]:
        """Yield conflicts between sections."""
        image = self.data.image_shape
        if (image is None) != (self.features.image_shape is None):
            wanted = "linear or log" if image is None else "pixels"
            yield "features.magnitude", self.features.magnitude, f"{wanted} with data.source {self.data.source}"
        if image is not None and self.features.fft_size != math.prod(image):
            yield "features.fft_size", self.features.fft_size, f"{math.prod(image)}, the number of pixels of a letter"
        if self.discarding.criterion == "dynamical" and self.training.nuclear_norm:
            yield "training.nuclear_norm", self.training.nuclear_norm, "0 with dynamical low-rank training"
        if self.discarding.criterion == "dynamical" and self.training.frozen_layers:
            yield "training.frozen_layers", self.training.frozen_layers, "0 with dynamical low-rank training"
        if self.discarding.criterion == "dynamical" and self.training.class_weights != "none":
            yield "training.class_weights", self.training.class_weights, "none with dynamical low-rank training"
        if self.training.frozen_layers > len(self.network.hidden):
            yield ("training.frozen_layers", self.training.frozen_layers,
                   f"at most {len(self.network.hidden)}, the number of hidden layers")  # fmt: skip
        yield from self._convolution_conflicts()
        if self.data.source == "synthetic":
            n_samples = round(self.data.synthetic.duration_s * self.data.synthetic.sample_rate_hz)
            if n_samples < self.features.fft_size:
                yield ("features.fft_size", self.features.fft_size,
                       f"at most the clip's length ({n_samples} samples)")  # fmt: skip
            wrong = problem(self.features, self.data.synthetic.sample_rate_hz)
            if wrong is not None:
                yield f"features.{wrong[0]}", *wrong[1:]

    def _convolution_conflicts(self) -> Iterator[tuple[str, object, str]]:
        """Yield what does not fit the first contender with a convolution layer."""
        applied = ((one, one.applied_to(self)) for key in self.training.contenders if (one := CONTENDERS.get(key)))
        for contender, own in applied:
            network, features = own.network, own.features
            kinds = network.factored_kinds() if contender.is_factored else ()
            slides = [layer_family(kind).slides for kind in kinds]
            is_wanted = contender.is_factored and not network.kinds and layer_family(network.family).slides
            if not any(slides) and not is_wanted:
                continue
            name = f"the network {contender.title}, a convolution over frequency"
            if features.image_shape is not None:
                yield "features.magnitude", features.magnitude, f"linear or log with {name}"
            if features.n_components:
                yield "features.n_components", features.n_components, f"0 with {name}"
            if not network.hidden:
                yield "network.hidden", network.hidden, f"one layer or more with {name}"
            if network.first_layer:
                yield "network.first_layer", network.first_layer, f"empty with {name}"
            if any(slides[1:]):
                yield "network.kinds", network.kinds, "a list in which only the first is a convolution"
            if network.kernel_width > features.n_bins:
                yield "network.kernel_width", network.kernel_width, f"at most the {features.n_bins} frequencies"
            if own.discarding.criterion == "dynamical" and any(slides):
                yield "discarding.criterion", own.discarding.criterion, f"another one with {name}"
            return


def experiment_from_table(table: Mapping[str, Any]) -> Experiment:
    """Return the experiment of a table, also of earlier versions; values are not range-checked.

    Raises
    ------
    SettingError
        If a key is unknown or a value has the wrong type.
    """
    features = table.get("features")
    if isinstance(features, Mapping):
        table = {**table, "features": complete_features(features)}
    return from_table(Experiment, table)
