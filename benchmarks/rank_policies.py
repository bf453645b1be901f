"""Rank policies compared: accuracy, rank, weights, operations, time and robustness of every contender on many tasks.

Writes rank-policies.csv and rank-policies.md. Without a folder of digits that task is left out.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from mlpsvd.analysis.fast_gradient_sign import accuracy_under_attack
from mlpsvd.contenders import CONTENDERS, named_contenders
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.prepare import Prepared, prepare
from mlpsvd.experiments.presets import LETTERS_PRESET, preset
from mlpsvd.experiments.race import Race
from mlpsvd.experiments.recordings_recipe import experiment_for_folder
from mlpsvd.network.network import Network
from mlpsvd.settings import with_value

PAPER = [f"Paper: {n} classes, {bandwidth} Hz" for bandwidth in (10, 100) for n in (2, 5, 10)]
COLUMNS = ("task", "contender", "seeds", "accuracy_percent", "std_points", "rank", "weights", "operations", "train_s",
           "attacked_percent", "learning_rate", "engine")  # fmt: skip
_ZERO = 1e-4
_ATTACK = 0.1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(), help="folder for the two files")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--tasks", nargs="*", default=PAPER, help="presets by name, 'digits' or 'letters'")
    parser.add_argument("--contenders", nargs="*", default=list(CONTENDERS))
    parser.add_argument("--digits", type=Path, help="folder of the spoken digits")
    parser.add_argument("--name", default="rank-policies", help="name of the files")
    options = parser.parse_args(arguments)
    rows = []
    for task in options.tasks:
        experiment = _experiment(task, options.digits)
        for key in options.contenders:
            rows.append(measured(task, experiment, key, options.seeds))
            print(*rows[-1], sep="\t", flush=True)
            _write(options.out / options.name, rows)
    return 0


def measured(task: str, experiment: Experiment, key: str, n_seeds: int) -> tuple[object, ...]:
    """Train one contender with several seeds; return a row of the table."""
    found = [one for seed in range(1, n_seeds + 1) for one in _trained(with_value(experiment, "seed", seed), key)]
    accuracies, ranks, weights, flops, seconds, attacked, rates, engines = zip(*found, strict=True)
    rank = f"{min(ranks)}" if min(ranks) == max(ranks) else f"{min(ranks)}-{max(ranks)}"
    return (task, CONTENDERS[key].title, n_seeds, round(100 * float(np.mean(accuracies)), 2),
            round(100 * float(np.std(accuracies, ddof=1)), 2) if n_seeds > 1 else "", rank, round(np.mean(weights)),
            f"{np.mean(flops):.3g}", round(float(np.mean(seconds)), 2), round(100 * float(np.mean(attacked)), 1),
            f"{np.mean(rates):.2g}", engines[0].split(" ")[0])  # fmt: skip


def _trained(experiment: Experiment, key: str) -> Iterator[tuple[float, int, int, int, float, float, float, str]]:
    prepared = prepare(experiment)
    race = Race(prepared, contenders=named_contenders([key]))
    for _ in race.run():
        pass
    outcome = race.outcomes()[key]
    values = outcome.last.singular_values[0]
    rank = int(np.count_nonzero(values > _ZERO * values[0]))
    network = Network(outcome.snapshot.spec, outcome.snapshot.theta)
    rate = race.contenders[0].applied_to(experiment).training.learning_rate
    yield (outcome.last.test_accuracy, rank, outcome.last.n_weights, outcome.flops, outcome.train_s,
           _attacked(network, prepared), rate, race.engine_description)  # fmt: skip


def _attacked(network: Network, prepared: Prepared) -> float:
    """Return the accuracy under the fast gradient sign with a step of 0.1 of the features' root mean square."""
    x = prepared.dataset.x_test
    step = _ATTACK * float(np.sqrt(np.mean(np.square(x, dtype=np.float64))))
    return accuracy_under_attack(network, x, prepared.dataset.y_test, step)


def _experiment(task: str, digits: Path | None) -> Experiment:
    if task == "digits":
        if digits is None:
            sys.exit("The task digits needs --digits FOLDER")
        return experiment_for_folder(digits)
    return preset(LETTERS_PRESET if task == "letters" else task)


def _write(path: Path, rows: Sequence[Sequence[object]]) -> None:
    with path.with_suffix(".csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    lines = ["| " + " | ".join(map(str, row)) + " |" for row in [COLUMNS, ["---"] * len(COLUMNS), *rows]]
    path.with_suffix(".md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
