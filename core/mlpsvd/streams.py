"""Independent streams of random numbers, one per purpose.

Every random number of an experiment comes from one of these streams. A stream is identified by its purpose first, then
by what it belongs to (a class, an epoch), and by the experiment's seed. Streams of different purposes therefore never
share numbers: the initial weights are not the noise of a training clip.
"""

from __future__ import annotations

import enum

import numpy as np

__all__ = ["NUMERICS_VERSION", "Purpose", "seeds"]

NUMERICS_VERSION = 2
"""Increased with every change that alters the results of an experiment.

Stored results, e.g. the trials of ``mlpsvd reproduce``, contain it and are discarded if it differs.
1: one stream served several purposes. 2: streams by purpose, and the split of recordings by a hash of their names.
"""


class Purpose(enum.IntEnum):
    """Purposes of random numbers. The values determine the results: never change or reuse one."""

    INITIAL_WEIGHTS = 1
    TRAINING_CLIPS = 2
    TEST_CLIPS = 3
    BATCH_ORDER = 4
    TRAINING_LEVELS = 5
    BAYES_LIMIT = 6
    RETRY = 7
    FOLDS = 8
    HESSIAN_PROBES = 9
    FINE_TUNING = 10
    PAPER_EXAMPLES = 11
    HEARD_DIRECTION = 30
    FEW_CLIPS = 31
    AUGMENTATION = 32
    RANDOM_SIGNS = 40
    EXAMPLE_RECORDINGS = 41
    SEARCH = 42


def seeds(purpose: Purpose, seed: int, *key: int) -> np.random.SeedSequence:
    """Return the seed sequence of one stream.

    Parameters
    ----------
    purpose
        Purpose of the random numbers.
    seed
        The experiment's seed, 0 to 2³² − 1.
    key
        What the stream belongs to, e.g. the index of a class or of an epoch; each 0 to 2³² − 1.

    Returns
    -------
    np.random.SeedSequence
        Streams of two different calls are independent.

    Raises
    ------
    ValueError
        If ``seed`` or an entry of ``key`` is outside its range: larger numbers take more words, and two different keys
        could then give one stream.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(seeds(Purpose.TRAINING_CLIPS, 1, 0))
    >>> rng.integers(100, size=3).shape
    (3,)
    """
    for number in (seed, *key):
        if not 0 <= number < 2**32:
            raise ValueError(f"{number} is not a valid part of a seed; it should be from 0 to {2**32 - 1}")
    return np.random.SeedSequence(seed, spawn_key=(purpose.value, *key))
