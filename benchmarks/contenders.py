"""The contenders: implementations of a multilayer perceptron as functions that run one epoch.

Each contender uses the same feature vectors, labels, network and Adam (learning rate 0.0005, batches of 64, softmax,
cross-entropy, ReLU), shuffles in every epoch, and follows the documentation of its library. Nothing is evaluated
between epochs. Libraries are imported inside the functions, so that only the contenders of a missing library fail.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

BATCH = 64
LEARNING_RATE, BETA_1, BETA_2, EPSILON = 0.0005, 0.9, 0.999, 1e-8


@dataclass(frozen=True)
class Task:
    """Sizes of a network and its training set."""

    n_in: int
    n_hidden: int
    n_classes: int
    n_clips: int

    @property
    def name(self) -> str:
        return f"{self.n_in}-{self.n_hidden}-{self.n_classes}"

    @property
    def n_updates(self) -> int:
        return -(-self.n_clips // BATCH)

    def data(self) -> tuple[np.ndarray, np.ndarray]:
        """Return random non-negative feature vectors scaled to 1, as magnitudes are, and labels."""
        rng = np.random.default_rng(0)
        x = np.abs(rng.normal(size=(self.n_clips, self.n_in)))
        return (x / x.max()).astype(np.float32), rng.integers(0, self.n_classes, self.n_clips)

    def weights(self) -> list[np.ndarray]:
        """Return W and b of both layers, N(0, 0.1²) and zero, as the paper task uses them."""
        rng = np.random.default_rng(1)
        sizes = (self.n_in, self.n_hidden, self.n_classes)
        weights: list[np.ndarray] = []
        for n_in, n_out in itertools.pairwise(sizes):
            weights += [0.1 * rng.normal(size=(n_out, n_in)).astype(np.float32), np.zeros(n_out, np.float32)]
        return weights


def ours(engine_name: str, rank: int | None) -> Callable[[Task], Callable[[], None]]:
    """MLP (no rank) or MLP-SVD on one of our engines, shuffled as the trainer does."""

    def prepare(task: Task) -> Callable[[], None]:
        from mlpsvd.engines.choice import choose
        from mlpsvd.engines.optimiser import OptimiserRule, fresh_state
        from mlpsvd.network.factorise import factorised, with_layer
        from mlpsvd.network.initialise import build
        from mlpsvd.network.network import Network
        from mlpsvd.network.settings import NetworkSettings

        engine, note = choose(engine_name, "float32")
        if note:
            raise ModuleNotFoundError(note)
        x, labels = task.data()
        network = build(NetworkSettings(hidden=(task.n_hidden,)), task.n_in, task.n_classes, ("dense", "dense"), 0)
        if rank is not None:
            layer, parameters = network.spec.layers[0], network.parameters(0)
            network = with_layer(network, 0, *factorised(layer, parameters, "svd", min(rank, layer.rank)))
        network = Network(network.spec, engine.array(network.theta))
        data = engine.vectors(x, labels, task.n_classes)
        rule = OptimiserRule("adam", LEARNING_RATE, 0.9, BETA_1, BETA_2, EPSILON)
        state = fresh_state(network.spec, network.theta)
        epochs = itertools.count()

        def epoch() -> None:
            order = engine.order(np.random.SeedSequence([0, next(epochs)]), len(x))
            engine.run_epoch(network, rule, state, data, order, BATCH)

        return epoch

    return prepare


def pytorch(fused: bool) -> Callable[[Task], Callable[[], None]]:
    """The loop of PyTorch's tutorials, without a DataLoader, which would be slower."""

    def prepare(task: Task) -> Callable[[], None]:
        import torch

        torch.set_num_threads(1)
        x, labels = (torch.from_numpy(array) for array in task.data())
        model = torch.nn.Sequential(
            torch.nn.Linear(task.n_in, task.n_hidden), torch.nn.ReLU(), torch.nn.Linear(task.n_hidden, task.n_classes)
        )
        for parameter, values in zip(model.parameters(), task.weights(), strict=True):
            parameter.data = torch.from_numpy(values)
        adam = torch.optim.Adam(model.parameters(), LEARNING_RATE, (BETA_1, BETA_2), EPSILON, fused=fused)
        loss_of = torch.nn.CrossEntropyLoss()

        def epoch() -> None:
            for batch in torch.randperm(len(x)).split(BATCH):
                adam.zero_grad()
                loss_of(model(x[batch]), labels[batch]).backward()
                adam.step()

        return epoch

    return prepare


def scikit_learn(task: Task) -> Callable[[], None]:
    """``partial_fit``, one epoch per call; its input validation is within the noise."""
    from sklearn.neural_network import MLPClassifier

    x, labels = task.data()
    classes = np.arange(task.n_classes)
    network = MLPClassifier(
        (task.n_hidden,), alpha=0.0, batch_size=BATCH, learning_rate_init=LEARNING_RATE, beta_1=BETA_1,
        beta_2=BETA_2, epsilon=EPSILON, shuffle=True, random_state=0,
    )  # fmt: skip

    def epoch() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            network.partial_fit(x, labels, classes=classes)

    return epoch


