"""Cross-validation: k-fold or leave one group out, repeated with several seeds; for few test clips by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mlpsvd.contenders import Contender, named_contenders
from mlpsvd.datasets.dataset import DataSet
from mlpsvd.datasets.folds import Folds
from mlpsvd.experiments.clip_pool import ClipPool, pool_folds, repeat_seeds
from mlpsvd.experiments.prepare import Prepared
from mlpsvd.experiments.race import Race
from mlpsvd.features.spectra import fit_magnitudes
from mlpsvd.metrics.cross_validation import PartResult, Validation

__all__ = ["cross_validate", "folds_of"]


def folds_of(prepared: Prepared) -> Folds:
    """Return the test clips of each fold (indices into ``prepared.pool``); empty if cross-validation does not apply."""
    pool, experiment = prepared.pool, prepared.experiment
    return () if pool is None else pool_folds(pool, experiment.data.recordings, prepared.class_names, experiment.seed)


def cross_validate(
    prepared: Prepared,
    progress: Callable[[float], None] | None = None,
    contenders: Sequence[Contender] | None = None,
) -> dict[str, Validation]:
    """Cross-validate the networks of an experiment: train and test them once for each fold and repetition.

    Networks and features are fitted on the training clips of the fold, which may have fewer principal components than
    the experiment's training set; all of them remain then. All clips of one recording are in the same fold, and so are
    its copies and its group. Each repetition uses the next seed, for the folds and for the training.

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
        By contender. Empty if the experiment is evaluated by its test set and this is large enough, if a manifest fixes
        the split, or if a class has fewer than two recordings; see :class:`mlpsvd.experiments.prepare.ClipPool`.

    Raises
    ------
    DataError
        If the chosen evaluation would leave a class without training clips.
    TrainingError
        If a loss is no longer a finite number.
    """
    pool, recordings = prepared.pool, prepared.experiment.data.recordings
    if pool is None:
        return {}
    work = [
        (seed, number, fold)
        for seed in repeat_seeds(prepared.experiment)
        for number, fold in enumerate(pool_folds(pool, recordings, prepared.class_names, seed), start=1)
    ]
    if not work:
        return {}
    if contenders is None:
        contenders = named_contenders(prepared.experiment.training.contenders)
    n_classes = len(prepared.class_names)
    confusions = {one.key: np.zeros((n_classes, n_classes), np.intp) for one in contenders}
    parts: dict[str, list[PartResult]] = {one.key: [] for one in contenders}
    n_events = len(contenders) * (prepared.experiment.training.epochs + 1)
    for n_done, (seed, number, fold) in enumerate(work):
        race = Race(_of_fold(prepared, pool, fold, seed), contenders=contenders)
        for count, _ in enumerate(race.run()):
            if progress is not None:
                progress((n_done + min(1.0, (count + 1) / n_events)) / len(work))
        for name, outcome in race.outcomes().items():
            confusions[name] += outcome.confusion
            assert outcome.correct is not None
            parts[name] += _parts(pool, fold, outcome.correct, seed, number)
    n_folds = max(number for _, number, _ in work)
    return {
        name: Validation(n_folds, confusion, tuple(parts[name]), pool.has_groups, recordings.evaluation)
        for name, confusion in confusions.items()
    }


def _parts(
    pool: ClipPool, fold: NDArray[np.intp], correct: NDArray[np.bool_], seed: int, number: int
) -> Iterator[PartResult]:
    """Yield the results of the groups in a fold, or of the fold."""
    if not pool.has_groups:
        yield PartResult(seed, f"fold {number}", int(correct.sum()), len(correct))
        return
    units = np.array([pool.units[index] for index in fold], dtype=object)
    for unit in dict.fromkeys(units.tolist()):
        own = correct[units == unit]
        yield PartResult(seed, unit, int(own.sum()), len(own))


def _of_fold(prepared: Prepared, pool: ClipPool, fold: NDArray[np.intp], seed: int) -> Prepared:
    """Return the same experiment with the clips of one fold as its test set."""
    is_test = np.zeros(len(pool.labels), bool)
    is_test[fold] = True
    magnitudes, labels = pool.training_clips(is_test)
    features = fit_magnitudes(
        magnitudes,
        prepared.features.sample_rate_hz,
        prepared.features.settings,
        all_components_needed=False,
    )
    dataset = DataSet(
        x_train=features.scaled(magnitudes),
        y_train=labels,
        x_test=features.scaled(pool.magnitudes[is_test]),
        y_test=pool.labels[is_test],
        class_names=prepared.dataset.class_names,
    )
    experiment = replace(prepared.experiment, seed=seed)
    return replace(prepared, experiment=experiment, dataset=dataset, features=features, pool=None)
