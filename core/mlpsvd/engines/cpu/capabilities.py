"""Capabilities of the fused CPU engine; does not import Numba."""

from __future__ import annotations

from mlpsvd.engines.capabilities import Capabilities
from mlpsvd.network.checks import MOST_PARAMETERS

__all__ = ["CAPABILITIES"]

CAPABILITIES = Capabilities(
    engine="The fused engine",
    families=("dense", "svd", "two-factor"),
    activations=("relu", "sigmoid", "tanh", "softmax"),
    losses=("cross-entropy", "squared error"),
    precisions=("float32",),
    most_parameters=MOST_PARAMETERS,
)
