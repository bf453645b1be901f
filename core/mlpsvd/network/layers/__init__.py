"""Layer families, one module each, and their registration."""

from mlpsvd.network.layers.convolution import Convolution, ConvolutionSvd
from mlpsvd.network.layers.dense import Dense
from mlpsvd.network.layers.factored import Factored
from mlpsvd.network.layers.family import (
    LayerFamily,
    LayerPass,
    LayerSpec,
    Parameters,
    PassTangent,
    Window,
    family_names,
    layer_family,
    register,
)
from mlpsvd.network.layers.spectral import Clipped, SoftThreshold
from mlpsvd.network.layers.svd import Svd
from mlpsvd.network.layers.two_factor import TwoFactor

__all__ = [
    "DENSE",
    "SVD",
    "TWO_FACTOR",
    "Factored",
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

DENSE, SVD, TWO_FACTOR = Dense(), Svd(), TwoFactor()

for _family in (DENSE, SVD, TWO_FACTOR, SoftThreshold(), Clipped(), Convolution(), ConvolutionSvd()):
    register(_family)
