"""MLP-SVD: how neural networks classify acoustic spectra (Paul and Nelson, 2021).

The package does not need the window. Signals and recordings are cut into clips, clips are converted to feature vectors,
and networks are trained on these; the results are histories, singular values and model files.

The names in ``__all__`` are the public interface. Each is imported when it is first used, so that ``import mlpsvd`` is
fast. All other modules, functions and classes are private and may change without notice.

Examples
--------
>>> import mlpsvd
>>> experiment = mlpsvd.with_value(mlpsvd.Experiment(), "training.epochs", 2)
>>> experiment = mlpsvd.with_value(experiment, "data.synthetic.train_per_class", 20)
>>> run = mlpsvd.train(experiment)
>>> sorted(run.accuracy)
['mlp', 'mlp-svd']
"""

from importlib import import_module

__version__ = "0.1.0"

_PUBLIC = {
    "PRESETS": "mlpsvd.experiments.presets",
    "BandPass": "mlpsvd.signals.bank",
    "Classifier": "mlpsvd.classification.classifier",
    "Contender": "mlpsvd.contenders",
    "Decision": "mlpsvd.classification.classifier",
    "Experiment": "mlpsvd.experiments.experiment",
    "FeatureSettings": "mlpsvd.features.settings",
    "FittedFeatures": "mlpsvd.features.spectra",
    "Model": "mlpsvd.models.model",
    "Prepared": "mlpsvd.experiments.prepare",
    "Race": "mlpsvd.experiments.race",
    "RaceEvent": "mlpsvd.experiments.race",
    "Run": "mlpsvd.experiments.runs.run",
    "bank": "mlpsvd.signals.bank",
    "coefficients": "mlpsvd.signals.bandpass",
    "difference_equation": "mlpsvd.signals.bandpass",
    "export_model": "mlpsvd.models.exports.export",
    "fit": "mlpsvd.features.spectra",
    "frequency_response": "mlpsvd.signals.bandpass",
    "load_experiment": "mlpsvd.experiments.experiment_file",
    "load_model": "mlpsvd.models.model_file",
    "load_run": "mlpsvd.experiments.runs.read_run",
    "paper_bank": "mlpsvd.signals.bank",
    "prepare": "mlpsvd.experiments.prepare",
    "preset": "mlpsvd.experiments.presets",
    "save_experiment": "mlpsvd.experiments.experiment_file",
    "save_model": "mlpsvd.models.model_file",
    "train": "mlpsvd.experiments.runs.train",
    "with_value": "mlpsvd.settings",
}
"""The module of each public name; ``__init__.pyi`` contains the same names for type checkers."""

__all__ = [
    "PRESETS",
    "BandPass",
    "Classifier",
    "Contender",
    "Decision",
    "Experiment",
    "FeatureSettings",
    "FittedFeatures",
    "Model",
    "Prepared",
    "Race",
    "RaceEvent",
    "Run",
    "__version__",
    "bank",
    "coefficients",
    "difference_equation",
    "export_model",
    "fit",
    "frequency_response",
    "load_experiment",
    "load_model",
    "load_run",
    "paper_bank",
    "prepare",
    "preset",
    "save_experiment",
    "save_model",
    "train",
    "with_value",
]


def __getattr__(name: str) -> object:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'mlpsvd' has no attribute {name!r}")
    value = getattr(import_module(_PUBLIC[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
