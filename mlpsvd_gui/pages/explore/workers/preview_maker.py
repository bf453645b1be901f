"""Computes previews of a data set, with the same code as for training."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlpsvd import setting_labels, settings
from mlpsvd.datasets.clips import ClipSet, LoadedClips
from mlpsvd.datasets.load import load_clips
from mlpsvd.datasets.settings import SyntheticSettings
from mlpsvd.datasets.synthetic import clip_length, one_class
from mlpsvd.errors import DataError, SettingError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.features.bands import bin_frequencies_hz
from mlpsvd.features.settings import FeatureSettings
from mlpsvd.features.spectra import Clips, fit, n_samples_needed
from mlpsvd_gui.pages.explore.workers.preview import ClipView, Preview, PreviewRequest
from mlpsvd_gui.threads.latest import Progress

__all__ = ["PreviewMaker"]

_SAMPLES_IN_A_DRAG = 300_000
_SAMPLES_AT_REST = 6_000_000
_MOST_DRAWN = 40_000_000
"""Maximum number of random samples drawn per class; longer waveforms are truncated."""
_MOST_RECORDINGS = 500
_REMEMBERED = 128
_KEPT = 50
"""Number of clips of a class filtered at a time, so that the first ones are available sooner."""

Floats = NDArray[np.float64]


class PreviewMaker:
    """Makes previews and caches what the next one can reuse; used by one thread."""

    def __init__(self) -> None:
        self._remembered: OrderedDict[Any, Any] = OrderedDict()
        self._loaded: tuple[Any, LoadedClips] | None = None
        self._clips: tuple[Any, NDArray[np.float32]] | None = None

    def make(self, request: PreviewRequest, progress: Progress) -> Preview:
        """Return the preview for a request.

        Raises
        ------
        DataError
            If the data set cannot be made from these settings.
        """
        try:
            settings.check(request.data, "data.")
            settings.check(request.features, "features.")
        except SettingError as error:
            raise DataError(setting_labels.sentence(error, Experiment)) from error
        if request.data.source != "synthetic":
            return self._of_recordings(request, progress)
        return self._of_filters(request, progress)

    # -- noise through filters

    def _of_filters(self, request: PreviewRequest, progress: Progress) -> Preview:
        synthetic = request.data.synthetic
        if clip_length(synthetic) < request.features.fft_size:
            raise DataError(
                f"A clip has {clip_length(synthetic)} samples; the FFT of {request.features.fft_size} needs at "
                "least as many: use longer clips or a smaller FFT."
            )
        n_classes = len(synthetic.filters)
        means = []
        for index in range(n_classes):
            progress(index / n_classes)
            means.append(self._class_mean(request, index))
        index = min(request.class_index, n_classes - 1)
        n_clips = _per_class(synthetic, request.split)
        number = min(request.clip_index, n_clips - 1)
        return Preview(
            class_names=tuple(one.label for one in synthetic.filters),
            frequencies_hz=bin_frequencies_hz(request.features, synthetic.sample_rate_hz),
            means=np.stack(means),
            n_averaged=_n_averaged(request),
            n_train=(synthetic.train_per_class,) * n_classes,
            n_test=(synthetic.test_per_class,) * n_classes,
            skipped=(),
            clip=self._synthetic_clip(request, index, number),
            clip_index=number,
            n_clips=n_clips,
        )

    def _class_mean(self, request: PreviewRequest, index: int) -> Floats:
        synthetic, n_clips = request.data.synthetic, _n_averaged(request)
        key = ("mean", _without_names(synthetic, index), request.seed, request.features, n_clips, index)

        def make() -> Floats:
            n_samples = n_samples_needed(request.features)
            samples = one_class(_reduced(synthetic, n_clips), request.seed, "train", index, n_samples)
            spectrum: Floats = _magnitudes(samples, synthetic.sample_rate_hz, request.features).mean(axis=0)
            return spectrum

        mean: Floats = self._recall(key, make)
        return mean

    def _synthetic_clip(self, request: PreviewRequest, index: int, number: int) -> ClipView:
        synthetic = request.data.synthetic
        samples: NDArray[np.float32] = self._class_clips(request, index, number)[number]
        return ClipView(
            samples=samples,
            sample_rate_hz=synthetic.sample_rate_hz,
            is_whole=len(samples) == clip_length(synthetic),
            magnitudes=_magnitudes(samples[np.newaxis], synthetic.sample_rate_hz, request.features)[0],
            origin=f"{synthetic.filters[index].label}, {request.split} clip {number + 1}",
        )

    def _class_clips(self, request: PreviewRequest, index: int, number: int) -> NDArray[np.float32]:
        """Return the first clips of a class, up to a limited length; those of the last request are cached."""
        synthetic = request.data.synthetic
        affordable = max(_MOST_DRAWN // _per_class(synthetic, request.split), request.features.fft_size)
        n_samples = min(clip_length(synthetic), affordable)
        if request.is_dragging:
            n_samples = min(n_samples, n_samples_needed(request.features) or request.features.fft_size)
        n_kept = _KEPT * (1 + number // _KEPT)
        key = (_without_names(synthetic, index), request.seed, request.split, index, n_samples, n_kept)
        if self._clips is None or self._clips[0] != key:
            self._clips = (key, one_class(synthetic, request.seed, request.split, index, n_samples, n_kept))
        clips: NDArray[np.float32] = self._clips[1]
        return clips

    # -- recordings

    def _of_recordings(self, request: PreviewRequest, progress: Progress) -> Preview:
        loaded = self._load(request, progress)
        train, features = loaded.train, request.features
        n_classes = len(train.class_names)
        means, averaged = self._recall(
            ("loaded", request.data, request.seed, features),
            lambda: _means(train, features, progress),
        )
        chosen = train if request.split == "train" else loaded.test
        index = min(request.class_index, n_classes - 1)
        numbers = np.flatnonzero(chosen.labels == index)
        number = min(request.clip_index, len(numbers) - 1)
        return Preview(
            class_names=train.class_names,
            frequencies_hz=bin_frequencies_hz(features, train.sample_rate_hz),
            means=means,
            n_averaged=averaged,
            n_train=_counts(train),
            n_test=_counts(loaded.test),
            skipped=loaded.skipped,
            clip=_recorded_clip(chosen, int(numbers[number]), features),
            clip_index=number,
            n_clips=len(numbers),
            examples=_examples(chosen, number, features),
            notes=loaded.notes,
            warnings=loaded.warnings,
        )

    def _load(self, request: PreviewRequest, progress: Progress) -> LoadedClips:
        key = (request.data, request.seed)
        if self._loaded is None or self._loaded[0] != key:
            self._loaded = None
            self._loaded = (key, load_clips(request.data, request.seed, progress=progress))
        return self._loaded[1]

    def _recall(self, key: Any, make: Callable[[], Any]) -> Any:
        if key not in self._remembered:
            self._remembered[key] = make()
            if len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)
        self._remembered.move_to_end(key)
        return self._remembered[key]


def _per_class(synthetic: SyntheticSettings, split: str) -> int:
    return synthetic.train_per_class if split == "train" else synthetic.test_per_class


def _n_averaged(request: PreviewRequest) -> int:
    n_samples = n_samples_needed(request.features) or clip_length(request.data.synthetic)
    budget = _SAMPLES_IN_A_DRAG if request.is_dragging else _SAMPLES_AT_REST
    return max(1, min(request.data.synthetic.train_per_class, budget // n_samples))


def _reduced(synthetic: SyntheticSettings, n_clips: int) -> SyntheticSettings:
    """Draw fewer clips if all would take too long; they are similar clips, not the same ones."""
    return replace(synthetic, train_per_class=n_clips)


def _without_names(synthetic: SyntheticSettings, index: int) -> SyntheticSettings:
    """Return the settings that the clips of one class depend on: its own filter, without its name."""
    return replace(synthetic, filters=(replace(synthetic.filters[index], label=""),))


def _magnitudes(samples: Clips, sample_rate_hz: float, features: FeatureSettings) -> Floats:
    """Return magnitudes before scaling [shape=(n_clips, n_parts, n_bins)], from the network's own feature code."""
    fitted = fit(samples[:1], sample_rate_hz, replace(features, n_components=0))
    return fitted.unscaled(samples).reshape(len(samples), -1, features.n_bins)


