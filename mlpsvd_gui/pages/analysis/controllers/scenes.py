"""What the sections of the Analysis page show, computed from answers; pure functions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mlpsvd.analysis.direction_meaning import meaning_sentences
from mlpsvd.analysis.direction_report import accuracy_sentences
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.runs.run import Run
from mlpsvd.features.settings import FeatureSettings
from mlpsvd.text import duration_text, percent
from mlpsvd_gui.pages.analysis.views.directions_view import LayerScene
from mlpsvd_gui.pages.analysis.views.rank_view import ShownClip, ShownRank
from mlpsvd_gui.pages.analysis.workers.analysis_work import DirectionsAnswer, Place, RankAnswer

__all__ = [
    "direction_findings",
    "feature_label",
    "kept_epochs",
    "layer_names",
    "layer_scene",
    "progress_text",
    "shown_rank",
]

_MOST_CLIPS = 300
_QUANTITY = {"linear": "Magnitude", "log": "Log magnitude", "pixels": "Pixel"}
_UNIT = {
    "linear": "Magnitudes |FFT| of samples that are 1 at full scale, without a unit.",
    "log": "Natural logarithms of magnitudes |FFT| of samples that are 1 at full scale, without a unit.",
    "pixels": "Pixels have no unit.",
}
_AROUND = 3.0
"""Bandwidths and spacings around the outermost filters that are shown."""
_FEWEST_BINS = 12
_ONE_IS = {
    "training maximum": "1 = largest in training",
    "centred": "1 = largest in training",
    "per sample": "1 = clip's largest",
    "standardised": "standard deviations",
    "none": "as computed",
}


def kept_epochs(run: Run, contender: str) -> list[int]:
    """Return the epochs whose network was kept; the last one always."""
    last = run.outcomes[contender].last.epoch
    kept = [event.epoch for event in run.history(contender) if event.snapshot is not None]
    return sorted({*kept, last})


def layer_names(run: Run, contender: str) -> list[str]:
    """Return the name of each layer."""
    layers = run.outcomes[contender].snapshot.spec.layers
    return [f"{index + 1} ({one.n_in} → {one.n_out})" for index, one in enumerate(layers)]


def direction_findings(place: Place, answer: DirectionsAnswer) -> tuple[str, ...]:
    """Return what the directions show as a whole; the selected row and the switch beside it tell the rest."""
    return accuracy_sentences(answer.found, place.run.outcomes[place.contender].contender.title)


def layer_scene(place: Place, answer: DirectionsAnswer) -> LayerScene:
    """Return what lies behind the rows of a layer."""
    found, data = answer.found, place.run.data
    names, features = data.class_names, data.features
    meanings = tuple(" ".join(meaning_sentences(found, r, names, features)) for r in range(found.factors.rank))
    return replace(_scene(place, answer), meanings=meanings)


def _scene(place: Place, answer: DirectionsAnswer) -> LayerScene:
    run, found = place.run, answer.found
    names = run.data.class_names
    n_layers = len(run.outcomes[place.contender].snapshot.spec.layers)
    outgoing = _next_weights(place) if place.layer < n_layers - 1 else np.empty((0, 0))
    if place.layer:
        numbers = np.arange(1.0, found.weights.shape[1] + 1.0)
        none = np.empty((0, 1, len(numbers)))
        return LayerScene(numbers, 1, "", none, (), None, names, outgoing, place.layer == n_layers - 2)
    features = run.data.features
    unit = feature_label(features.settings).lower()
    if features.image_shape is not None:
        numbers = np.arange(1.0, features.n_magnitudes + 1.0)
        none = np.empty((0, 1, features.n_magnitudes))
        last = n_layers == 2
        return LayerScene(numbers, 1, "", none, (), None, names, outgoing, last, features.image_shape, unit)
    n_parts = int(features.parts[-1]) + 1
    bins = features.frequencies_hz[: features.n_magnitudes // n_parts]
    centres = _centres_hz(run.experiment, names)
    means = answer.class_means.reshape(len(names), n_parts, -1)
    near = _near(run.experiment, bins) if centres and features.settings.bands == "none" else None
    return LayerScene(bins, n_parts, "Hz", means, centres, near, names, outgoing, n_layers == 2, None, unit)


def shown_rank(place: Place, answer: RankAnswer) -> ShownRank:
    """Return the content of the section Rank."""
    found, features = answer.predictions, place.run.data.features
    has_range = features.settings.bands == "none" and _has_filters(place)
    is_one_part = int(features.parts[-1]) == 0
    clips = [
        ShownClip(
            int(index),
            int(found.actual[index]),
            int(found.predicted[index]),
            float(found.probability[index]),
            answer.x_test[index],
        )
        for index in found.misclassified[:_MOST_CLIPS]
    ]
    return ShownRank(
        accuracies=answer.accuracies,
        confusion=found.confusion,
        class_names=place.run.data.class_names,
        clips=clips,
        n_wrong=len(found.misclassified),
        x=features.frequencies_hz if is_one_part else np.arange(features.n_magnitudes, dtype=np.float64),
        x_is_hz=is_one_part,
        image_shape=features.image_shape,
        class_means=answer.class_means,
        feature_label=feature_label(features.settings),
        feature_tip=f"What enters the network: {features.describe()}. {_unit(features.settings)}",
        near=_near(place.run.experiment, features.frequencies_hz) if is_one_part and has_range else None,
    )


def feature_label(settings: FeatureSettings) -> str:
    """Return the label of an axis of features: what they are, and what 1 means."""
    quantity = _QUANTITY[settings.magnitude]
    if settings.bands != "none":
        quantity = f"{quantity} of band"
    return f"{quantity} ({_ONE_IS[settings.scaling]})"


def _unit(settings: FeatureSettings) -> str:
    unit = _UNIT[settings.magnitude]
    in_band = " Of a band: the root of the sum of |FFT|² in it." if settings.bands != "none" else ""
    return f"{unit}{in_band}"


def progress_text(share: float, elapsed_s: float) -> str:
    """Return how far a computation is, with the time left once it can be estimated."""
    if share < 0.05 or elapsed_s < 2.0:
        return f"Computing… {percent(share, 0)}"
    return f"Computing… {percent(share, 0)}, about {duration_text(elapsed_s * (1.0 - share) / share)} left"


def _has_filters(place: Place) -> bool:
    return bool(_centres_hz(place.run.experiment, place.run.data.class_names))


def _next_weights(place: Place) -> NDArray[np.float64]:
    from mlpsvd.experiments.analyse import subject_of

    network = subject_of(place.run, place.contender, None, place.epoch).network
    return np.asarray(network.weight_matrix(place.layer + 1), np.float64)


def _centres_hz(experiment: Experiment, names: tuple[str, ...]) -> tuple[float, ...]:
    if experiment.data.source != "synthetic":
        return ()
    filters = experiment.data.synthetic.filters
    return tuple(one.centre_hz for one in filters) if len(filters) == len(names) else ()


def _near(experiment: Experiment, bins: NDArray[np.float64]) -> tuple[float, float]:
    filters = experiment.data.synthetic.filters
    centres = np.array([one.centre_hz for one in filters])
    room = max([_AROUND * one.bandwidth_hz for one in filters] + [float(np.ptp(centres)), _FEWEST_BINS / 2 * bins[1]])
    low, high = max(0.0, float(centres.min()) - room), min(float(bins[-1]), float(centres.max()) + room)
    return float(bins[bins <= low][-1]), float(bins[bins >= high][0])
