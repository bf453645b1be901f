"""The layer family protocol, the shape of one layer, and the registry of families.

A layer computes a = W x + b. A family is one way to store and train W. A batch is a matrix with one clip per row, so
the paper's a = W x + b reads A = X Wᵀ + b, and a sum over the batch of outer products δ xᵀ reads Δᵀ X.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlpsvd.errors import NetworkError
from mlpsvd.network.settings import NetworkSettings, Output

__all__ = [
    "Array",
    "LayerFamily",
    "LayerPass",
    "LayerSpec",
    "Parameters",
    "PassTangent",
    "Window",
    "family_names",
    "layer_family",
    "register",
]

Array = NDArray[np.floating]
Parameters = dict[str, Array]
"""The matrices of a layer by name."""

LayerPass = tuple[Array, ...]
"""Values that a family stores in its forward pass for its backward pass; private to the family."""

PassTangent = tuple[Array | None, ...]
"""Derivative of a :data:`LayerPass` in a direction; None for an entry that does not change."""


@dataclass(frozen=True)
class Window:
    """How the kernels of a layer slide over its input; see :mod:`mlpsvd.network.layers.convolution`.

    Attributes
    ----------
    width
        Inputs under a kernel.
    stride
        Inputs from one position to the next.
    n_segments
        Number of equal parts of the input; windows lie within one.
    """

    width: int
    stride: int
    n_segments: int

    def n_windows(self, n_in: int) -> int:
        """Return the number of windows in ``n_in`` inputs, over all segments; 0 if none fits."""
        return self.n_segments * max(0, (n_in // self.n_segments - self.width) // self.stride + 1)


@dataclass(frozen=True)
class LayerSpec:
    """One layer: a = W x + b followed by an activation.

    The paper counts layers back from the output; here they are counted from the input, as data flows.

    Attributes
    ----------
    kind
        Name of the layer's family, such as ``dense`` or ``svd``.
    n_in, n_out
        I and J of this layer.
    rank
        R of a factored layer; for any other the full rank, the smaller number of :attr:`matrix_shape`.
    activation
        ``relu``, ``sigmoid``, ``tanh`` or ``softmax``.
    window
        Geometry of a layer whose kernels slide; None for any other.
    """

    kind: str
    n_in: int
    n_out: int
    rank: int
    activation: Output
    window: Window | None = None

    @property
    def family(self) -> LayerFamily:
        """The family that computes this layer."""
        return layer_family(self.kind).bound(self)

    @property
    def matrix_shape(self) -> tuple[int, int]:
        """Rows and columns of W: (n_out, n_in), or (n_kernels, width) of a layer whose kernels slide."""
        return self.family.matrix_shape(self)

    @property
    def is_factored(self) -> bool:
        """Whether the layer trains the factors of W, so that singular values can be discarded from it."""
        return self.family.is_factored

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Names and shapes of the parameters, in the order in which they lie in the flat vector."""
        return self.family.shapes(self)

    @property
    def n_parameters(self) -> int:
        """Number of parameters, biases included (figure 3 excludes them)."""
        return sum(math.prod(shape) for shape in self.shapes.values())


