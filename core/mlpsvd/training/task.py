"""One training task: an initial network, the data, the settings and the seed."""

from __future__ import annotations

from dataclasses import dataclass

from mlpsvd.datasets.dataset import DataSet
from mlpsvd.network.network import Network
from mlpsvd.training.settings import DiscardingSettings, TrainingSettings

__all__ = ["TrainingTask"]


@dataclass(frozen=True, eq=False)
class TrainingTask:
    """Everything that the training of one network depends on.

    Attributes
    ----------
    network
        Initial weights, on the host; they are not changed.
    kinds
        For each layer the kind that it has from the first discarding point on; ``dense`` layers are never cut.
    dataset
        Training and test vectors.
    training, discarding
        The settings.
    seed
        Determines the order of the clips in each epoch.
    """

    network: Network
    kinds: tuple[str, ...]
    dataset: DataSet
    training: TrainingSettings
    discarding: DiscardingSettings
    seed: int
