"""How alike networks are: alignment, principal angles, and the analysis of a run."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mlpsvd
from mlpsvd.analysis.layer_inputs import layer_inputs
from mlpsvd.analysis.registry import analysis
from mlpsvd.analysis.result import result_of
from mlpsvd.analysis.similarity import linear_cka, principal_angles, shared_energy
from mlpsvd.contenders import CONTENDERS
from mlpsvd.errors import DataError, SettingError
from mlpsvd.experiments.analyse import prepared_again, subject_of
from mlpsvd.experiments.runs.run import Run

_SEEDS = st.integers(0, 2**32 - 1)


def _orthogonal(rng: np.random.Generator, n: int) -> np.ndarray:
    return np.linalg.qr(rng.standard_normal((n, n)))[0]


@given(seed=_SEEDS, n=st.integers(4, 30), p=st.integers(1, 6), q=st.integers(1, 6), scale=st.floats(1e-3, 1e3))
@settings(deadline=None, max_examples=60)
def test_alignment_is_that_of_the_kernels_and_blind_to_rotation_scale_and_offset(
    seed: int, n: int, p: int, q: int, scale: float
) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((n, p)), rng.standard_normal((n, q))
    h = np.eye(n) - 1.0 / n
    k, l = h @ x @ x.T @ h, h @ y @ y.T @ h  # noqa: E741  # of the paper
    found = linear_cka(x, y)
    assert found == pytest.approx(np.sum(k * l) / np.sqrt(np.sum(k * k) * np.sum(l * l)), abs=1e-12)
    assert linear_cka(y, x) == pytest.approx(found, abs=1e-12)
    assert linear_cka(x, -scale * x @ _orthogonal(rng, p) + 5.0) == pytest.approx(1.0, abs=1e-9)
    assert linear_cka(scale * x @ _orthogonal(rng, p), y) == pytest.approx(found, abs=1e-9)


def test_activations_without_a_common_component_are_not_aligned() -> None:
    t = 2.0 * np.pi * np.arange(32) / 32
    assert linear_cka(np.sin(t)[:, None], np.cos(t)[:, None]) == pytest.approx(0.0, abs=1e-12)
    with pytest.raises(DataError, match="same for all clips"):
        linear_cka(np.full((32, 2), 0.1), np.cos(t)[:, None])
    with pytest.raises(DataError, match="32 and 31 clips"):
        linear_cka(np.zeros((32, 1)), np.zeros((31, 1)))


@given(seed=_SEEDS, rank=st.integers(1, 4))
@settings(deadline=None, max_examples=60)
def test_principal_angles_are_those_of_the_projections(seed: int, rank: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.standard_normal((5, 9)), rng.standard_normal((4, 9))
    angles = principal_angles(a, b, rank)
    v, w = (np.linalg.svd(one)[2][:rank] for one in (a, b))
    cosines = np.sort(np.clip(np.linalg.svd(v @ w.T, compute_uv=False), 0, 1))[::-1]
    np.testing.assert_allclose(np.cos(angles), cosines, atol=1e-9)
    assert shared_energy(angles) == pytest.approx(np.trace(v.T @ v @ w.T @ w) / rank, abs=1e-9)
    turned = principal_angles(_orthogonal(rng, 5) @ a, -3.0 * a, rank)
    np.testing.assert_allclose(turned, 0.0, atol=1e-7)


def test_a_rank_that_a_matrix_does_not_have_is_refused() -> None:
    with pytest.raises(SettingError, match="from 1 to 1"):
        principal_angles(np.ones((3, 4)), np.eye(4), 2)
    with pytest.raises(DataError, match="4 and 5 inputs"):
        principal_angles(np.ones((3, 4)), np.eye(5), 1)


def _run(*contenders: str) -> Run:
    experiment = mlpsvd.with_value(mlpsvd.Experiment(), "training.epochs", 2)
    experiment = mlpsvd.with_value(experiment, "data.synthetic.train_per_class", 20)
    experiment = mlpsvd.with_value(experiment, "data.synthetic.test_per_class", 20)
    return mlpsvd.train(experiment, contenders=tuple(CONTENDERS[key] for key in contenders))


def test_the_analysis_compares_every_pair_of_a_run() -> None:
    run = _run("mlp", "mlp-svd", "softmax")
    prepared = prepared_again(run)
    assert prepared is not None
    softmax = CONTENDERS["softmax"].title
    for epoch in (None, 1):
        subject = subject_of(run, "mlp-svd", prepared, epoch)
        found = result_of(analysis("similarity").run(subject))
        rows = found.tables[0].rows
        assert [row[:2] for row in rows] == [("MLP", "MLP-SVD"), ("MLP", softmax), ("MLP-SVD", softmax)]
        first, second = (subject_of(run, key, prepared, epoch).network for key in ("mlp", "mlp-svd"))
        hidden = [layer_inputs(one, prepared.dataset.x_test, 1) for one in (first, second)]
        assert rows[0][2] == pytest.approx(linear_cka(*hidden), abs=1e-4)
        rank = rows[0][3]
        angles = principal_angles(first.weight_matrix(0), second.weight_matrix(0), rank)
        assert rows[0][6] == pytest.approx(shared_energy(angles), abs=1e-4)
        assert rows[1][2] == "–" and rows[1][3] == 5  # softmax has no hidden layer, and five rows
        other = result_of(analysis("similarity").run(subject_of(run, "mlp", prepared, epoch)))
        assert other.findings == found.findings
    assert found.pictures[0].draw().axes


def test_one_network_is_compared_with_none() -> None:
    run = _run("mlp")
    found = result_of(analysis("similarity").run(subject_of(run, "mlp", prepared_again(run))))
    assert len(found.findings) == 1 and "one network" in found.findings[0] and not found.tables