class LayerFamily(ABC):
    """One way to store and train the weight matrix W of a layer.

    The parameters of a layer are passed in, on NumPy or CuPy. Instances hold none; that of :meth:`bound` may hold the
    sizes of its layer.
    """

    name: str
    """Name of the family in settings and files."""

    is_factored: bool = False
    """Whether W is trained as factors with singular values; see :class:`mlpsvd.network.layers.factored.Factored`."""

    constants: tuple[str, ...] = ()
    """Parameters that are not trained: their gradient is 0."""

    slides: bool = False
    """Whether W multiplies windows of the input instead of the whole input."""

    has_low_rank_steps: bool = False
    """Whether dynamical low-rank training applies; see :mod:`mlpsvd.training.low_rank`."""

    unfactored: str = "dense"
    """Name of the family that trains the same W as one matrix."""

    def bound(self, layer: LayerSpec) -> LayerFamily:
        """Return the family for one layer; another instance only if it needs more than the parameters' shapes."""
        return self

    @property
    def of_rows(self) -> LayerFamily:
        """The family that multiplies single vectors by W: itself, unless it slides."""
        return self

    def layer(self, n_in: int, n_units: int, activation: Output, window: Window | None) -> LayerSpec:
        """Return a layer of full rank.

        Parameters
        ----------
        n_in, n_units
            Number of inputs, and of neurons or kernels.
        activation
            Its activation.
        window
            How kernels slide; None where the layer cannot have any. Families that do not slide ignore it.
        """
        return LayerSpec(self.name, n_in, n_units, min(n_in, n_units), activation)

    def matrix_shape(self, layer: LayerSpec) -> tuple[int, int]:
        """Return the shape of W."""
        return layer.n_out, layer.n_in

    @abstractmethod
    def shapes(self, layer: LayerSpec) -> dict[str, tuple[int, ...]]:
        """Return names and shapes of the parameters in the order of the flat vector; the bias ``b`` comes last."""

    @abstractmethod
    def forward(self, parameters: Parameters, x: Array) -> tuple[Array, LayerPass]:
        """Return the neuron inputs a, equation (1), and what the backward pass needs.

        Parameters
        ----------
        parameters
            The matrices by name.
        x : np.ndarray [shape=(n_clips, n_in)]
            One clip per row.

        Returns
        -------
        a : np.ndarray [shape=(n_clips, n_out)]
            Neuron inputs.
        layer_pass : LayerPass
            Values for :meth:`backward`.
        """

    @abstractmethod
    def backward(self, parameters: Parameters, layer_pass: LayerPass, delta: Array) -> Parameters:
        """Return the gradients by the parameters' names, summed over the batch.

        Parameters
        ----------
        parameters, layer_pass
            As in the forward pass.
        delta : np.ndarray [shape=(n_clips, n_out)]
            δ of this layer.
        """

    @abstractmethod
    def backward_input(self, parameters: Parameters, delta: Array) -> Array:
        """Return Wᵀ δ, the loss gradient with respect to the layer's input: the inner part of equation (48).

        Parameters
        ----------
        delta : np.ndarray [shape=(n_clips, n_out)]

        Returns
        -------
        gradient : np.ndarray [shape=(n_clips, n_in)]
        """

    def backward_both(self, parameters: Parameters, layer_pass: LayerPass, delta: Array) -> tuple[Parameters, Array]:
        """Return the results of :meth:`backward` and :meth:`backward_input`.

        A family in which both need the same product overrides it and computes the product once.
        """
        return self.backward(parameters, layer_pass, delta), self.backward_input(parameters, delta)

    @abstractmethod
    def weight_matrix(self, parameters: Parameters) -> Array:
        """Return W [shape=matrix_shape]."""

    @abstractmethod
    def factorise(self, W: Array, rank: int) -> Parameters:
        """Return the parameters, without the bias, that best approximate W [shape=matrix_shape].

        Parameters
        ----------
        rank
            Number of singular values that a factored family keeps; other families ignore it.
        """

    @abstractmethod
    def singular_values(self, parameters: Parameters) -> NDArray[np.float64]:
        """Return the singular values of W [shape=(rank,)], largest first, on the host."""

    @abstractmethod
    def forward_flops(self, layer: LayerSpec) -> int:
        """Return the operations of W x for one clip."""

    @abstractmethod
    def backward_flops(self, layer: LayerSpec, *, has_input_gradient: bool) -> int:
        """Return the operations of the gradient of W for one clip, and of Wᵀ δ if the layer below needs it."""

    has_tangents: bool = False
    """Whether the family has :meth:`forward_tangent`, :meth:`backward_tangent` and :meth:`backward_input_tangent`,
    of which the exact Hessian-vector product is made (Pearlmutter, 1994)."""

    def forward_tangent(
        self, parameters: Parameters, direction: Parameters, layer_pass: LayerPass, dx: Array | None
    ) -> tuple[Array, PassTangent]:
        """Return the derivatives of what :meth:`forward` returns.

        Parameters
        ----------
        parameters, layer_pass
            As in :meth:`backward`.
        direction
            Direction in which the parameters move, by name.
        dx : np.ndarray [shape=(n_clips, n_in)] or None
            Direction in which the input moves; None if it does not.
        """
        raise NetworkError(f"layers of kind {self.name!r} have no directional derivatives")

    def backward_tangent(
        self,
        parameters: Parameters,
        direction: Parameters,
        layer_pass: LayerPass,
        pass_tangent: PassTangent,
        delta: Array,
        ddelta: Array,
    ) -> Parameters:
        """Return the derivatives of the gradients of :meth:`backward`, while δ moves in the direction ``ddelta``."""
        raise NetworkError(f"layers of kind {self.name!r} have no directional derivatives")

    def backward_input_tangent(
        self, parameters: Parameters, direction: Parameters, delta: Array, ddelta: Array
    ) -> Array:
        """Return the derivative of Wᵀ δ, while δ moves in the direction ``ddelta``."""
        raise NetworkError(f"layers of kind {self.name!r} have no directional derivatives")

    def update_flops(self, layer: LayerSpec) -> int:
        """Return the operations that the layer needs once an update, whatever the number of clips."""
        return 0

    def initial(self, W: Array, rank: int, settings: NetworkSettings) -> Parameters:
        """Return the parameters, without the bias, with which training begins from the initial weights W."""
        return self.factorise(W, rank)

    def svd_factors(self, parameters: Parameters) -> tuple[Array, Array, Array] | None:
        """Return U, σ and Vᵀ if the family trains all three, else None."""
        return None

    def check(self, name: str, layer: LayerSpec) -> None:
        """Check the rank of a layer whose sizes are already known to be whole numbers in range.

        Raises
        ------
        NetworkError
            With the layer's ``name``, what was found, and what is expected.
        """
        full = min(layer.matrix_shape)
        if layer.rank != full:
            raise NetworkError(f"the rank of {name} is {layer.rank}; it should be {full}")


_FAMILIES: dict[str, LayerFamily] = {}


def register(family: LayerFamily) -> None:
    """Register a family under its name; the reference engine can then run networks with it.

    Raises
    ------
    ValueError
        If another family has this name.
    """
    if _FAMILIES.setdefault(family.name, family) is not family:
        raise ValueError(f"there is a layer family named {family.name!r} already")


def layer_family(kind: str) -> LayerFamily:
    """Return the family of this name.

    Raises
    ------
    NetworkError
        If there is none.
    """
    if kind not in _FAMILIES:
        raise NetworkError(f"the kind of layer is {kind!r}; it should be one of {', '.join(_FAMILIES)}")
    return _FAMILIES[kind]


def family_names() -> tuple[str, ...]:
    """Return the names of all registered families, in the order of registration."""
    return tuple(_FAMILIES)
