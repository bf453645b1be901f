"""The ONNX graph of a model: samples in, probabilities out.

Features are computed in float64 and the network in its own precision, as in :class:`mlpsvd.Classifier`.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlpsvd.features.magnitudes import LOG_FLOOR, n_parts, window
from mlpsvd.features.settings import FeatureSettings
from mlpsvd.models.exports.recipe import ExportedLayer, Recipe

__all__ = ["OPSET", "Graph", "add_model"]

OPSET = 17
"""The first version of the operators with STFT."""

_DOUBLE = np.float64
_ACTIVATIONS = {"relu": "Relu", "sigmoid": "Sigmoid", "tanh": "Tanh"}


class Graph:
    """Nodes and constants of a graph under construction; :meth:`add` returns the name of the result."""

    def __init__(self, prefix: str = "") -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self._prefix = prefix
        self._n_names = 0

    def add(self, operator: str, *inputs: Any, name: str = "", **attributes: Any) -> str:
        """Add a node; inputs are names, or arrays and numbers that become constants."""
        from onnx import helper

        output = name or self._new_name(operator.lower())
        names = [one if isinstance(one, str) else self.constant(one) for one in inputs]
        self.nodes.append(helper.make_node(operator, names, [output], **attributes))
        return output

    def constant(self, value: Any, name: str = "") -> str:
        """Add a constant; whole numbers are int64, lists of them too."""
        from onnx import numpy_helper

        name = name or self._new_name("constant")
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def _new_name(self, stem: str) -> str:
        self._n_names += 1
        return f"{self._prefix}{stem}_{self._n_names}"


def add_model(graph: Graph, recipe: Recipe) -> None:
    """Add everything from ``samples`` [shape=(n_clips, n_samples)] to ``probabilities`` [shape=(n_clips, K)]."""
    samples = graph.add("Cast", "samples", to=_type(np.float64))
    if recipe.settings.trim_db:
        magnitudes = _trimmed_magnitudes(graph, samples, recipe.settings)
    else:
        magnitudes = _magnitudes(graph, samples, recipe.settings)
    magnitudes = _in_bands(graph, magnitudes, recipe)
    x = _scaled(graph, _values(graph, magnitudes, recipe.settings), recipe)
    x = graph.add("Cast", x, to=_type(recipe.model.theta.dtype))
    for prefix, layer in recipe.named_layers():
        x = _layer(graph, x, layer, prefix)
    _probabilities(graph, x, recipe)


def _type(kind: Any) -> int:
    from onnx import helper

    return int(helper.np_dtype_to_tensor_dtype(np.dtype(kind)))


def _magnitudes(graph: Graph, samples: str, settings: FeatureSettings) -> str:
    """Add mean |FFT| [shape=(n_clips, n_features)] of each part of samples [shape=(n_clips, n_samples)]."""
    if settings.segments == "first":
        samples = graph.add("Slice", samples, [0], [settings.fft_size], [1])
    count = n_parts(settings)
    if count == 1:
        return _mean_magnitude(graph, samples, settings)
    length = graph.add("Slice", graph.add("Shape", samples), [1], [2])
    edges = [graph.add("Div", graph.add("Mul", length, [index]), [count]) for index in range(count + 1)]
    parts = [
        _mean_magnitude(graph, graph.add("Slice", samples, start, end, [1]), settings)
        for start, end in itertools.pairwise(edges)
    ]
    return graph.add("Concat", *parts, axis=1)


def _mean_magnitude(graph: Graph, samples: str, settings: FeatureSettings) -> str:
    """Add mean |FFT| over the segments of a part; a short part is padded with zeros."""
    length = graph.add("Slice", graph.add("Shape", samples), [1], [2])
    missing = graph.add("Max", graph.add("Sub", [settings.fft_size], length), [0])
    samples = graph.add("Pad", samples, graph.add("Concat", [0, 0, 0], missing, axis=0))
    spectra = graph.add("STFT", samples, np.int64(settings.hop), window(settings), onesided=1)
    power = graph.add("ReduceSum", graph.add("Mul", spectra, spectra), [3], keepdims=0)
    return graph.add("ReduceMean", graph.add("Sqrt", power), axes=[1], keepdims=0)


def _trimmed_magnitudes(graph: Graph, samples: str, settings: FeatureSettings) -> str:
    """Add the magnitudes of clips without their quiet ends, one clip after another, as their lengths differ."""
    from onnx import TensorProto, helper

    body = Graph("clip_")
    clip = body.add("Unsqueeze", _sounding_part(body, "clip", settings), [0])
    result = body.add("Squeeze", _magnitudes(body, clip, settings), [0])
    inner = helper.make_graph(
        body.nodes,
        "features of one clip",
        [helper.make_tensor_value_info("clip", TensorProto.DOUBLE, ["n_samples"])],
        [helper.make_tensor_value_info(result, TensorProto.DOUBLE, [n_parts(settings) * settings.n_fft_bins])],
        body.constants,
    )
    return graph.add("Scan", samples, body=inner, num_scan_inputs=1)


def _sounding_part(graph: Graph, clip: str, settings: FeatureSettings) -> str:
    """Add :func:`mlpsvd.features.trimming.sounding_part`; ``clip`` [shape=(n_samples,)] is longer than a hop or whole.

    A shorter clip gives no energies: it is padded in front of the comparison so that the whole of it is kept.
    """
    n, ends = settings.hop, np.iinfo(np.int64).max
    length = graph.add("Shape", clip)
    short = graph.add("Max", graph.add("Sub", [n], length), [0])
    padded = graph.add("Pad", clip, graph.add("Concat", [0], short, axis=0))
    energy = graph.add("CumSum", graph.add("Mul", padded, padded), np.int64(0))
    energy = graph.add("Concat", np.zeros(1), energy, axis=0)
    later, earlier = graph.add("Slice", energy, [n], [ends]), graph.add("Slice", energy, [0], [-n])
    energies = graph.add("Sub", later, earlier)
    loudest = graph.add("ReduceMax", energies, keepdims=1)
    threshold = graph.add("Mul", loudest, np.float64(10.0 ** (-settings.trim_db / 10.0)))
    is_loud = graph.add("GreaterOrEqual", energies, threshold)
    loud = graph.add("Squeeze", graph.add("NonZero", is_loud), [0])
    first = graph.add("Slice", loud, [0], [1])
    end = graph.add("Add", graph.add("Slice", loud, [-1], [ends]), [n])
    return graph.add("Slice", clip, first, end)


def _in_bands(graph: Graph, magnitudes: str, recipe: Recipe) -> str:
    """Add the bands of each part, or the A-weighting, if the features have one."""
    settings = recipe.settings
    if recipe.weighting is not None:
        return graph.add("Mul", magnitudes, graph.constant(np.tile(recipe.weighting, n_parts(settings)), "weighting"))
    if recipe.bands is None:
        return magnitudes
    parts = graph.add("Reshape", magnitudes, [-1, settings.n_fft_bins])
    power = graph.add("MatMul", graph.add("Mul", parts, parts), graph.constant(recipe.bands.T, "bands_transposed"))
    return graph.add("Reshape", graph.add("Sqrt", power), [-1, settings.n_magnitudes])


def _values(graph: Graph, magnitudes: str, settings: FeatureSettings) -> str:
    """Add the logarithm with its floor, if the features have one."""
    if settings.magnitude != "log":
        return magnitudes
    floor: Any = np.float64(LOG_FLOOR)
    if settings.floor_db:
        largest = graph.add("ReduceMax", magnitudes, axes=[1], keepdims=1)
        floor = graph.add("Max", graph.add("Mul", largest, np.float64(10.0 ** (-settings.floor_db / 20.0))), floor)
    return graph.add("Log", graph.add("Max", magnitudes, floor))


def _scaled(graph: Graph, values: str, recipe: Recipe) -> str:
    """Add the scaling, and the projection onto principal components, if the features have one."""
    if recipe.settings.scaling == "per sample":
        largest = graph.add("ReduceMax", graph.add("Abs", values), axes=[1], keepdims=1)
        is_zero = graph.add("Equal", largest, np.zeros(1))
        values = graph.add("Div", values, graph.add("Where", is_zero, np.ones(1), largest))
    features = recipe.model.features
    centred = graph.add("Sub", values, graph.constant(features.offset, "offset"))
    scaled = graph.add("Div", centred, graph.constant(features.scale, "scale"))
    if features.pca is None:
        return scaled
    centred = graph.add("Sub", scaled, graph.constant(features.pca.mean, "component_mean"))
    return graph.add("MatMul", centred, graph.constant(features.pca.components.T, "components_transposed"))


def _layer(graph: Graph, x: str, layer: ExportedLayer, prefix: str) -> str:
    for name, factor in layer.factors:
        if factor.ndim == 1:
            x = graph.add("Mul", x, graph.constant(factor, f"{prefix}{name}"))
        else:
            x = graph.add("MatMul", x, graph.constant(factor.T, f"{prefix}{name}_transposed"))
    x = graph.add("Add", x, graph.constant(layer.bias, f"{prefix}b"))
    if layer.activation == "softmax":
        return graph.add("Softmax", x, axis=1)
    return graph.add(_ACTIVATIONS[layer.activation], x)


def _probabilities(graph: Graph, outputs: str, recipe: Recipe) -> None:
    """Add the conversion of other outputs than softmax to probabilities, and the temperature."""
    p = graph.add("Cast", outputs, to=_type(_DOUBLE))
    activation = recipe.layers[-1].activation
    if activation == "tanh":
        p = graph.add("Div", graph.add("Add", p, np.ones(1)), np.full(1, 2.0))
    if activation != "softmax":
        total = graph.add("ReduceSum", p, [1], keepdims=1)
        equal: NDArray[np.float64] = np.full(1, 1.0 / recipe.model.spec.n_out)
        p = graph.add("Where", graph.add("Greater", total, np.zeros(1)), graph.add("Div", p, total), equal)
    if recipe.model.temperature != 1.0:
        logarithms = graph.add("Log", graph.add("Max", p, np.full(1, np.finfo(np.float64).tiny)))
        p = graph.add("Softmax", graph.add("Div", logarithms, np.full(1, recipe.model.temperature)), axis=1)
    graph.add("Cast", p, to=_type(np.float32), name="probabilities")
