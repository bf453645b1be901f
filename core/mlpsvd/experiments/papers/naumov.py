"""Naumov (2017): Hessian blocks, eigenvalues, bounds and ranks on small networks, against differences of gradients."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mlpsvd.analysis.hessian.blocks import hessian_blocks
from mlpsvd.analysis.hessian.through_time import FUNCTIONS, TimePass, time_pass
from mlpsvd.analysis.hessian.update_rank import update_rank, update_rank_of
from mlpsvd.experiments.papers.compare import compare_claim
from mlpsvd.experiments.papers.finding import Comparison, Finding, Reproduction, Results
from mlpsvd.experiments.trials.trials import Trial
from mlpsvd.network.layers import DENSE, LayerSpec
from mlpsvd.network.network import Network
from mlpsvd.network.settings import Activation
from mlpsvd.network.spec import NetworkSpec
from mlpsvd.streams import Purpose, seeds
from mlpsvd.tables import Picture, Table
from mlpsvd.text import percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["NAUMOV_HESSIAN", "NAUMOV_TIME"]

Array = NDArray[np.floating]

_KINDS: tuple[Activation, ...] = ("sigmoid", "tanh", "relu")
_NAMES = {"sigmoid": "logistic", "tanh": "tanh", "relu": "ReLU", "softplus": "softplus"}
_SIZES = (3, 4, 3, 2)
_X, _TARGET = np.array([[0.6, -1.1, 0.9]]), np.array([[0.2, 0.7]])
_STEP = 1e-5
_SMALL = 1e-7  # a difference quotient with this step is right to about eight digits


def example(kind: Activation) -> Network:
    """Return a network of 3, 4, 3 and 2 neurons with written-out weights, ((7i + 3j + k) mod 11 − 5) / 10."""
    pieces, layers = [], []
    for k, (n, m) in enumerate(pairwise(_SIZES), start=1):
        pieces += [_table(m, n, k).ravel(), ((5 * np.arange(m) + 2 * (k - 1)) % 7 - 3) / 10]
        layers.append(LayerSpec(DENSE.name, n, m, min(m, n), kind))
    return Network(NetworkSpec(tuple(layers), "squared error"), np.concatenate(pieces))


def time_example(kind: str, parts: list[Array] | None = None) -> TimePass:
    """Return three steps through a recurrent layer of three units with written-out weights W, U, b, or with ``parts``.

    The inputs and biases of the ReLU keep its units active: all others would contribute nothing.
    """
    x = np.array([[0.6, -0.1], [0.9, 0.4], [-0.3, 0.2]] if kind == "relu" else [[0.6, -1.1], [0.9, 0.4], [-0.3, 1.2]])
    w, u, b = _time_parts(kind) if parts is None else parts
    return time_pass(w, u, b, x, np.array([0.2, 0.7, -0.4]), kind)


def _time_parts(kind: str) -> list[Array]:
    b = np.array([1.6, 1.5, 1.7] if kind == "relu" else [0.1, -0.2, 0.3])
    return [_table(3, 2, 4), 1.5 * _table(3, 3, 2), b]


def differences(gradient: Callable[[Array], Array], theta: Array) -> Array:
    """Return the Hessian by central differences of a gradient."""
    columns = [
        (gradient(theta + _STEP * one) - gradient(theta - _STEP * one)) / (2 * _STEP) for one in np.eye(len(theta))
    ]
    return np.stack(columns, axis=1)


def printed_curvatures(network: Network) -> list[Array]:
    """Return C ∘ F + D of each layer with (32), (34) and (35) as they stand in the paper."""
    function = FUNCTIONS[network.spec.layers[0].activation]
    matrices = [network.weight_matrix(index) for index in range(len(network.spec.layers))]
    z, inputs = _X[0], []
    for index, matrix in enumerate(matrices):
        inputs.append(matrix @ z + network.parameters(index)["b"])
        z = function.f(inputs[-1])
    v = -(_TARGET[0] - z) * function.second(inputs[-1])
    c, found = np.diag(function.first(inputs[-1]) ** 2), []
    for index in reversed(range(len(matrices))):
        slope = function.first(inputs[index])
        a = c * np.outer(slope, slope) + np.diag(v)
        found.append(a)
        c = matrices[index].T @ a @ matrices[index]
        if index > 0:
            v = (matrices[index].T @ v) * function.second(inputs[index - 1])
    return found[::-1]


def _table(m: int, n: int, k: int) -> Array:
    i, j = np.arange(m)[:, None], np.arange(n)[None, :]
    return ((7 * i + 3 * j + k) % 11 - 5) / 10


def _error(found: Array, expected: Array) -> float:
    """Return the largest difference relative to the largest entry."""
    return float(np.abs(found - expected).max() / max(1e-300, float(np.abs(expected).max())))


def _find_hessian(n_trials: int, results: Results) -> Finding:
    comparisons, rows, outside = [], [], {}
    for kind in _KINDS:
        network, name = example(kind), _NAMES[kind]
        errors, outside[name] = _block_errors(network)
        rows += [(name, index + 1, *row) for index, row in enumerate(errors)]
        comparisons += _block_claims(name, *(list(column) for column in zip(*errors, strict=True)))
    comparisons.append(_update_claim())
    worst = max(row[2] for row in rows)
    listed = ", ".join(f"{percent(share, 0)} for {name}" for name, share in outside.items())
    return Finding(
        "As corrected, theorem 1 gives the diagonal blocks exactly; as printed, they are up to "
        f"{percent(worst, 0)} wrong, and exact for the ReLU. Most of the Hessian lies outside the blocks: of its "
        f"Frobenius norm {listed}.",
        tuple(comparisons),
        (Table("naumov-blocks", "Largest error of the blocks, relative to the largest entry",
               ("activation", "layer", "as printed", "corrected", "eigenvalues by (46), absolute"), tuple(rows),
               shown=True),),
        (Picture("naumov-hessian", "Whole Hessian of a 3-4-3-2 network with tanh (left, central differences) and what "
                 "the diagonal blocks of theorem 1 hold of it (right). Colour: signed fourth root.", _draw_hessian),),
        ("Misprints: C(l) is I, not I ∘ F; v in (34) and (35) is another vector, d(l) = −(z* − z) ∘ f″(y(l)), "
         "d(k−1) = (W(k)ᵀ v(k)) ∘ f″(y(k−1)) with v from (18) and (19). The examples have written-out weights, squared "
         "error and one clip; the reference is a central difference of exact gradients in float64.",),
    )  # fmt: skip


def _whole_hessian(network: Network) -> Array:
    def gradient(theta: Array) -> Array:
        return Network(network.spec, theta).gradient(_X, _TARGET)

    return differences(gradient, network.theta)


def _block_errors(network: Network) -> tuple[list[tuple[float, float, float]], float]:
    """Return per layer the errors as printed, as corrected and of (46); and the norm outside the blocks, 0 to 1."""
    full, errors = _whole_hessian(network), []
    rest = full.copy()
    blocks = hessian_blocks(network, _X, _TARGET)
    for index, (block, printed) in enumerate(zip(blocks, printed_curvatures(network), strict=True)):
        m, n = block.shape
        start = network.spec.offsets[index]
        part, biases = slice(start, start + m * n), slice(start + m * n, start + m * n + m)
        exact, outer = full[part, part], np.outer(block.z[0], block.z[0])
        rest[part, part], rest[biases, biases] = 0, 0
        values = float(np.abs(block.eigenvalues() - np.linalg.eigvalsh(exact)).max())
        errors.append((_error(np.kron(printed, outer), exact), _error(block.of_weights(), exact), values))
    return errors, float(np.linalg.norm(rest) / np.linalg.norm(full))


def _block_claims(name: str, printed: list[float], ours: list[float], values: list[float]) -> list[Comparison]:
    return [
        compare_claim(f"{name}: (28) as printed is the block", "exact", f"up to {percent(max(printed))} wrong",
                      max(printed) < _SMALL),
        compare_claim(f"{name}: (28) as corrected is the block", "exact", f"error {max(ours):.0e}", max(ours) < _SMALL),
        compare_claim(f"{name}: eigenvalues {{0, |z|² λ(C̃)}} with multiplicities, (46)", "identity",
                      f"error {max(values):.0e}", max(values) < _SMALL),
    ]  # fmt: skip


def _update_claim() -> Comparison:
    rng = np.random.default_rng(seeds(Purpose.PAPER_EXAMPLES, 1))
    layers = (LayerSpec(DENSE.name, 30, 20, 20, "tanh"), LayerSpec(DENSE.name, 20, 3, 3, "softmax"))
    spec = NetworkSpec(layers, "cross-entropy")
    network = Network(spec, rng.normal(0, 0.3, spec.n_parameters))
    ranks = [
        update_rank(network, rng.normal(size=(r, 30)), np.eye(3)[rng.integers(3, size=r)]).rank for r in (1, 4, 16)
    ]
    found = ", ".join(map(str, ranks))
    return compare_claim("Rank of ΔW from 1, 4 and 16 clips, (26)", "1, 4, 16", found, ranks == [1, 4, 16])


def _find_time(n_trials: int, results: Results) -> Finding:
    comparisons, rows = [], []
    for kind in ("sigmoid", "tanh", "softplus", "relu"):
        passed, name = time_example(kind), _NAMES[kind]
        printed = passed.printed_hessians()
        for which, (hessian, label) in enumerate(zip(passed.hessians(), ("H_w", "H_u", "H_b"), strict=True)):
            exact = _time_differences(kind, which)
            rows.append((name, label, _error(printed[which], exact), _error(hessian, exact)))
        bounds = passed.bounds()
        comparisons.append(
            compare_claim(f"{name}: bounds (103) and (108) hold for the H_w of (74)", "hold",
                          f"λ(H) − λ(B) within {_interval(bounds.weyl)} and {_interval(bounds.coarse)}", bounds.hold)
        )  # fmt: skip
    for index, label in enumerate(("(74)", "(75)", "(76)")):
        errors = {row[0]: row[2] for row in rows[index::3]}
        found = ", ".join(f"{percent(error, 0)} {name}" for name, error in errors.items())
        holds = all(error < _SMALL for error in errors.values())
        comparisons.append(
            compare_claim(f"{label} is the Hessian of a recurrent layer", "exact", f"off by {found}", holds)
        )
    worst = max(row[3] for row in rows)
    comparisons.append(compare_claim("The complete formulas", "exact", f"error {worst:.0e}", worst < _SMALL))
    comparisons.append(_time_update_claim())
    return Finding(
        "The Hessian through time of theorem 2 neglects the curvature of all steps but the last, and that earlier "
        f"states depend on U. With both, the formulas agree with differences of the gradient to {worst:.0e}.",
        tuple(comparisons),
        (Table("naumov-time", "Largest error, relative to the largest entry",
               ("activation", "Hessian", "(74) to (76), misprints corrected", "complete"), tuple(rows), shown=True),),
        (Picture("naumov-time", "Error of the Hessians of (74) to (76) on a recurrent layer of three units and three "
                 "steps.", lambda: _draw_time(rows)),),
        ("One recurrent layer of three units, three steps, squared error at the last one. The products in (58) and "
         "(77) run downwards. Lemma 2 holds for the top layer only; networks here use full backpropagation through "
         "time.",),
    )  # fmt: skip


def _time_differences(kind: str, which: int) -> Array:
    """Return H_w, H_u or H_b of the example by central differences of the gradients."""
    parts = _time_parts(kind)

    def gradient(theta: Array) -> Array:
        moved = [*parts[:which], theta.reshape(parts[which].shape), *parts[which + 1 :]]
        return time_example(kind, moved).gradients()[which].ravel()

    return differences(gradient, parts[which].ravel())


def _time_update_claim() -> Comparison:
    rng = np.random.default_rng(seeds(Purpose.PAPER_EXAMPLES, 1))
    passed = [
        time_pass(rng.normal(size=(9, 8)), 0.5 * rng.normal(size=(9, 9)), np.zeros(9), rng.normal(size=(t, 8)),
                  rng.normal(size=9), "tanh")
        for t in (1, 3, 5)
    ]  # fmt: skip
    ranks = [update_rank_of(one.v.T, one.x.T, one.n_steps).rank for one in passed]
    found = ", ".join(map(str, ranks))
    return compare_claim("Rank of ΔW from one clip of 1, 3 and 5 steps, (71)", "1, 3, 5", found, ranks == [1, 3, 5])


def _interval(pair: tuple[float, float]) -> str:
    return f"[{pair[0]:.3g}, {pair[1]:.3g}]"


def _draw_hessian() -> Figure:
    from mlpsvd.drawing import COLUMN_IN, new_figure, style

    network = example("tanh")
    full = _whole_hessian(network)
    held = np.zeros_like(full)
    for index, block in enumerate(hessian_blocks(network, _X, _TARGET)):
        m, n = block.shape
        start = network.spec.offsets[index]
        held[start : start + m * n, start : start + m * n] = block.of_weights()
        biases = slice(start + m * n, start + m * n + m)
        held[biases, biases] = block.of_biases()
    with style():
        figure = new_figure(3.0, 2 * COLUMN_IN)
        for axes, matrix, title in zip(figure.subplots(1, 2), (full, held), ("Full Hessian", "Blocks"), strict=True):
            shown = np.sign(matrix) * np.abs(matrix) ** 0.25
            top = float(np.abs(full).max()) ** 0.25
            axes.imshow(shown, cmap="RdBu", vmin=-top, vmax=top, interpolation="nearest")
            axes.set_title(title)
            axes.set_xlabel("Parameter")
            axes.set_ylabel("Parameter")
    return figure


def _draw_time(rows: list[tuple[str, str, float, float]]) -> Figure:
    from mlpsvd.drawing import PALETTE, new_figure, style

    names = list(dict.fromkeys(row[0] for row in rows))
    with style():
        figure = new_figure(2.4)
        axes = figure.subplots()
        for index, label in enumerate(("H_w, (74)", "H_u, (75)", "H_b, (76)")):
            errors = [100 * row[2] for row in rows[index::3]]
            axes.bar(np.arange(len(names)) + 0.27 * (index - 1), errors, 0.25, color=PALETTE[index], label=label)
        axes.set_xticks(range(len(names)), names)
        axes.set_ylabel("Error (% of largest entry)")
        axes.legend()
    return figure


def _no_trials(n_trials: int) -> list[Trial]:
    return []


NAUMOV_HESSIAN = Reproduction(
    "naumov-hessian",
    "Theorem 1: Hessian blocks",
    "Hessian blocks of a feedforward network as printed and as corrected, their eigenvalues, and their share of the "
    "whole Hessian.",
    False,
    _no_trials,
    _find_hessian,
)

NAUMOV_TIME = Reproduction(
    "naumov-time",
    "Theorem 2: Hessian through time",
    "Hessians of a recurrent layer as printed and complete, bounds of their eigenvalues, and the rank of an update.",
    False,
    _no_trials,
    _find_time,
)
