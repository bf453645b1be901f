"""Counting weights (figure 3) and arithmetic."""

from __future__ import annotations

import pytest

from mlpsvd.network.operations import epoch_flops, forward_flops, layer_weights
from mlpsvd.network.spec import LayerSpec, NetworkSpec


def a_layer(kind: str, rank: int, n_in: int = 256, n_out: int = 20) -> LayerSpec:
    return LayerSpec(kind, n_in, n_out, rank, "relu")


@pytest.mark.parametrize(("n_in", "discarded"), [(512, 1), (256, 2), (128, 3)])
def test_figure_3_fewer_weights_after_a_few_discards(n_in: int, discarded: int) -> None:
    """A factored 20 × I matrix has fewer weights than W once R (I + 20 + 1) < 20 I."""
    dense = layer_weights(a_layer("dense", 20, n_in))
    assert dense == 20 * n_in
    assert layer_weights(a_layer("svd", 20 - discarded + 1, n_in)) > dense
    assert layer_weights(a_layer("svd", 20 - discarded, n_in)) < dense
    assert layer_weights(a_layer("two-factor", 20, n_in)) == 20 * (n_in + 20)


def network(kind: str, rank: int) -> NetworkSpec:
    return NetworkSpec(
        (LayerSpec(kind, 129, 20, rank, "relu"), LayerSpec("dense", 20, 5, 5, "softmax")), "cross-entropy"
    )


def test_dense_forward_is_two_operations_a_weight_and_the_activations() -> None:
    assert forward_flops(network("dense", 20)) == 2 * 129 * 20 + 2 * 20 + 2 * 20 * 5 + 5 * 5


def test_fewer_singular_values_less_arithmetic() -> None:
    counts = [epoch_flops(network("svd", rank), 5000, 64, "adam") for rank in (20, 10, 3)]
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] < 0.4 * epoch_flops(network("dense", 20), 5000, 64, "adam") < counts[0]
