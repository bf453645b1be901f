"""Which recordings are held out for testing: a stratified split that only the seed and the names decide."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["split_class"]


def split_class(
    names: Sequence[str],
    fixed: Sequence[str | None],
    label: str,
    test_fraction: float,
    seed: int,
) -> list[str]:
    """Split the recordings of one class into training and test.

    What a manifest has fixed stays. Of the others, ``test_fraction`` is held out, rounded, but so that the class has a
    recording on both sides where it has two or more. The draw depends on the seed, the label and the set of names, not
    on their order, nor on other classes.

    Parameters
    ----------
    names
        One name a recording, each different.
    fixed
        ``train``, ``test`` or None for each.
    label
        Name of the class.
    test_fraction
        Share of the recordings without a fixed side that goes to the test set.
    seed
        The experiment's seed.

    Returns
    -------
    list of str
        ``train`` or ``test`` for each recording.
    """
    free = sorted((index for index in range(len(names)) if fixed[index] is None), key=lambda i: names[i])
    n_test = int(test_fraction * len(free) + 0.5)
    n_test = max(n_test, 0 if "test" in fixed else 1)
    n_test = min(n_test, len(free) if "train" in fixed else len(free) - 1)
    rng = np.random.default_rng(np.random.SeedSequence([seed, *label.encode()]))
    held_out = {free[position] for position in rng.permutation(len(free))[: max(n_test, 0)]}
    return [side or ("test" if index in held_out else "train") for index, side in enumerate(fixed)]
