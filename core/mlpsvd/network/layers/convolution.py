"""Convolution layers over frequency: kernels, trained as W or as U Σ Vᵀ, slide over every time segment of the features.

A feature vector holds one spectrum per time segment. Each spectrum is treated on its own with the same kernels: the
neuron input of kernel k at position p is a = Σⱼ W[k, j] x[stride · p + j] + b[k]. This is the sliding dot product, the
valid cross-correlation of ``numpy.correlate``, which networks call convolution; ``numpy.convolve`` reverses the kernel
(Divya, section IV; :mod:`mlpsvd.analysis.convolution`). W is n_kernels × width. The outputs are concatenated: segments,
in each the positions, in each the kernels.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from mlpsvd.arrays import namespace
from mlpsvd.errors import NetworkError
from mlpsvd.network.layers.dense import Dense
from mlpsvd.network.layers.family import Array, LayerFamily, LayerPass, LayerSpec, Parameters, PassTangent, Window
from mlpsvd.network.layers.svd import Svd
from mlpsvd.network.settings import Output
from mlpsvd.text import quoted

__all__ = ["Convolution", "ConvolutionSvd", "Sliding"]


class Sliding(LayerFamily):
    """A family whose W multiplies every window of the input; :attr:`inner` computes the products, a window per row.

    Parameters
    ----------
    window, n_in
        Geometry of one layer, see :meth:`bound`; the registered instance has none and cannot compute.
    """

    slides = True
    has_low_rank_steps = False
    unfactored = "convolution"
    inner: ClassVar[LayerFamily]

    def __init__(self, window: Window | None = None, n_in: int = 0) -> None:
        self._window = window
        self._n_in = n_in

    def bound(self, layer: LayerSpec) -> LayerFamily:
        """Return the family with the geometry of a layer."""
        return type(self)(layer.window, layer.n_in)

    @property
    def of_rows(self) -> LayerFamily:
        """The family that multiplies single windows by W."""
        return self.inner

    def layer(self, n_in: int, n_units: int, activation: Output, window: Window | None) -> LayerSpec:
        """Return a layer of ``n_units`` kernels."""
        if window is None:
            raise NetworkError(
                f"a layer of kind {self.name!r} should be the first of at least two, and its inputs frequencies"
            )
        n_windows = window.n_windows(n_in)
        if n_windows < 1:
            raise NetworkError(
                f"the kernels have {window.width} weights; at most {n_in // window.n_segments} fit into a segment"
            )
        return LayerSpec(self.name, n_in, n_units * n_windows, min(n_units, window.width), activation, window)

    def matrix_shape(self, layer: LayerSpec) -> tuple[int, int]:
        """Return n_kernels and width."""
        window = _window_of(self.name, layer.window)
        return layer.n_out // window.n_windows(layer.n_in), window.width

    def shapes(self, layer: LayerSpec) -> dict[str, tuple[int, ...]]:
        """Return the shapes for one window; the bias has one entry per kernel."""
        return self.inner.shapes(self._row_layer(layer))

    def forward(self, parameters: Parameters, x: Array) -> tuple[Array, LayerPass]:
        """Return the sliding dot products with every kernel, plus the kernel's bias."""
        a, layer_pass = self.inner.forward(parameters, self._windows(x))
        return self._concatenated(a), layer_pass

    def backward(self, parameters: Parameters, layer_pass: LayerPass, delta: Array) -> Parameters:
        """Return the gradients, summed over clips and windows."""
        return self.inner.backward(parameters, layer_pass, self._rows(delta))

    def backward_input(self, parameters: Parameters, delta: Array) -> Array:
        """Return the gradient of the input: for each entry the sum over the windows that contain it."""
        return self._overlapped(self.inner.backward_input(parameters, self._rows(delta)))

    def backward_both(self, parameters: Parameters, layer_pass: LayerPass, delta: Array) -> tuple[Parameters, Array]:
        """Return both."""
        gradients, back = self.inner.backward_both(parameters, layer_pass, self._rows(delta))
        return gradients, self._overlapped(back)

    def forward_tangent(
        self, parameters: Parameters, direction: Parameters, layer_pass: LayerPass, dx: Array | None
    ) -> tuple[Array, PassTangent]:
        """Return the derivatives for every window."""
        rows = None if dx is None else self._windows(dx)
        da, tangent = self.inner.forward_tangent(parameters, direction, layer_pass, rows)
        return self._concatenated(da), tangent

    def backward_tangent(
        self,
        parameters: Parameters,
        direction: Parameters,
        layer_pass: LayerPass,
        pass_tangent: PassTangent,
        delta: Array,
        ddelta: Array,
    ) -> Parameters:
        """Return the derivatives of the gradients, summed over clips and windows."""
        rows, drows = self._rows(delta), self._rows(ddelta)
        return self.inner.backward_tangent(parameters, direction, layer_pass, pass_tangent, rows, drows)

    def backward_input_tangent(
        self, parameters: Parameters, direction: Parameters, delta: Array, ddelta: Array
    ) -> Array:
        """Return the derivative of :meth:`backward_input`."""
        rows = self.inner.backward_input_tangent(parameters, direction, self._rows(delta), self._rows(ddelta))
        return self._overlapped(rows)

    def forward_flops(self, layer: LayerSpec) -> int:
        """Return the operations of the products with all windows."""
        window = _window_of(self.name, layer.window)
        return window.n_windows(layer.n_in) * self.inner.forward_flops(self._row_layer(layer))

    def backward_flops(self, layer: LayerSpec, *, has_input_gradient: bool) -> int:
        """Return the operations for all windows, and of the sum over windows that overlap."""
        window, rows = _window_of(self.name, layer.window), self._row_layer(layer)
        each = self.inner.backward_flops(rows, has_input_gradient=has_input_gradient)
        return window.n_windows(layer.n_in) * (each + (window.width if has_input_gradient else 0))

    def check(self, name: str, layer: LayerSpec) -> None:
        """Check that the windows fit into the input, and the outputs and the rank to the windows."""
        window = layer.window
        if window is None:
            raise NetworkError(f"{name} is of kind {self.name!r} and has no window; it should have one")
        for what in ("width", "stride", "n_segments"):
            size = getattr(window, what)
            if type(size) is not int or size < 1:
                raise NetworkError(
                    f"the window's {what} of {name} is {quoted(size)}; it should be a whole number from 1"
                )
        if layer.n_in % window.n_segments:
            raise NetworkError(
                f"{name} has {layer.n_in} inputs in {window.n_segments} segments; they should be a multiple of that"
            )
        if window.n_windows(layer.n_in) < 1:
            longest = layer.n_in // window.n_segments
            raise NetworkError(f"the window's width of {name} is {window.width}; it should be at most {longest}")
        if layer.n_out % window.n_windows(layer.n_in):
            n_windows = window.n_windows(layer.n_in)
            raise NetworkError(
                f"{name} has {layer.n_out} outputs; they should be a multiple of its {n_windows} windows"
            )
        self.inner.check(name, self._row_layer(layer))

    def _row_layer(self, layer: LayerSpec) -> LayerSpec:
        n_kernels, width = self.matrix_shape(layer)
        return replace(layer, kind=self.inner.name, n_in=width, n_out=n_kernels, window=None)

    def _windows(self, x: Array) -> Array:
        """Return all windows of all clips [shape=(n_clips * n_windows, width)]."""
        window = _window_of(self.name, self._window)
        spectra = x.reshape(len(x), window.n_segments, self._n_in // window.n_segments)
        found = namespace(x).lib.stride_tricks.sliding_window_view(spectra, window.width, axis=2)
        chosen = found[:, :, :: window.stride]
        return chosen.reshape(len(x) * window.n_windows(self._n_in), window.width)

    def _overlapped(self, rows: Array) -> Array:
        """Add windows [shape=(n_clips * n_windows, width)] where they lie in the input; the transpose of the above."""
        window = _window_of(self.name, self._window)
        n_positions = window.n_windows(self._n_in) // window.n_segments
        n_clips = len(rows) // window.n_windows(self._n_in)
        parts = rows.reshape(n_clips, window.n_segments, n_positions, window.width)
        length = self._n_in // window.n_segments
        spectra = namespace(rows).zeros((n_clips, window.n_segments, length), rows.dtype)
        span = (n_positions - 1) * window.stride + 1
        for offset in range(window.width):
            spectra[:, :, offset : offset + span : window.stride] += parts[..., offset]
        return spectra.reshape(n_clips, self._n_in)

    def _rows(self, delta: Array) -> Array:
        n_windows = _window_of(self.name, self._window).n_windows(self._n_in)
        return delta.reshape(len(delta) * n_windows, delta.shape[1] // n_windows)

    def _concatenated(self, rows: Array) -> Array:
        n_windows = _window_of(self.name, self._window).n_windows(self._n_in)
        return rows.reshape(len(rows) // n_windows, n_windows * rows.shape[1])


class Convolution(Sliding, Dense):
    """Parameters: W [shape=(n_kernels, width)], b [shape=(n_kernels,)]."""

    name = "convolution"
    inner = Dense()


class ConvolutionSvd(Sliding, Svd):
    """Parameters: U [shape=(n_kernels, rank)], sigma [shape=(rank,)], Vt [shape=(rank, width)], b [shape=(n_kernels,)].

    The rows of Vt are the kernels that slide; U mixes their results. Singular values of W are discarded as in a layer
    of kind ``svd``.
    """

    name = "convolution-svd"
    inner = Svd()


def _window_of(name: str, window: Window | None) -> Window:
    if window is None:
        raise NetworkError(f"a layer of kind {name!r} needs a window, the width and stride of its kernels")
    return window
