"""Rank policies compared: accuracy, rank, weights, operations, time and robustness of every contender on many tasks.

Writes rank-policies.csv and rank-policies.md. The task digits needs ``--digits``, the folder of its recordings.
``--docs FILE.csv ...`` measures nothing: it writes the tables of docs/rank-policies.md from earlier results.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
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
    parser.add_argument(
        "--docs", nargs="+", type=Path, metavar="FILE.csv", help="write the tables of the documentation"
    )
    options = parser.parse_args(arguments)
    if options.docs:
        write_docs(options.docs)
        return 0
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


def write_docs(files: Sequence[Path]) -> None:
    """Replace the tables between the markers of docs/rank-policies.md."""
    rows = [row for path in files for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines())]
    tasks = list(dict.fromkeys(row["task"] for row in rows))
    cells = {(row["contender"], row["task"]): row for row in rows}
    text = DOCS.read_text(encoding="utf-8")
    for name, cell in _CELLS.items():
        lines = ["| | " + " | ".join(task.removeprefix("Paper: ") for task in tasks) + " |",
                 "|---|" + " ---: |" * len(tasks)]  # fmt: skip
        for title in dict.fromkeys(row["contender"] for row in rows):
            mlps = {task: cells["MLP", task] for task in tasks}
            found = [cell(cells[title, task], mlps[task]) if (title, task) in cells else "" for task in tasks]
            lines.append(f"| {title} | " + " | ".join(found) + " |")
        begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        before, after = text.split(begin)[0], text.split(end)[1]
        text = f"{before}{begin}\n\n" + "\n".join(lines) + f"\n\n{end}{after}"
    DOCS.write_text(text, encoding="utf-8")


Row = Mapping[str, str]


def _accuracy_cell(row: Row, mlp: Row) -> str:
    spread = f" ± {float(row['std_points']):.1f}" if row["std_points"] else ""
    return f"{float(row['accuracy_percent']):.1f}{spread} ({row['rank'].replace('-', '–')})"


def _cost_cell(row: Row, mlp: Row) -> str:
    return " · ".join(f"{float(row[key]) / float(mlp[key]):.2f}" for key in ("weights", "operations"))


def _time_cell(row: Row, mlp: Row) -> str:
    return row["train_s"]


def _attack_cell(row: Row, mlp: Row) -> str:
    return row["attacked_percent"]


DOCS = Path(__file__).resolve().parent.parent / "docs" / "rank-policies.md"
_CELLS: dict[str, Callable[[Row, Row], str]] = {
    "accuracy": _accuracy_cell,
    "cost": _cost_cell,
    "time": _time_cell,
    "attack": _attack_cell,
}


if __name__ == "__main__":
    sys.exit(main())
