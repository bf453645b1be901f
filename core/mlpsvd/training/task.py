"""One training task: an initial network, the data, the settings and the seed."""

from __future__ import annotations

from dataclasses import dataclass

from mlpsvd.datasets.dataset import DataSet
from mlpsvd.network.layers import layer_family
from mlpsvd.network.network import Network
from mlpsvd.training.discarding import discarding_points
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
        For each layer, its kind from the first discarding point on; only factored layers are truncated.
    dataset
        Training and test vectors.
    training, discarding
        The settings.
    seed
        Determines the order of the clips in each epoch.
    initial_std
        For each layer the standard deviation of its initial weights; criteria of discarding may need it.
    """

    network: Network
    kinds: tuple[str, ...]
    dataset: DataSet
    training: TrainingSettings
    discarding: DiscardingSettings
    seed: int
    initial_std: tuple[float, ...] = ()

    def discarding_points(self) -> tuple[int, ...]:
        """Return the epochs after which singular values are discarded; empty if no layer is factored."""
        is_factored = any(layer_family(kind).is_factored for kind in self.kinds)
        return discarding_points(self.discarding) if is_factored and not self.is_dynamical else ()

    @property
    def is_dynamical(self) -> bool:
        """Whether the rank is adapted at every update; see :mod:`mlpsvd.training.low_rank`."""
        return self.discarding.criterion == "dynamical" and any(
            layer_family(kind).has_low_rank_steps for kind in self.kinds
        )
