"""Loading of clips from any source: synthetic, recordings or letters."""

from __future__ import annotations

from collections.abc import Callable

from mlpsvd.datasets.clips import ClipSet, LoadedClips
from mlpsvd.datasets.letters import letter_clips
from mlpsvd.datasets.recordings import load_recordings
from mlpsvd.datasets.settings import DataSettings, LettersSettings, SyntheticSettings
from mlpsvd.datasets.synthetic import SPLITS, join_classes, one_class

__all__ = ["LoadedClips", "load_clips"]


def load_clips(
    settings: DataSettings,
    seed: int,
    n_samples: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> LoadedClips:
    """Make or read the training and test clips that ``settings`` describe.

    Parameters
    ----------
    settings
        Which source, and its settings.
    seed
        The experiment's seed: decides the noise of synthetic clips and which recordings are held out.
    n_samples
        Only that many first samples of each synthetic clip are needed; recordings are always read whole.
    progress
        Called with the share done, 0 to 1, from this thread. It may raise to cancel.

    Raises
    ------
    DataError
        If recordings do not give at least two classes, each with training and test clips.
    """
    report = progress or (lambda share: None)
    if settings.source == "recordings":
        return load_recordings(settings.recordings, seed, report)
    if isinstance(settings.chosen, LettersSettings):
        images, unseen = (letter_clips(settings.chosen, seed, split) for split in SPLITS)
        report(1.0)
        return LoadedClips(images, unseen, ())
    train, test = _synthetic(settings.synthetic, seed, n_samples, report)
    return LoadedClips(train, test, ())


def _synthetic(
    settings: SyntheticSettings, seed: int, n_samples: int | None, report: Callable[[float], None]
) -> list[ClipSet]:
    n_classes = len(settings.filters)
    sets = []
    for number, split in enumerate(SPLITS):
        classes = []
        for index in range(n_classes):
            report((number + index / n_classes) / len(SPLITS))
            classes.append(one_class(settings, seed, split, index, n_samples))
        sets.append(join_classes(settings, split, classes))
    report(1.0)
    return sets