def _counts(clips: ClipSet) -> tuple[int, ...]:
    return tuple(int(n) for n in np.bincount(clips.labels, minlength=len(clips.class_names)))


def _means(clips: ClipSet, features: FeatureSettings, progress: Progress) -> tuple[Floats, int]:
    n_classes = len(clips.class_names)
    means, fewest = [], _MOST_RECORDINGS
    for index in range(n_classes):
        progress(index / n_classes)
        numbers = np.flatnonzero(clips.labels == index)[:_MOST_RECORDINGS]
        samples = [clips.samples[number] for number in numbers]
        means.append(_magnitudes(samples, clips.sample_rate_hz, features).mean(axis=0))
        fewest = min(fewest, len(numbers))
    return np.stack(means), fewest


def _examples(clips: ClipSet, number: int, features: FeatureSettings) -> Floats:
    """Return an image of each class [shape=(n_classes, height, width)]; nothing for sounds."""
    if features.image_shape is None:
        return np.empty((0, 0, 0))
    of_class = [np.flatnonzero(clips.labels == index) for index in range(len(clips.class_names))]
    images = [clips.samples[own[min(number, len(own) - 1)]] for own in of_class]
    return np.asarray(images, np.float64).reshape(-1, *features.image_shape)


def _recorded_clip(clips: ClipSet, number: int, features: FeatureSettings) -> ClipView:
    samples = clips.samples[number]
    return ClipView(
        samples=samples,
        sample_rate_hz=clips.sample_rate_hz,
        is_whole=True,
        magnitudes=_magnitudes([samples], clips.sample_rate_hz, features)[0],
        origin=clips.origins[number],
    )
