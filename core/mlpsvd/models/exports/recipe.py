"""What every export of a model contains: settings, arrays and layers."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlpsvd import __version__
from mlpsvd.errors import DataError
from mlpsvd.features.bands import power_weights, weighting_gain
from mlpsvd.features.magnitudes import window
from mlpsvd.features.settings import FeatureSettings
from mlpsvd.models.model import Model
from mlpsvd.network.factorise import factorised
from mlpsvd.network.settings import Output
from mlpsvd.network.spec import NetworkSpec

__all__ = ["ExportedLayer", "Recipe", "merged", "recipe_of"]

_CARRIED = {
    "fft_size", "window", "hop", "segments", "trim_db", "n_parts", "bands", "bands_from_hz", "bands_to_hz", "n_mels",
    "frequency_weighting", "magnitude", "floor_db", "scaling", "n_components",
}  # fmt: skip
_ARRAYS = {"offset", "scale", "component_mean", "components", "component_shares"}


@dataclass(frozen=True, eq=False)
class ExportedLayer:
    """One layer: x is multiplied by each factor in turn, the bias is added, and the activation applied.

    Attributes
    ----------
    factors : tuple of (str, np.ndarray)
        Names and values, input side first. A matrix multiplies from the left, a vector element by element.
    bias : np.ndarray [shape=(n_out,)]
    activation
        ``relu``, ``sigmoid``, ``tanh`` or ``softmax``.
    """

    factors: tuple[tuple[str, NDArray[np.floating]], ...]
    bias: NDArray[np.floating]
    activation: Output


@dataclass(frozen=True, eq=False)
class Recipe:
    """A model as its exports write it."""

    model: Model
    layers: tuple[ExportedLayer, ...]

    @property
    def settings(self) -> FeatureSettings:
        """The feature settings."""
        return self.model.features.settings

    @property
    def weighting(self) -> NDArray[np.float64] | None:
        """Factor of |FFT| at each frequency of a transform; None without A-weighting or with bands."""
        is_weighted = self.settings.frequency_weighting != "none" and self.settings.bands == "none"
        return weighting_gain(self.settings, self.model.features.sample_rate_hz) if is_weighted else None

    @property
    def bands(self) -> NDArray[np.float64] | None:
        """Weights of |FFT|² in each band, with A-weighting [shape=(n_bands, fft_size // 2 + 1)]; None without bands."""
        if self.settings.bands == "none":
            return None
        rate_hz = self.model.features.sample_rate_hz
        return power_weights(self.settings, rate_hz) * weighting_gain(self.settings, rate_hz) ** 2

    def arrays(self) -> dict[str, NDArray[np.floating]]:
        """Return all arrays by name: ``window``, ``offset``, ``scale``, ``components``, ``layer1_Vt``, ``layer1_b``."""
        features = self.model.features
        found: dict[str, NDArray[np.floating]] = {
            "window": window(self.settings),
            "offset": features.offset,
            "scale": features.scale,
        }
        optional = {"weighting": self.weighting, "bands": self.bands}
        if features.pca is not None:
            optional |= {"component_mean": features.pca.mean, "components": features.pca.components}
        found |= {name: array for name, array in optional.items() if array is not None}
        for prefix, layer in self.named_layers():
            found |= {f"{prefix}{name}": array for name, array in (*layer.factors, ("b", layer.bias))}
        return found

    def named_layers(self) -> Iterator[tuple[str, ExportedLayer]]:
        """Yield each layer with the prefix of its arrays' names, ``layer1_`` at the input."""
        for number, layer in enumerate(self.layers, start=1):
            yield f"layer{number}_", layer

    def description(self) -> dict[str, Any]:
        """Return what a reader should know beside the arrays, as plain values."""
        contract = self.model.contract
        return {
            "program": f"mlpsvd {__version__}",
            "input": "samples of one clip, mono, full scale 1",
            "features": self.model.features.describe(),
            "sample_rate_hz": float(self.model.features.sample_rate_hz),
            "clip_s": float(contract.clip_s),
            "cut_s": float(contract.cut_s),
            "shortest_s": float(contract.shortest_s),
            "channel": contract.channel,
            "class_names": list(self.model.class_names),
            "temperature": float(self.model.temperature),
            "layers": [
                {"factors": [name for name, _ in layer.factors], "activation": layer.activation}
                for layer in self.layers
            ],
        }


def recipe_of(model: Model, *, is_merged: bool = False) -> Recipe:
    """Return what the exports of a model contain.

    Parameters
    ----------
    model
        The model.
    is_merged
        Whether each factored layer is exported as one W instead of its trained factors.

    Raises
    ------
    DataError
        If the model has preprocessing or layers that exports cannot contain.
    """
    _require_carried(model)
    _require_products(model.spec)
    network = model.network()
    layers = []
    for index, spec in enumerate(model.spec.layers):
        parameters = network.parameters(index)
        if spec.is_factored and not is_merged:
            # The parameters are named in the order of the product W = U Σ Vᵀ, the bias last.
            names = [name for name in reversed(spec.shapes) if name != "b"]
            factors = tuple((name, parameters[name]) for name in names)
        else:
            factors = (("W", network.weight_matrix(index)),)
        layers.append(ExportedLayer(factors, parameters["b"], spec.activation))
    return Recipe(model, tuple(layers))


def merged(model: Model) -> Model:
    """Return the same model with one W in each layer."""
    network, layers, pieces = model.network(), [], []
    for index, spec in enumerate(model.spec.layers):
        full = min(spec.matrix_shape)
        whole, parameters = factorised(spec, network.parameters(index), spec.family.unfactored, full)
        layers.append(whole)
        pieces += [parameters[name].ravel() for name in whole.shapes]
    theta = np.concatenate(pieces).astype(model.theta.dtype, copy=False)
    return dataclasses.replace(model, spec=NetworkSpec(tuple(layers), model.spec.loss), theta=theta)


def _require_products(spec: NetworkSpec) -> None:
    """Refuse layers that are not a product with the whole input."""
    for number, layer in enumerate(spec.layers, start=1):
        if layer.window is not None:
            raise DataError(
                f"layer {number} is a convolution over frequency, which an export cannot contain yet; export the model "
                "as safetensors"
            )


def _require_carried(model: Model) -> None:
    """Refuse images, and preprocessing that was added to the program after these exports."""
    settings = model.features.settings
    if settings.image_shape is not None:
        raise DataError("this model classifies images of letters; only models of sounds can be exported as programs")
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        if field.name not in _CARRIED and value != getattr(FeatureSettings(), field.name):
            raise DataError(
                f"features.{field.name} is {value}, which an export cannot contain yet; export the model as safetensors"
            )
    unknown = sorted(set(model.features.to_arrays()) - _ARRAYS)
    if unknown:
        raise DataError(
            f"the features have the array {unknown[0]}, which an export cannot contain yet; export the model as "
            "safetensors"
        )
