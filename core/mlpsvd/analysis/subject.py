"""What an analysis examines: one trained network with its data and its history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from mlpsvd.datasets.dataset import DataSet
from mlpsvd.errors import DataError
from mlpsvd.features.spectra import FittedFeatures
from mlpsvd.network.network import Network
from mlpsvd.training.events import EpochEvent, Snapshot

__all__ = ["Subject"]


@dataclass(frozen=True, eq=False)
class Subject:
    """One contender of a run, as an analysis sees it.

    Attributes
    ----------
    contender, title
        Key and title of the contender, e.g. ``mlp-svd`` and ``MLP-SVD``.
    snapshot
        The network at the epoch that is examined.
    epoch
        That epoch; 0 is the state before training.
    features
        The feature extractor of the run.
    class_names
        Name of each class, in the order of the outputs.
    dataset
        Feature vectors and labels; None where the recordings are gone.
    history
        The events of the contender, epoch 0 first. Its snapshots may be missing (None) where they need too much memory.
    layer
        Index of the layer that analyses of one layer examine, input side first.
    as_trained
        Whether directions are the factors as trained instead of the singular value decomposition of W.
    contenders
        All contenders of the run at this epoch in their order, this one among them, for analyses that compare them;
        those whose network of this epoch was not kept are left out. They share the data of this subject and have none.
    """

    contender: str
    title: str
    snapshot: Snapshot
    epoch: int
    features: FittedFeatures
    class_names: tuple[str, ...]
    dataset: DataSet | None = field(default=None, repr=False)
    history: Sequence[EpochEvent] = field(default=(), repr=False)
    layer: int = 0
    as_trained: bool = False
    contenders: Sequence[Subject] = field(default=(), repr=False)

    @property
    def network(self) -> Network:
        """The network over a copy of the parameters."""
        return Network(self.snapshot.spec, self.snapshot.theta.copy())

    @property
    def initial(self) -> Snapshot | None:
        """The network before training; None where it was not kept."""
        return self.history[0].snapshot if self.history and self.history[0].epoch == 0 else None

    def require_dataset(self) -> DataSet:
        """Return the data set.

        Raises
        ------
        DataError
            If the run's clips are not available.
        """
        if self.dataset is None:
            raise DataError(f"this analysis of {self.title} needs the clips of the run, which are not available")
        return self.dataset
