"""A methods paragraph and the literature of runs, generated from their settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mlpsvd import __version__
from mlpsvd.contenders import Contender
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.matched_step import rate_text
from mlpsvd.experiments.runs.run import Run
from mlpsvd.text import counted, format_number, frequency_text
from mlpsvd.training.settings import TrainingSettings

__all__ = ["bibtex", "methods_text"]

_CRITERIA = {
    "threshold": "singular values below {threshold} of the largest were discarded",
    "energy": "the largest singular values that contain {energy} of the sum of squares were kept",
    "rank": "the {rank} largest singular values were kept",
    "marchenko-pastur": "singular values below the Marchenko-Pastur edge of the initial weights were discarded",
    "gavish-donoho": "singular values below Gavish and Donoho's threshold for the initial weights were discarded",
}
_KINDS = {
    "dense": "W",
    "svd": "U Σ Vᵀ",
    "two-factor": "the product of U and ΣVᵀ",
    "soft-threshold": "a soft threshold of singular values",
    "clipped": "clipped singular values",
    "convolution": "a convolution over frequency",
    "convolution-svd": "a convolution over frequency with U Σ Vᵀ",
}
_NOISES = {"gaussian": "Gaussian white noise", "uniform": "uniform white noise"}
_ENTRIES = {
    "paul2021": """@article{paul2021,
  author  = {Paul, V. S. and Nelson, P. A.},
  title   = {Matrix analysis for fast learning of neural networks with application to the classification of
             acoustic spectra},
  journal = {Journal of the Acoustical Society of America},
  volume  = {149}, number = {6}, pages = {4119--4133}, year = {2021},
  doi     = {10.1121/10.0005126}
}""",
    "kantack2020": """@techreport{kantack2020,
  author = {Kantack, N.},
  title  = {Linear algebra for deep learning: matrix factorization and a matrix perspective on gradient descent},
  year   = {2020}
}""",
    "kingma2015": """@inproceedings{kingma2015,
  author    = {Kingma, D. P. and Ba, J.},
  title     = {Adam: a method for stochastic optimization},
  booktitle = {International Conference on Learning Representations},
  year      = {2015}
}""",
    "glorot2010": """@inproceedings{glorot2010,
  author    = {Glorot, X. and Bengio, Y.},
  title     = {Understanding the difficulty of training deep feedforward neural networks},
  booktitle = {International Conference on Artificial Intelligence and Statistics},
  year      = {2010}
}""",
    "he2015": """@inproceedings{he2015,
  author    = {He, K. and Zhang, X. and Ren, S. and Sun, J.},
  title     = {Delving deep into rectifiers: surpassing human-level performance on {ImageNet} classification},
  booktitle = {IEEE International Conference on Computer Vision},
  year      = {2015}
}""",
    "marchenko1967": """@article{marchenko1967,
  author  = {Mar{\\v{c}}enko, V. A. and Pastur, L. A.},
  title   = {Distribution of eigenvalues for some sets of random matrices},
  journal = {Mathematics of the USSR-Sbornik},
  volume  = {1}, number = {4}, pages = {457--483}, year = {1967}
}""",
    "gavish2014": """@article{gavish2014,
  author  = {Gavish, M. and Donoho, D. L.},
  title   = {The optimal hard threshold for singular values is $4/\\sqrt{3}$},
  journal = {IEEE Transactions on Information Theory},
  volume  = {60}, number = {8}, pages = {5040--5053}, year = {2014}
}""",
    "schotthoefer2022": """@inproceedings{schotthoefer2022,
  author    = {Schotth{\\"o}fer, S. and Zangrando, E. and Kusch, J. and Ceruti, G. and Tudisco, F.},
  title     = {Low-rank lottery tickets: finding efficient low-rank neural networks via matrix differential equations},
  booktitle = {Advances in Neural Information Processing Systems},
  volume    = {35}, year = {2022}
}""",
    "wilson1927": """@article{wilson1927,
  author  = {Wilson, E. B.},
  title   = {Probable inference, the law of succession, and statistical inference},
  journal = {Journal of the American Statistical Association},
  volume  = {22}, number = {158}, pages = {209--212}, year = {1927}
}""",
    "mcnemar1947": """@article{mcnemar1947,
  author  = {McNemar, Q.},
  title   = {Note on the sampling error of the difference between correlated proportions or percentages},
  journal = {Psychometrika},
  volume  = {12}, number = {2}, pages = {153--157}, year = {1947}
}""",
    "holm1979": """@article{holm1979,
  author  = {Holm, S.},
  title   = {A simple sequentially rejective multiple test procedure},
  journal = {Scandinavian Journal of Statistics},
  volume  = {6}, number = {2}, pages = {65--70}, year = {1979}
}""",
}


def methods_text(runs: Sequence[Run], versions: Mapping[str, str | None], methods: Sequence[str] = ()) -> str:
    """Return a paragraph on data, features, networks, training and statistics, for the methods section of a paper.

    Parameters
    ----------
    runs
        The runs; the paragraph describes the first one, and names the seeds of all.
    versions
        Versions of program and libraries.
    methods
        Names of the tests with which runs were compared.
    """
    return " ".join(_sentences(runs, versions, methods))


def bibtex(runs: Sequence[Run], methods: Sequence[str] = ()) -> str:
    """Return the BibTeX entries of the papers whose methods the runs use."""
    return "\n\n".join(_ENTRIES[key] for key in dict.fromkeys(_keys(runs, methods)))


def _sentences(runs: Sequence[Run], versions: Mapping[str, str | None], methods: Sequence[str]) -> Iterator[str]:
    run = runs[0]
    experiment, features = run.experiment, run.data.features.describe()
    yield f"The data set has {len(run.data.class_names)} classes: {_data(run)}."
    trained = counted(run.data.n_original, "clip")
    yield f"The networks were trained on {trained} and tested on {run.data.n_test:,} others."
    yield from _augmentation(run)
    yield f"Their input is the vector of {features}."
    titles = [one.contender.title for one in run.outcomes.values()]
    what = "network" if len(titles) == 1 else "networks"
    yield f"The {what} {_listed(titles)} {'was' if len(titles) == 1 else 'were'} trained on the same data."
    for outcome in run.outcomes.values():
        yield from _network(outcome.contender, experiment, outcome.last.kinds)
        yield from _own_training(outcome.contender, experiment)
    yield from _training(run)
    validation = next((one.validation for one in run.outcomes.values() if one.validation is not None), None)
    if validation is not None:
        how = "leaving one group out" if validation.evaluation == "leave one group out" else "k-fold cross-validation"
        yield f"They were also tested by {how} with {counted(validation.n_folds, 'fold')}, with networks of their own."
    n_seeds = len({one.experiment.seed for one in runs})
    seeds = _listed([str(seed) for seed in dict.fromkeys(one.experiment.seed for one in runs)])
    yield f"The random {'seed was' if n_seeds == 1 else 'seeds were'} {seeds}."
    yield "Accuracies on the test clips are given with 95 % score intervals (Wilson, 1927)."
    compared = [_TESTS[name] for name in dict.fromkeys(methods) if name in _TESTS]
    if compared:
        corrected = " with Holm's correction for the number of tests" if len(methods) > 1 and len(runs) > 1 else ""
        yield f"Networks were compared by {_listed(compared)}{corrected}."
    libraries = [f"{_NAMES[name]} {text}" for name, text in versions.items() if name in _NAMES and text]
    yield f"The computations were made with MLP-SVD {versions.get('mlpsvd') or __version__} ({', '.join(libraries)})."


_NAMES = {"python": "Python", "numpy": "NumPy", "numba": "Numba"}
_TESTS = {
    "McNemar, exact": "McNemar's exact test on the same test clips (McNemar, 1947)",
    "paired t over seeds": "a paired t-test over the seeds",
    "two proportions": "a test of two proportions",
}


def _data(run: Run) -> str:
    data = run.experiment.data
    if data.source == "synthetic":
        one = data.synthetic
        centres = [filter.centre_hz for filter in one.filters]
        lowest, highest = frequency_text(min(centres)), frequency_text(max(centres))
        widths = sorted({filter.bandwidth_hz for filter in one.filters})
        narrowest = "" if len(widths) == 1 else f"{format_number(widths[0])} to "
        noise = _NOISES.get(one.noise, f"{one.noise} noise")
        return (
            f"{noise} filtered by second-order band-pass filters with centre frequencies from {lowest} to {highest} "
            f"and a −3 dB bandwidth of {narrowest}{frequency_text(widths[-1])}, sampled at "
            f"{frequency_text(one.sample_rate_hz)} in clips of {format_number(one.duration_s)} s"
        )
    if data.source == "letters":
        height, width_px = data.letters.image_shape
        return f"images of capital letters of {width_px} × {height} pixels (after Kantack, 2020)"
    kept = "" if data.recordings.groups_from == "none" else "; recordings of one group stay on one side of each split"
    return f"recordings sampled at {frequency_text(run.data.features.sample_rate_hz)}{kept}"


def _augmentation(run: Run) -> Iterator[str]:
    if not run.data.n_copies:
        return
    one = run.experiment.data.augmentation
    changes = [
        f"a gain within ±{format_number(one.gain_db)} dB" if one.gain_db else "",
        f"white noise at a signal-to-noise ratio of {format_number(one.snr_db)} dB" if one.snr_db else "",
        f"a shift within ±{format_number(one.shift_s)} s" if one.shift_s else "",
    ]
    what = _listed([*filter(None, changes)]) if any(changes) else "no change"
    copies = "one augmented copy" if run.data.n_copies == 1 else f"{run.data.n_copies} augmented copies"
    yield f"The training set also has {copies} of each of these clips, with {what}."


def _network(contender: Contender, experiment: Experiment, kinds: Sequence[str]) -> Iterator[str]:
    own = contender.applied_to(experiment)
    network, discarding = own.network, own.discarding
    shape = f"{network.output} outputs and no hidden layer"
    if network.hidden:
        hidden = _listed([format_number(size) for size in network.hidden])
        layers = f"hidden layers of {hidden}" if len(network.hidden) > 1 else f"one hidden layer of {hidden}"
        shape = f"{layers} {network.activation} neurons and {network.output} outputs"
    spread = f", standard deviation {format_number(network.initial_std)}" if network.initial == "normal" else ""
    factored = ""
    if contender.is_factored:
        written = _listed([_KINDS.get(kind, kind) for kind in kinds])
        factored = f"; its weight matrices are trained, from the input on, as {written}"
    yield f"{contender.title} has {shape} (initial weights: {network.initial}{spread}){factored}."
    if contender.is_factored and discarding.criterion == "dynamical":
        tolerance = _share(discarding.tolerance)
        yield f"Its rank was adapted at every update with a tolerance of {tolerance} (Schotthöfer et al., 2022)."
    elif contender.is_factored and discarding.points:
        what = _CRITERIA[discarding.criterion].format(
            threshold=_share(discarding.threshold), energy=_share(discarding.energy), rank=discarding.rank
        )
        when = f"between epochs {discarding.first} and {discarding.last}"
        when = f"at epoch {discarding.first}" if discarding.first == discarding.last else when
        yield f"At {counted(discarding.points, 'discarding point')} {when}, {what} (Paul and Nelson, 2021)."


def _own_training(contender: Contender, experiment: Experiment) -> Iterator[str]:
    """Yield how the training of a network differs from that of the experiment."""
    shared, own = experiment.training, contender.applied_to(experiment).training
    rate = rate_text(contender)
    if rate:
        yield rate
    elif own.learning_rate != shared.learning_rate:
        yield f"Its learning rate was {format_number(own.learning_rate)}."
    if own.optimiser != shared.optimiser:
        yield f"It was trained with {_optimiser(own)}."
    if own.nuclear_norm != shared.nuclear_norm:
        yield f"The sum of its singular values was added to its loss with the factor {format_number(own.nuclear_norm)}."


def _training(run: Run) -> Iterator[str]:
    experiment, one = run.experiment, run.experiment.training
    loss = "cross-entropy" if experiment.network.loss == "cross-entropy" else "sum of squared errors"
    differs = any([*_own_training(outcome.contender, experiment)] for outcome in run.outcomes.values())
    yield (
        f"{'Unless stated otherwise, all' if differs else 'All'} were trained for {counted(one.epochs, 'epoch')} with "
        f"{_optimiser(one)} at a learning rate of {format_number(one.learning_rate)}, in batches of "
        f"{counted(one.batch_size, 'clip')}, to minimise the {loss}, in {one.precision} arithmetic."
    )
    if one.class_weights == "balanced":
        yield "Each clip was weighted in the loss in inverse proportion to the number of training clips of its class."
    if one.nuclear_norm:
        yield f"The sum of singular values was added to the loss with the factor {format_number(one.nuclear_norm)}."


def _optimiser(one: TrainingSettings) -> str:
    return {
        "adam": f"Adam (Kingma and Ba, 2015; β₁ = {format_number(one.beta_1)}, β₂ = {format_number(one.beta_2)})",
        "momentum": f"gradient descent with momentum {format_number(one.momentum)}",
        "sgd": "stochastic gradient descent",
    }.get(one.optimiser, one.optimiser)


def _share(value: float) -> str:
    return f"{format_number(round(100 * value, 6))} %"


def _listed(texts: Sequence[str]) -> str:
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"


def _keys(runs: Sequence[Run], methods: Sequence[str]) -> Iterator[str]:
    yield "paul2021"
    for run in runs:
        if run.experiment.data.source == "letters":
            yield "kantack2020"
        for outcome in run.outcomes.values():
            own = outcome.contender.applied_to(run.experiment)
            yield from {"adam": ["kingma2015"]}.get(own.training.optimiser, [])
            yield from {"glorot": ["glorot2010"], "he": ["he2015"]}.get(own.network.initial, [])
            if outcome.contender.is_factored:
                yield from {
                    "marchenko-pastur": ["marchenko1967"],
                    "gavish-donoho": ["gavish2014"],
                    "dynamical": ["schotthoefer2022"],
                }.get(own.discarding.criterion, [])
    yield "wilson1927"
    if "McNemar, exact" in methods:
        yield "mcnemar1947"
    if len(methods) > 1 and len(runs) > 1:
        yield "holm1979"
