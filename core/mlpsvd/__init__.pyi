from mlpsvd.classification.classifier import Classifier as Classifier
from mlpsvd.classification.classifier import Decision as Decision
from mlpsvd.contenders import Contender as Contender
from mlpsvd.experiments.experiment import Experiment as Experiment
from mlpsvd.experiments.experiment_file import load_experiment as load_experiment
from mlpsvd.experiments.experiment_file import save_experiment as save_experiment
from mlpsvd.experiments.prepare import Prepared as Prepared
from mlpsvd.experiments.prepare import prepare as prepare
from mlpsvd.experiments.presets import PRESETS as PRESETS
from mlpsvd.experiments.presets import preset as preset
from mlpsvd.experiments.race import Race as Race
from mlpsvd.experiments.race import RaceEvent as RaceEvent
from mlpsvd.experiments.runs.read_run import load_run as load_run
from mlpsvd.experiments.runs.run import Run as Run
from mlpsvd.experiments.runs.train import train as train
from mlpsvd.features.settings import FeatureSettings as FeatureSettings
from mlpsvd.features.spectra import FittedFeatures as FittedFeatures
from mlpsvd.features.spectra import fit as fit
from mlpsvd.models.exports.export import export_model as export_model
from mlpsvd.models.model import Model as Model
from mlpsvd.models.model_file import load_model as load_model
from mlpsvd.models.model_file import save_model as save_model
from mlpsvd.settings import with_value as with_value
from mlpsvd.signals.bandpass import coefficients as coefficients
from mlpsvd.signals.bandpass import difference_equation as difference_equation
from mlpsvd.signals.bandpass import frequency_response as frequency_response
from mlpsvd.signals.bank import BandPass as BandPass
from mlpsvd.signals.bank import bank as bank
from mlpsvd.signals.bank import paper_bank as paper_bank

__version__: str
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
