"""Invalid networks are refused before any computation."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np
import pytest

from mlpsvd.errors import FileFormatError, NetworkError
from mlpsvd.json_fields import Fields
from mlpsvd.network.checks import MOST_WIDTH, check_network, check_spec, check_steps, check_vector
from mlpsvd.network.initialise import build
from mlpsvd.network.layers import family_names, layer_family
from mlpsvd.network.settings import NetworkSettings
from mlpsvd.network.spec import LayerSpec, NetworkSpec
from mlpsvd.network.spec_table import spec_from_fields, spec_to_table

DENSE = LayerSpec("dense", 6, 4, 4, "relu")
SVD = LayerSpec("svd", 4, 5, 2, "relu")
OUT = LayerSpec("dense", 5, 3, 3, "softmax")
SPEC = NetworkSpec((DENSE, SVD, OUT), "cross-entropy")


@pytest.mark.parametrize(
    "kinds", [(one, other) for one in family_names() for other in family_names() if not layer_family(other).slides]
)
def test_networks_that_the_program_builds_pass(kinds: tuple[str, ...]) -> None:
    network = build(NetworkSettings(hidden=(7,), kernel_width=4), 9, 3, kinds, 0)
    check_network(network.spec, network.theta)
    check_steps(network.spec, [0, 10**6])
    written = json.loads(json.dumps(spec_to_table(network.spec)))
    assert spec_from_fields(Fields(written)) == network.spec


def changed(index: int, **values: Any) -> NetworkSpec:
    layers = list(SPEC.layers)
    layers[index] = dataclasses.replace(layers[index], **values)
    return NetworkSpec(tuple(layers), SPEC.loss)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (NetworkSpec((), "cross-entropy"), "the network has 0 layers; it should have 1 to 64"),
        (NetworkSpec((DENSE,) * 65, "cross-entropy"), "the network has 65 layers"),
        (changed(0, kind="conv"), "the kind of layer0 is 'conv'; it should be one of dense, svd, two-factor, soft-"),
        (changed(0, kind=["svd"]), "the kind of layer0 is"),
        (changed(2, activation="gelu"), "the activation of layer2 is 'gelu'"),
        (changed(0, n_in=0), "n_in of layer0 is 0; it should be a whole number from 1 to"),
        (changed(0, n_in=True), "n_in of layer0 is True"),
        (changed(0, n_in=6.0), "n_in of layer0 is 6.0"),
        (changed(0, n_in=MOST_WIDTH + 1), "n_in of layer0 is 4194305"),
        (changed(1, rank=-1), "rank of layer1 is -1"),
        (changed(1, rank=5), "the rank of layer1 is 5; it should be at most 4"),
        (changed(0, rank=3), "the rank of layer0 is 3; it should be 4"),
        (changed(1, n_in=514), "layer1 takes 514 inputs; it should take the 4 of layer0"),
        (changed(2, activation="tanh"), "the output activation is tanh; cross-entropy needs softmax or sigmoid"),
        (dataclasses.replace(SPEC, loss="hinge"), "the loss is 'hinge'"),
        (
            NetworkSpec((LayerSpec("dense", 2**22, 2**22, 2**22, "softmax"),), "cross-entropy"),
            "the network has 17,592,190,238,720 parameters; at most 268,435,456 are allowed",
        ),
    ],
)
def test_layers_that_do_not_fit_are_refused(spec: NetworkSpec, words: str) -> None:
    with pytest.raises(NetworkError, match=words.replace("(", r"\(")):
        check_spec(spec)
    with pytest.raises(FileFormatError) as caught:
        spec_from_fields(Fields(spec_to_table(spec), "network."))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("vector", "words"),
    [
        (np.zeros(SPEC.n_parameters - 1, np.float32), "has the shape (70,); it should be (71,)"),
        (np.zeros((1, SPEC.n_parameters), np.float32), "has the shape (1, 71)"),
        (np.zeros(SPEC.n_parameters, np.int64), "has the type int64; it should be float32 or float64"),
        (np.zeros(SPEC.n_parameters, np.float16), "has the type float16"),
    ],
)
def test_vectors_of_another_network_are_refused(vector: np.ndarray, words: str) -> None:
    with pytest.raises(NetworkError) as caught:
        check_vector(SPEC, vector, "the first moment")
    assert words in str(caught.value) and str(caught.value).startswith("the first moment")


@pytest.mark.parametrize("steps", [[1, 2], [0, 0, -1], [0, 0, 2**64], [0, 0, 1.0], [0, 0, True], [0, 0, "1"]])
def test_impossible_counts_of_updates_are_refused(steps: list[Any]) -> None:
    with pytest.raises(NetworkError, match="updates"):
        check_steps(SPEC, steps)


def test_a_network_too_large_is_refused_before_its_weights_are_drawn() -> None:
    with pytest.raises(NetworkError, match="at most 268,435,456 are allowed"):
        build(NetworkSettings(hidden=(65536, 65536)), 129, 5, ("dense",) * 3, 0)