def jax_scan(task: Task) -> Callable[[], None]:
    """A whole epoch, shuffling included, in one jitted call, the fastest form in JAX."""
    import jax
    import jax.numpy as jnp

    x, labels = (jax.device_put(array) for array in task.data())
    theta: Any = [jax.device_put(values) for values in task.weights()]
    n_full = task.n_clips // BATCH

    def loss(theta: Any, batch: Any) -> Any:
        W_1, b_1, W_2, b_2 = theta
        outputs = jax.nn.relu(x[batch] @ W_1.T + b_1) @ W_2.T + b_2
        return -jnp.take_along_axis(jax.nn.log_softmax(outputs), labels[batch][:, None], axis=1).mean()

    def update(state: Any, batch: Any) -> tuple[Any, None]:
        theta, first, second, step = state
        gradient = jax.grad(loss)(theta, batch)
        step = step + 1
        first = [BETA_1 * m + (1 - BETA_1) * g for m, g in zip(first, gradient, strict=True)]
        second = [BETA_2 * v + (1 - BETA_2) * g * g for v, g in zip(second, gradient, strict=True)]
        rate, correction = LEARNING_RATE / (1 - BETA_1**step), 1 / (1 - BETA_2**step)
        theta = [
            t - rate * m / (jnp.sqrt(v * correction) + EPSILON) for t, m, v in zip(theta, first, second, strict=True)
        ]
        return (theta, first, second, step), None

    def one_epoch(state: Any, key: Any) -> Any:
        order = jax.random.permutation(key, task.n_clips)
        state, _ = jax.lax.scan(update, state, order[: n_full * BATCH].reshape(n_full, BATCH))
        if n_full * BATCH < task.n_clips:
            state, _ = update(state, order[n_full * BATCH :])
        return state

    compiled = jax.jit(one_epoch, donate_argnums=0)
    zeros = [jnp.zeros_like(values) for values in theta]
    state = [(theta, zeros, [jnp.zeros_like(values) for values in theta], jnp.float32(0))]
    keys = iter(jax.random.split(jax.random.key(0), 100_000))

    def epoch() -> None:
        state[0] = jax.block_until_ready(compiled(state[0], next(keys)))

    return epoch


def matrix_products(rank: int | None) -> Callable[[Task], Callable[[], None]]:
    """The floor: only the matrix products of an update, with the same shapes and BLAS."""

    def prepare(task: Task) -> Callable[[], None]:
        from numba import njit
        from threadpoolctl import threadpool_limits

        @njit(nogil=True)
        def dense(n, x, columns, W, V, z, y, dW, dV, back):  # type: ignore[no-untyped-def]
            for _ in range(n):
                np.dot(W, columns, z)
                np.dot(V, z, y)
                np.dot(y, z.T, dV)
                np.dot(V.T, y, back)
                np.dot(back, x, dW)

        @njit(nogil=True)
        def factored(n, x, columns, U, Vt, V, p, z, y, dU, dVt, dV, delta, back):  # type: ignore[no-untyped-def]
            for _ in range(n):
                np.dot(Vt, columns, p)
                np.dot(U, p, z)
                np.dot(V, z, y)
                np.dot(y, z.T, dV)
                np.dot(V.T, y, delta)
                np.dot(delta, p.T, dU)
                np.dot(U.T, delta, back)
                np.dot(back, x, dVt)

        threadpool_limits(1)
        rng = np.random.default_rng(0)

        def matrix(n: int, m: int) -> np.ndarray:
            return rng.normal(size=(n, m)).astype(np.float32) * np.float32(0.01)

        x, V, y = matrix(BATCH, task.n_in), matrix(task.n_classes, task.n_hidden), matrix(task.n_classes, BATCH)
        columns = x.T.copy()  # the faster product; the transposition is not counted
        z, delta = matrix(task.n_hidden, BATCH), matrix(task.n_hidden, BATCH)
        if rank is None:
            W = matrix(task.n_hidden, task.n_in)
            return lambda: dense(task.n_updates, x, columns, W, V, z, y, W.copy(), V.copy(), delta)
        r = min(rank, task.n_hidden, task.n_in)
        U, Vt, p = matrix(task.n_hidden, r), matrix(r, task.n_in), matrix(r, BATCH)
        return lambda: factored(
            task.n_updates, x, columns, U, Vt, V, p, z, y, U.copy(), Vt.copy(), V.copy(), delta, p.copy()
        )

    return prepare


def contender(name: str) -> Callable[[Task], Callable[[], None]]:
    """Return the function that prepares a contender, by name; see :data:`NAMES`. ``… rank R`` is an MLP-SVD."""
    kind, _, rank = name.partition(", rank ")
    at_rank = int(rank) if rank else None
    return {
        "ours, MLP": ours("fused", None),
        "ours, MLP-SVD": ours("fused", at_rank),
        "ours in NumPy, MLP": ours("reference", None),
        "ours in NumPy, MLP-SVD": ours("reference", at_rank),
        "PyTorch eager, Adam": pytorch(fused=False),
        "PyTorch eager, fused Adam": pytorch(fused=True),
        "scikit-learn": scikit_learn,
        "JAX, jitted scan": jax_scan,
        "floor, MLP": matrix_products(None),
        "floor, MLP-SVD": matrix_products(at_rank),
    }[kind]
