"""Recurrent network: forward through time and full backpropagation through time (Naumov, 2017, section 4)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import DTypeLike, NDArray

from mlpsvd.errors import NetworkError
from mlpsvd.network.activations import activate, backward
from mlpsvd.network.factorise import factorised, with_layer
from mlpsvd.network.layers import DENSE, LayerPass, Parameters
from mlpsvd.network.losses import output_delta
from mlpsvd.network.network import Network, parameter_views
from mlpsvd.network.settings import Activation
from mlpsvd.network.spec import LayerSpec, NetworkSpec
from mlpsvd.streams import Purpose, seeds

__all__ = ["RecurrentNetwork", "RecurrentShape", "build_recurrent"]

Array = NDArray[np.floating]


@dataclass(frozen=True)
class RecurrentShape:
    """Shape of a recurrent classifier.

    Attributes
    ----------
    n_in, n_classes
        Entries of one frame, and classes.
    units
        Neurons of each recurrent layer, input side first.
    activation
        Activation of the recurrent layers.
    kind
        Layer family of every W and U, e.g. ``dense`` or ``svd``; the output layer is dense.
    """

    n_in: int
    n_classes: int
    units: tuple[int, ...] = (32,)
    activation: Activation = "tanh"
    kind: str = DENSE.name

    @property
    def kinds(self) -> tuple[str, ...]:
        """Family of each matrix in the order of the specification: W, U of each recurrent layer, output."""
        return (self.kind,) * (2 * len(self.units)) + (DENSE.name,)


@dataclass(frozen=True, eq=False)
class _LayerStates:
    """What the forward pass of one recurrent layer keeps; the first axis is time."""

    layer_pass: LayerPass
    z: Array


class RecurrentNetwork:
    """Recurrent layers y(k,s) = W(k) z(k−1,s) + U(k) z(k,s−1) + b(k), z = f(y), and a layer on the last state.

    The matrices are layers of one :class:`~mlpsvd.network.network.Network` in the order W, U of each recurrent layer,
    then the output layer, so initial weights, factors, optimisers and discarding are those of the other networks. That
    network only stores the parameters. Without an output layer, the last state is the output, as in Naumov's (49).
    The bias that the family of U has stays at zero: b belongs to W.

    Parameters
    ----------
    store
        The parameters. An odd number of layers has an output layer.

    Raises
    ------
    NetworkError
        If the sizes of the layers do not fit together.

    References
    ----------
    M. Naumov, "Feedforward and recurrent neural networks backward propagation and Hessian in matrix form" (2017),
    equations (47), (48), and lemma 2 as corrected: it holds for the top layer only.
    """

    def __init__(self, store: Network) -> None:
        self.store = store
        layers = store.spec.layers
        self._n_recurrent = len(layers) // 2
        self._has_output = len(layers) % 2 == 1
        n_in = layers[0].n_in
        for index in range(self._n_recurrent):
            w, u = layers[2 * index], layers[2 * index + 1]
            if w.n_in != n_in or (u.n_in, u.n_out) != (w.n_out, w.n_out):
                raise NetworkError(
                    f"recurrent layer {index + 1} has W of {w.n_out} x {w.n_in} and U of {u.n_out} x {u.n_in}; they "
                    f"should be of {w.n_out} x {n_in} and {w.n_out} x {w.n_out}"
                )
            n_in = w.n_out
        if not self._n_recurrent or (self._has_output and layers[-1].n_in != n_in):
            raise NetworkError(f"the output layer has {layers[-1].n_in} inputs; it should have {n_in}")

    def predict(self, x: Array) -> Array:
        """Return the outputs [shape=(n_clips, n_classes)] for sequences x [shape=(n_clips, n_steps, n_in)]."""
        return self._forward(x)[2]

    def gradient(self, x: Array, targets: Array) -> Array:
        """Return the gradient of the mean loss at the last step, as one flat vector laid out as the parameters.

        Full backpropagation through time: v(k−1,s) = (W(k)ᵀ v(k,s) + U(k−1)ᵀ v(k−1,s+1)) ∘ f′(y(k−1,s)) for every
        step s, and G = Σ v(s) z(s)ᵀ.

        Parameters
        ----------
        x : np.ndarray [shape=(n_clips, n_steps, n_in)]
            One sequence a clip.
        targets : np.ndarray [shape=(n_clips, n_classes)]
        """
        states, output_pass, outputs = self._forward(x)
        spec, gradient = self.store.spec, np.zeros_like(self.store.theta)
        above = np.zeros_like(states[-1].z)  # loss gradient with respect to every state of the layer
        if self._has_output:
            delta: Array = output_delta(spec.loss, spec.layers[-1].activation, outputs, targets) / len(x)
            above[-1] = self._store_both(gradient, len(spec.layers) - 1, output_pass, delta)
        else:
            above[-1] = (outputs - targets) / len(x)  # squared error
        for index in reversed(range(self._n_recurrent)):
            v = self._through_time(index, states[index].z, above)
            flat = v.reshape(-1, v.shape[2])
            self._store_recurrent(gradient, 2 * index + 1, states[index].z, flat)
            if index > 0:
                below = self._store_both(gradient, 2 * index, states[index].layer_pass, flat)
                above = below.reshape(*v.shape[:2], -1)
            else:
                self._store(gradient, 0, states[0].layer_pass, flat)
        return gradient

    def v(self, x: Array, targets: Array) -> list[tuple[Array, Array, Array]]:
        """Return, of each recurrent layer, v(s), its inputs and its earlier states, each [shape=(n_steps, n_clips, …)].

        Of the summed loss; for the rank of an update, equations (71) and (72). Only for networks without an output
        layer and with one recurrent layer, as in the paper.
        """
        states, _, outputs = self._forward(x)
        above = np.zeros_like(states[-1].z)
        above[-1] = outputs - targets
        z = states[-1].z
        before = np.concatenate([np.zeros_like(z[:1]), z[:-1]])
        return [(self._through_time(0, z, above), x.transpose(1, 0, 2), before)]

    def _forward(self, x: Array) -> tuple[list[_LayerStates], LayerPass, Array]:
        """Return the states of every recurrent layer, the pass of the output layer, and the outputs."""
        n_in = self.store.spec.layers[0].n_in
        if x.ndim != 3 or x.shape[2] != n_in or not x.shape[1]:
            raise NetworkError(f"the sequences have the shape {x.shape}; it should be (clips, steps, {n_in})")
        layers, states = self.store.spec.layers, []
        z = np.ascontiguousarray(x.transpose(1, 0, 2))
        n_steps, n_clips = z.shape[:2]
        for index in range(self._n_recurrent):
            w, u = layers[2 * index], layers[2 * index + 1]
            y, layer_pass = w.family.forward(self.store.parameters(2 * index), z.reshape(n_steps * n_clips, -1))
            y = y.reshape(n_steps, n_clips, -1)
            z = np.empty_like(y)
            for s in range(n_steps):
                if s > 0:
                    y[s] += u.family.forward(self.store.parameters(2 * index + 1), z[s - 1])[0]
                z[s] = activate(w.activation, y[s])
            states.append(_LayerStates(layer_pass, z))
        if not self._has_output:
            return states, (), z[-1]
        a, output_pass = layers[-1].family.forward(self.store.parameters(len(layers) - 1), z[-1])
        return states, output_pass, activate(layers[-1].activation, a)

    def _through_time(self, index: int, z: Array, above: Array) -> Array:
        """Return v(s) of a recurrent layer from the loss gradient with respect to its states."""
        kind, family = self.store.spec.layers[2 * index].activation, self.store.spec.layers[2 * index + 1].family
        U, v = self.store.parameters(2 * index + 1), np.empty_like(z)
        v[-1] = backward(kind, z[-1], above[-1])
        for s in reversed(range(len(z) - 1)):
            v[s] = backward(kind, z[s], above[s] + family.backward_input(U, v[s + 1]))
        return v

    def _store_recurrent(self, gradient: Array, index: int, z: Array, v: Array) -> None:
        before = np.concatenate([np.zeros_like(z[:1]), z[:-1]]).reshape(len(v), -1)
        parameters = self.store.parameters(index)
        _, layer_pass = self.store.spec.layers[index].family.forward(parameters, before)
        self._store(gradient, index, layer_pass, v)
        parameter_views(self.store.spec, gradient, index)["b"][...] = 0

    def _store(self, gradient: Array, index: int, layer_pass: LayerPass, delta: Array) -> None:
        family = self.store.spec.layers[index].family
        self._write(gradient, index, family.backward(self.store.parameters(index), layer_pass, delta))

    def _store_both(self, gradient: Array, index: int, layer_pass: LayerPass, delta: Array) -> Array:
        """Store the gradients of a layer; return that of its input."""
        family = self.store.spec.layers[index].family
        found, below = family.backward_both(self.store.parameters(index), layer_pass, delta)
        self._write(gradient, index, found)
        return below

    def _write(self, gradient: Array, index: int, found: Parameters) -> None:
        for name, view in parameter_views(self.store.spec, gradient, index).items():
            view[...] = found[name]


def build_recurrent(shape: RecurrentShape, seed: int, dtype: DTypeLike = np.float32) -> RecurrentNetwork:
    """Return a recurrent classifier with a softmax on the last step.

    W is drawn as by Glorot and Bengio (2010), U is a random orthogonal matrix, the biases are zero. The matrices are
    drawn dense and then factored, so networks of different kinds begin as the same function.

    Parameters
    ----------
    shape
        Sizes, activation and family.
    seed
        The experiment's seed.
    dtype
        ``float32`` or ``float64``.

    Raises
    ------
    NetworkError
        If there is no recurrent layer.
    """
    if not shape.units:
        raise NetworkError("a recurrent network has 0 recurrent layers; it should have at least one")
    rng = np.random.default_rng(seeds(Purpose.INITIAL_WEIGHTS, seed))
    layers: list[LayerSpec] = []
    pieces: list[Array] = []
    n_in = shape.n_in
    for n_units in shape.units:
        layers.append(LayerSpec(DENSE.name, n_in, n_units, min(n_in, n_units), shape.activation))
        layers.append(LayerSpec(DENSE.name, n_units, n_units, n_units, shape.activation))
        pieces += [_glorot(n_units, n_in, rng), np.zeros(n_units), _orthogonal(n_units, rng), np.zeros(n_units)]
        n_in = n_units
    layers.append(LayerSpec(DENSE.name, n_in, shape.n_classes, min(n_in, shape.n_classes), "softmax"))
    pieces += [_glorot(shape.n_classes, n_in, rng), np.zeros(shape.n_classes)]
    store = Network(NetworkSpec(tuple(layers), "cross-entropy"), np.concatenate([one.ravel() for one in pieces]))
    for index, kind in enumerate(shape.kinds):
        layer = store.spec.layers[index]
        if kind != layer.kind:
            store = with_layer(store, index, *factorised(layer, store.parameters(index), kind, layer.rank))
    return RecurrentNetwork(Network(replace(store.spec), store.theta.astype(dtype)))


def _glorot(n_out: int, n_in: int, rng: np.random.Generator) -> Array:
    return rng.normal(0.0, np.sqrt(2 / (n_in + n_out)), (n_out, n_in))


def _orthogonal(n: int, rng: np.random.Generator) -> Array:
    """Return a random orthogonal matrix, which neither shrinks nor enlarges a state (Saxe et al., 2014)."""
    q, r = np.linalg.qr(rng.standard_normal((n, n)))
    matrix: Array = q * np.sign(np.diag(r))
    return matrix
