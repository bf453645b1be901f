"""Kantack (2020): learning rate from the covariance, printed update rule, and the letters networks (figures 7, 8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlpsvd.analysis.covariance_rate import covariance_rate, loss_curve
from mlpsvd.analysis.printed_update import ThreeLayers, printed_update, true_update
from mlpsvd.datasets.letters import LETTERS
from mlpsvd.drawing import PALETTE, integer_ticks, new_figure, style
from mlpsvd.experiments.papers.compare import compare_claim
from mlpsvd.experiments.papers.finding import Comparison, Finding, Picture, Reproduction, Results, Table
from mlpsvd.experiments.papers.kantack import alphabet, no_trials
from mlpsvd.experiments.papers.tasks import curves_percent, final_percents, final_ranks, letters_task, race_trials
from mlpsvd.experiments.trials.trials import Trial
from mlpsvd.streams import Purpose, seeds

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["KANTACK_FIGURE_7", "KANTACK_RATE", "KANTACK_UPDATE"]

_TIMES = (0.5, 1.0, 2.0)
_UPDATES = 200
_MOST_TRIALS = 1


# -- section III B: learning rate


def _find_rate(n_trials: int, results: Results) -> Finding:
    rate = covariance_rate(alphabet())
    half = covariance_rate(alphabet(), 1)
    curves = {times: loss_curve(alphabet(), np.eye(26), times / rate.largest, _UPDATES) for times in _TIMES}
    below, above = (loss_curve(alphabet(), np.eye(26), times / rate.largest, 1000)[-1] for times in (0.99, 1.01))
    return Finding(
        f"λ_max = {rate.largest:.4g}. With the factor 2 of (6), the loss falls at 0.5/λ_max, oscillates for ever at "
        f"1/λ_max and diverges at 2/λ_max. With half the squared error as loss, 1/λ_max is within the stable range, "
        f"which ends at {half.stable_below:.4g}.",
        (
            compare_claim("“Largest rate that is still guaranteed to converge”", "1/λ_max",
                          f"only below it: after 1,000 updates the loss is {below:.3g} at 0.99/λ_max and {above:.3g} "
                          "at 1.01/λ_max", not below < 1.0 < above),
            compare_claim("“Optimal learning rate”", "1/λ_max",
                          f"1/(λ_max + λ_min) = {rate.fastest * rate.largest:.4f}/λ_max", False),
            compare_claim("(29): R", "900 × 26", "900 × 900, A Aᵀ / 26", False),
        ),
        (Table("kantack-rate", "Loss against the number of updates", ("updates", *(f"{t:g}/λ_max" for t in _TIMES)),
               tuple((k, *(float(f"{curves[t][k]:.7g}") for t in _TIMES)) for k in range(_UPDATES + 1))),),
        (Picture("kantack-rate", "Loss of q = W a on the mean letters at 0.5, 1 and 2 times 1/λ_max.", _draw_rate),),
        ("R is half the Hessian of the mean of ‖q − c‖², so that the limit of (6) is 1/λ_max, where the error along "
         "the leading eigenvector changes its sign with every update. For Le Cun's half of the squared error 1/λ_max "
         "removes that error in one update. Both hold for updates from the whole set; letter by letter the limit is "
         "1/‖a‖². (31) reads W R = z; it has many solutions, and gradient descent from 0 ends at the pseudo-inverse.",),
    )  # fmt: skip


def _draw_rate() -> Figure:
    largest = covariance_rate(alphabet()).largest
    with style():
        figure = new_figure(2.4)
        axes = figure.subplots()
        for times, colour in zip(_TIMES, PALETTE, strict=False):
            losses = loss_curve(alphabet(), np.eye(26), times / largest, 60)
            axes.semilogy(losses, color=colour, label=rf"${times:g}\,/\,\lambda_{{\max}}$")
        axes.set_ylim(0.1, 1e4)
        axes.set_xlabel("Updates")
        axes.set_ylabel("Loss")
        axes.legend()
    return figure


# -- (17) to (20): update rule

_UPDATE_HIDDEN = 60
_SAMPLES = 400


def _small_network() -> ThreeLayers:
    rng = np.random.default_rng(seeds(Purpose.PAPER_EXAMPLES, 1))
    w_a, w_h = (10.0 * rng.standard_normal(shape) for shape in ((_UPDATE_HIDDEN, 900), (26, _UPDATE_HIDDEN)))
    return ThreeLayers(w_a, np.zeros(_UPDATE_HIDDEN), w_h, np.zeros(26))


def _trained(is_printed: bool, rate: float) -> list[float]:
    """Return the mean ‖q − c‖² over the mean letters after each pass of letter-by-letter updates."""
    network, rule = _small_network(), printed_update if is_printed else true_update
    losses = []
    for number in range(_SAMPLES):
        k = number % 26
        if not k:
            outputs = np.array([network.forward(alphabet()[:, j])[1] for j in range(26)])
            losses.append(float(((outputs - np.eye(26)) ** 2).sum(axis=1).mean()))
        step = rule(network, alphabet()[:, k], np.eye(26)[k])
        network = ThreeLayers(network.w_a - rate * step.w_a, network.b_h - rate * step.b_h,
                              network.w_h - rate * step.w_h, network.b_q - rate * step.b_q)  # fmt: skip
    return losses


def _find_update(n_trials: int, results: Results) -> Finding:
    network, a, target = _small_network(), alphabet()[:, 0], np.eye(26)[0]
    printed, true = printed_update(network, a, target), true_update(network, a, target)
    of_output = float(np.linalg.norm(printed.w_h) / np.linalg.norm(true.w_h))
    of_hidden = float(np.linalg.norm(printed.w_a) / np.linalg.norm(true.w_a))
    cosine = float((printed.w_a * true.w_a).sum() / np.linalg.norm(printed.w_a) / np.linalg.norm(true.w_a))
    losses = _trained(True, 0.02), _trained(False, 0.02)
    return Finding(
        f"The printed rule lacks the derivatives σ′ ≤ 1/600: its step is {of_output:.3g} times the gradient of "
        f"‖q − c‖² in W_h and {of_hidden:.3g} times in W_a (cosine {cosine:.3f}). At the printed rate of 0.02, the "
        f"loss goes from {losses[0][0]:.2f} to {losses[0][-1]:.2f} with the printed rule and to {losses[1][-1]:.2f} "
        "with the gradient.",
        (
            compare_claim("(17), (20): the update follows the gradient", "W_h − 2α (q − c) hᵀ",
                          f"{of_output:.3g} times the gradient: v_q = (q − c) ∘ σ′ is right", False),
            compare_claim("(20): shapes", "v_h hᵀ, v_q qᵀ", "v_h aᵀ, v_q hᵀ, as the weights have", False),
            compare_claim("(23), (27): a linear hidden layer lifts the contradiction", "“unique flexibility”",
                          "(27) is (23) with b = W_q b_h + b_q; only the sigmoid does", False),
        ),
        (Table("kantack-update", "Loss by passes over the letters", ("passes", "printed rule", "gradient"),
               tuple((k, round(one, 6), round(other, 6))
                     for k, (one, other) in enumerate(zip(*losses, strict=True)))),),
        (Picture("kantack-update", "Mean loss of a 900-60-26 network, letter by letter, at α = 0.02.",
                 lambda: _draw_update(losses)),),
        ("The initial weights are not printed; here they are normal with standard deviation 10, as the slope of 1/150 "
         "needs large ones. His curves depend on them and on the missing derivatives.",),
    )  # fmt: skip


def _draw_update(losses: tuple[list[float], list[float]]) -> Figure:
    with style():
        figure = new_figure(2.4)
        axes = figure.subplots()
        for values, label, colour in zip(losses, ("printed rule", "gradient"), PALETTE, strict=False):
            axes.plot(values, color=colour, label=label)
        axes.set_xlabel("Passes over the 26 letters")
        axes.set_ylabel("Loss")
        axes.set_ylim(bottom=0.0)
        integer_ticks(axes.xaxis)
        axes.legend()
    return figure


# -- figures 7 and 8: networks


def _runs(n_trials: int) -> list[list[Trial]]:
    return [race_trials(letters_task(n), min(n_trials, _MOST_TRIALS)) for n in range(3)]


def _trials(n_trials: int) -> list[Trial]:
    return [trial for trials in _runs(n_trials) for trial in trials]


def _names(n_layers: int) -> dict[str, str]:
    shape = "-".join(["900", *["1800"] * n_layers, "26"])
    return {"mlp": shape, "mlp-svd": f"{shape}, MLP-SVD"} if n_layers == 1 else {"mlp": shape}


def _errors(results: Results, n_trials: int) -> dict[str, list[float]]:
    return {
        title: [round(100.0 - float(one), 3) for one in curves_percent(results, trials, contender).mean(axis=0)]
        for n_layers, trials in enumerate(_runs(n_trials))
        for contender, title in _names(n_layers).items()
    }


def _find_7(n_trials: int, results: Results) -> Finding:
    runs = _runs(n_trials)
    two, three, four = (100.0 - float(np.mean(final_percents(results, trials, "mlp"))) for trials in runs)
    svd = 100.0 - float(np.mean(final_percents(results, runs[1], "mlp-svd")))
    rank = final_ranks(results, runs[1])[0]
    errors = _errors(results, n_trials)
    n_images = letters_task(1).data.letters.train_per_class * len(LETTERS)
    rows = [
        (epoch * n_images, *(values[epoch] for values in errors.values())) for epoch in range(len(errors["900-26"]))
    ]
    return Finding(
        f"Test errors: {two:.1f} % without a hidden layer, {three:.1f} % with one of 1,800 neurons, {four:.1f} % with "
        f"two. MLP-SVD with one hidden layer has {svd:.1f} % at rank {rank} of 900.",
        (_claim("Figure 7: a hidden layer lowers the error", "yes", two, three, three < two),
         _claim("Figure 8: a second hidden layer does not", "slower, less stable", three, four, four >= three)),
        (Table("kantack-figure-7", "Test error (%) against training samples", ("samples", *errors), tuple(rows)),),
        (Picture("kantack-figure-7", "Test error against training samples.", lambda: _draw_7(errors, n_images)),),
        (f"Small by default: {n_images} training letters, one trial, ReLU, softmax and Adam in place of his rule, "
         "whose curves depend on unprinted initial weights. The full size is the preset Kantack: letters. One of the "
         "520 test letters is 0.2 %.",),
        tuple(letters_task(n) for n in range(3)),
    )  # fmt: skip


def _claim(what: str, claim: str, before: float, after: float, holds: bool) -> Comparison:
    return compare_claim(what, claim, f"{before:.1f} to {after:.1f} %", holds)


def _draw_7(errors: dict[str, list[float]], n_images: int) -> Figure:
    with style():
        figure = new_figure(2.8)
        axes = figure.subplots()
        for (title, values), colour in zip(errors.items(), PALETTE, strict=False):
            axes.plot(n_images * np.arange(len(values)), values, ".-", color=colour, label=title)
        axes.set_xlabel("Training samples")
        axes.set_ylabel("Test error (%)")
        axes.set_ylim(0, 60)
        axes.legend()
    return figure


KANTACK_RATE = Reproduction(
    "kantack-rate",
    "Section III B: learning rate",
    "Stable learning rates from the covariance, with the loss curves.",
    False,
    no_trials,
    _find_rate,
)

KANTACK_UPDATE = Reproduction(
    "kantack-update",
    "Equations (17) to (20): update rule",
    "The printed update rule and the true gradient.",
    False,
    no_trials,
    _find_update,
)

KANTACK_FIGURE_7 = Reproduction(
    "kantack-figure-7",
    "Figures 7 and 8: letters networks",
    "Test error of networks with no, one and two hidden layers, and MLP-SVD.",
    False,
    _trials,
    _find_7,
)
