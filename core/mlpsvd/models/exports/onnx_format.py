"""Models as ONNX files that contain the preprocessing."""

from __future__ import annotations

import json

from mlpsvd import __version__
from mlpsvd.errors import DataError, MissingLibraryError
from mlpsvd.frozen import how_to_add
from mlpsvd.models.exports.onnx_graph import OPSET, Graph, add_model
from mlpsvd.models.exports.recipe import Recipe

__all__ = ["onnx_content"]

_IR_VERSION = 8  # the version that belongs to operator set 17
_MOST_BYTES = 2**31 - 1  # of a protocol buffer


def onnx_content(recipe: Recipe) -> bytes:
    """Return an ONNX file: ``samples`` float32 [n_clips, n_samples] to ``probabilities`` float32 [n_clips, K].

    Both sizes of the input may differ from call to call. The metadata has the entries of
    :meth:`mlpsvd.models.exports.recipe.Recipe.description`; lists and numbers are JSON.

    Raises
    ------
    MissingLibraryError
        If onnx is not installed.
    DataError
        If the file would be larger than the format allows.
    """
    try:
        from onnx import TensorProto, checker, helper
    except ImportError as error:
        raise MissingLibraryError(
            f"The export to ONNX requires the library onnx, which is not installed; {how_to_add('onnx')}"
        ) from error
    if sum(array.nbytes for array in recipe.arrays().values()) > _MOST_BYTES * 0.9:
        raise DataError("the model is too large for an ONNX file, which holds at most 2 GiB; export it as safetensors")
    graph = Graph()
    add_model(graph, recipe)
    whole = helper.make_graph(
        graph.nodes,
        "MLP-SVD",
        [helper.make_tensor_value_info("samples", TensorProto.FLOAT, ["n_clips", "n_samples"])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n_clips", recipe.model.spec.n_out])],
        graph.constants,
    )
    model = helper.make_model(
        whole,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=_IR_VERSION,
        producer_name="mlpsvd",
        producer_version=__version__,
        doc_string="Samples of clips, mono, full scale 1, to class probabilities.",
    )
    entries = recipe.description()
    texts = {key: one if isinstance(one, str) else json.dumps(one) for key, one in entries.items()}
    helper.set_model_props(model, texts)
    checker.check_model(model, full_check=True)
    content: bytes = model.SerializeToString()
    return content
