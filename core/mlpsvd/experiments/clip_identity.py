"""Digest of the clips of a run."""

from __future__ import annotations

import hashlib
import json

import numpy as np

from mlpsvd.datasets.clips import ClipSet
from mlpsvd.datasets.load import LoadedClips
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.settings import to_table

__all__ = ["clip_identity"]


def clip_identity(experiment: Experiment, clips: LoadedClips) -> str:
    """Return a digest of the clips of an experiment.

    For recordings, it covers the name, label, set (training or test) and samples of each clip, in order. The folder of
    the recordings is not included, so that they can be moved. For synthetic clips and letters, it covers the settings
    and the seed, as the samples may differ in the last bit between processors.

    Parameters
    ----------
    experiment
        The settings with which the clips were synthesised or read.
    clips
        Training and test clips.

    Returns
    -------
    str
        SHA-256 in hexadecimal digits.
    """
    digest = hashlib.sha256()
    _add(digest, [clips.train.class_names, clips.train.sample_rate_hz])
    if experiment.data.source != "recordings":
        _add(digest, [to_table(experiment.data.chosen), experiment.seed])
        return digest.hexdigest()
    for side, one in (("train", clips.train), ("test", clips.test)):
        _add(digest, [side, len(one)])
        _add_clips(digest, one)
    return digest.hexdigest()


def _add_clips(digest: hashlib._Hash, clips: ClipSet) -> None:
    for samples, label, origin in zip(clips.samples, clips.labels, clips.origins, strict=True):
        _add(digest, [origin, int(label), len(samples)])
        digest.update(np.ascontiguousarray(samples).tobytes())


def _add(digest: hashlib._Hash, value: object) -> None:
    digest.update(json.dumps(value, sort_keys=True).encode("utf-8", "surrogatepass") + b"\n")
