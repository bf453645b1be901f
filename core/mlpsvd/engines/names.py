"""Names of engines, optimisers and precisions, as settings write them."""

from __future__ import annotations

from typing import Literal

__all__ = ["EngineName", "Optimiser", "Precision"]

EngineName = Literal["auto", "fused", "reference", "gpu"]
Optimiser = Literal["adam", "momentum", "sgd"]
Precision = Literal["float32", "float64"]
