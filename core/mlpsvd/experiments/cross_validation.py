"""Cross-validation for data sets with few test clips."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mlpsvd.contenders import Contender, named_contenders
from mlpsvd.datasets.dataset import DataSet
from mlpsvd.datasets.folds import stratified_folds
from mlpsvd.experiments.prepare import Prepared
from mlpsvd.experiments.race import Race
from mlpsvd.features.spectra import fit_magnitudes
from mlpsvd.metrics.cross_validation import Validation

__all__ = ["N_FOLDS", "cross_validate", "folds_of"]

N_FOLDS = 5


def folds_of(prepared: Prepared) -> tuple[NDArray[np.intp], ...]:
    """Return the test clips of each fold (indices into ``prepared.pool``); empty if cross-validation does not apply."""
    pool = prepared.pool
    return () if pool is None else stratified_folds(pool.labels, pool.recordings, N_FOLDS, prepared.experiment.seed)


def cross_validate(
    prepared: Prepared,
    progress: Callable[[float], None] | None = None,
    contenders: Sequence[Contender] | None = None,
) -> dict[str, Validation]:
    """Cross-validate the networks of an experiment: train and test them once for each fold.

    Networks and features are fitted on the training clips of the fold, which may have fewer principal components than
    the experiment's training set; all of them remain then. All clips of one recording are in the
    same fold (:func:`mlpsvd.datasets.folds.stratified_folds`).

    Parameters
    ----------
    prepared
        An experiment with its data.
    progress
        Called with the completed fraction, 0 to 1, after every epoch, from this thread. An exception cancels the
        training.
    contenders
        The networks to train; by default the contenders of the experiment.

    Returns
    -------
    dict of str to Validation
        By contender. Empty if the test set is large enough, if a manifest fixes the split, or if a class has fewer than
        two recordings; see :class:`mlpsvd.experiments.prepare.ClipPool`.

    Raises
    ------
    TrainingError
        If a loss is no longer a finite number.
    """
    folds = folds_of(prepared)
    if not folds:
        return {}
    n_classes = len(prepared.dataset.class_names)
    if contenders is None:
        contenders = named_contenders(prepared.experiment.training.contenders)
    confusions = {one.key: np.zeros((n_classes, n_classes), np.intp) for one in contenders}
    n_events = len(contenders) * (prepared.experiment.training.epochs + 1)
    for number, fold in enumerate(folds):
        race = Race(_of_fold(prepared, fold), contenders=contenders)
        for count, _ in enumerate(race.run()):
            if progress is not None:
                progress((number + min(1.0, (count + 1) / n_events)) / len(folds))
        for name, outcome in race.outcomes().items():
            confusions[name] += outcome.confusion
    return {name: Validation(len(folds), confusion) for name, confusion in confusions.items()}


def _of_fold(prepared: Prepared, fold: NDArray[np.intp]) -> Prepared:
    """Return the same experiment with the clips of one fold as its test set."""
    pool = prepared.pool
    assert pool is not None
    is_test = np.zeros(len(pool.labels), bool)
    is_test[fold] = True
    features = fit_magnitudes(
        pool.magnitudes[~is_test],
        prepared.features.sample_rate_hz,
        prepared.features.settings,
        all_components_needed=False,
    )
    dataset = DataSet(
        x_train=features.scaled(pool.magnitudes[~is_test]),
        y_train=pool.labels[~is_test],
        x_test=features.scaled(pool.magnitudes[is_test]),
        y_test=pool.labels[is_test],
        class_names=prepared.dataset.class_names,
    )
    return replace(prepared, dataset=dataset, features=features, pool=None)
