"""``mlpsvd import``: a model from the weights of another program, or a model file in the present format."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mlpsvd.cli.console import OK
from mlpsvd.cli.filters import experiment_at, require_new
from mlpsvd.contenders import MLP_SVD
from mlpsvd.errors import SettingError
from mlpsvd.experiments.model_import import prepared_frame, with_accuracy
from mlpsvd.experiments.prepare import Prepared
from mlpsvd.experiments.runs.find import find_run
from mlpsvd.experiments.runs.read_run import load_run
from mlpsvd.files import expand_home
from mlpsvd.metrics.uncertainty import accuracy_text
from mlpsvd.models.imports.import_model import import_model, is_foreign
from mlpsvd.models.model import Model
from mlpsvd.models.model_file import load_model, save_model
from mlpsvd.network.settings import Activation, Output
from mlpsvd.text import counted

__all__ = ["import_file"]


def import_file(
    source: Path,
    features: str | None,
    activation: Activation | None,
    output: Output | None,
    layers: Sequence[str],
    out: Path,
    may_overwrite: bool,
) -> int:
    """Write a model file from the weights in ``source``; return the exit code.

    Parameters
    ----------
    source
        ``.npz`` of an MLPClassifier, ``.safetensors`` of PyTorch, or a model file of any version of this program.
    features
        Model file, experiment file or run that the network was trained with; None for a model file.
    activation, output, layers
        See :func:`mlpsvd.models.imports.import_model.import_model`.
    out
        The model file.
    may_overwrite
        Whether it may exist.

    Raises
    ------
    MlpSvdError, OSError
        If something cannot be read or written, or does not fit.
    """
    if out.suffix.lower() != ".safetensors":
        raise SettingError("--out", str(out), "a file with the suffix .safetensors")
    require_new(out, may_overwrite)
    if not is_foreign(source):
        others = {
            "--features": features,
            "--activation": activation,
            "--output": output,
            "--layers": ",".join(layers) or None,
        }
        for option, value in others.items():
            if value is not None:
                raise SettingError(option, value, "left out: the model file states it")
        model, data = load_model(source), None
    else:
        if features is None:
            raise SettingError("--features", "left out", "a model, experiment file or run with the features")
        frame, data = _frame(features)
        model = import_model(source, frame, activation, output, layers)
        model = model if data is None else with_accuracy(model, data)
    save_model(out, model)
    sizes = " → ".join(map(str, (model.spec.n_in, *(layer.n_out for layer in model.spec.layers))))
    print(f"Network: {sizes}, {counted(len(model.class_names), 'class')}")
    if data is not None:
        print(f"Test accuracy: {accuracy_text(model.summary['test_accuracy'], data.n_test)}")
    print(f"Written to: {out}")
    return OK


def _frame(text: str) -> tuple[Model, Prepared | None]:
    path = expand_home(text)
    if path.is_file() and path.suffix.lower() == ".safetensors":
        return load_model(path), None
    if path.is_file():
        return prepared_frame(experiment_at(path, None, []))
    run = load_run(find_run(text))
    return run.model(MLP_SVD.key if MLP_SVD.key in run.outcomes else next(iter(run.outcomes))), None
