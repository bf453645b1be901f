"""Measure the time of an epoch: our engines, PyTorch, scikit-learn and JAX on the same task, and scaling.

    python benchmarks/engines.py [--rounds 5] [--core 1] [--only updates|training|growth|processors] [--docs]

Each contender runs in its own process, pinned to one core and one thread. A round is one process of each, in turn, so
drifts of the machine's speed affect all of them. A process warms up (compilation is not counted), then times whole
epochs. Prints the median over the rounds of each process's median epoch, in microseconds per mini-batch update, and the
median of the ratios within a round. Libraries that are not installed are listed and skipped. The last part compares our
engine compiled for this processor and for AVX2 only.

``--docs`` writes tables and charts to docs/engines/.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from contenders import Task, contender

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
PAPER = [Task(129, 20, 5, 5000), Task(129, 50, 5, 5000)]
LARGE = Task(2049, 512, 10, 2000)
PEERS = ["PyTorch eager, Adam", "PyTorch eager, fused Adam", "scikit-learn", "JAX, jitted scan"]
OURS = ["ours, MLP", "ours, MLP-SVD, rank 20", "ours, MLP-SVD, rank 10", "ours, MLP-SVD, rank 3"]
IN_NUMPY = ["ours in NumPy, MLP", "ours in NumPy, MLP-SVD, rank 3"]
FLOORS = ["floor, MLP", "floor, MLP-SVD, rank 3"]
AT_LARGE = ["ours, MLP", "ours, MLP-SVD, rank 15", "ours, MLP-SVD, rank 3", *PEERS, "floor, MLP"]

PROCESSORS = {
    "as it is": {},
    "AVX2 only": {
        "NUMBA_CPU_NAME": "haswell",
        "NUMBA_CPU_FEATURES": "+avx,+avx2,+bmi,+bmi2,+fma,+popcnt,+sse3,+sse4.1,+sse4.2,+ssse3",
    },
}

GROWTH_INPUTS = [Task(n, 20, 5, 2560) for n in (33, 65, 129, 257, 513, 1025, 2049)]
GROWTH_HIDDEN = [Task(129, n, 5, 2560) for n in (5, 10, 20, 50, 100, 200, 512)]
GROWTH_RANK = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 50)
GROWING = ["ours, MLP", "ours, MLP-SVD, rank 3", *PEERS[:1], *PEERS[2:], *FLOORS]


def time_epochs(name: str, task: Task, seconds: float) -> float:
    """Return the median time of an epoch in this process, in microseconds per update."""
    epoch = contender(name)(task)
    started = time.perf_counter()
    epoch()
    epoch()
    times: list[float] = []
    warm_until = time.perf_counter() + 0.1 * min(seconds, time.perf_counter() - started)
    while time.perf_counter() < warm_until:
        epoch()
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 3:
        before = time.perf_counter()
        epoch()
        times.append((time.perf_counter() - before) / task.n_updates * 1e6)
    return median(times)


def time_training(hidden: int, factor_from: str) -> dict[str, float]:
    """Train the paper's five-class task for 100 epochs; return seconds and accuracies of both networks."""
    from mlpsvd.experiments.experiment import Experiment
    from mlpsvd.experiments.prepare import prepare
    from mlpsvd.experiments.race import Race
    from mlpsvd.settings import with_value

    experiment = with_value(Experiment(), "network.hidden", (hidden,))
    experiment = with_value(experiment, "discarding.factor_from", factor_from)
    race = Race(prepare(experiment))
    for _ in race.run():
        pass
    outcomes = race.outcomes()
    history = race.histories["mlp-svd"]
    return {
        "mlp_s": outcomes["mlp"].train_s,
        "svd_s": outcomes["mlp-svd"].train_s,
        "mlp_accuracy": outcomes["mlp"].last.test_accuracy,
        "svd_accuracy": outcomes["mlp-svd"].last.test_accuracy,
        "rank": history[-1].ranks[0],
        "epochs_above_rank_8": sum(event.ranks[0] > 8 for event in history),
    }


def in_a_process(request: dict[str, Any], core: int) -> Any:
    """Run a request in a fresh process on one core; a missing library is returned as a string."""
    environment = os.environ | dict.fromkeys(THREADS, "1") | {"JAX_PLATFORMS": "cpu"} | request.get("variables", {})
    command = [sys.executable, __file__, "--core", str(core), "--request", json.dumps(request)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        raise SystemExit(f"{request} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def answer(request: dict[str, Any]) -> Any:
    """Serve the request of another process."""
    if "hidden" in request:
        return time_training(request["hidden"], request["factor_from"])
    try:
        return [time_epochs(request["name"], Task(**task), request["seconds"]) for task in request["tasks"]]
    except ModuleNotFoundError as error:
        return str(error)


def rounds_of(names: Iterable[str], tasks: list[Task], rounds: int, seconds: float, core: int) -> dict[str, Any]:
    """Run the contenders in turn; return the time of each round by task and contender."""
    names = list(names)
    found: dict[str, dict[str, list[float]]] = {task.name: {} for task in tasks}
    for number in range(rounds):
        for name in list(names):
            request = {"name": name, "tasks": [asdict(task) for task in tasks], "seconds": seconds}
            times = in_a_process(request, core)
            if isinstance(times, str):
                print(f"skipped: {name} ({times})", file=sys.stderr)
                names.remove(name)
                continue
            for task, value in zip(tasks, times, strict=True):
                found[task.name].setdefault(name, []).append(value)
        print(f"round {number + 1} of {rounds} done", file=sys.stderr)
    return found


def updates(rounds: int, core: int) -> dict[str, Any]:
    """Time an update of the paper's networks and of a large one."""
    found = rounds_of([*OURS, *IN_NUMPY, *PEERS, *FLOORS], PAPER, rounds, 0.7, core)
    return found | rounds_of(AT_LARGE, [LARGE], rounds, 1.5, core)


def training(rounds: int, core: int) -> dict[str, Any]:
    """Time whole trainings: MLP-SVD and MLP, factorised from the start or from the first discarding point."""
    found: dict[str, list[dict[str, float]]] = {}
    for _ in range(rounds):
        for hidden in (20, 50):
            for factor_from in ("start", "first point"):
                result = in_a_process({"hidden": hidden, "factor_from": factor_from}, core)
                found.setdefault(f"{hidden} hidden, factored from {factor_from}", []).append(result)
    return found


def growth(rounds: int, core: int) -> dict[str, Any]:
    """Time an update as inputs, hidden neurons and rank grow."""
    fifty = Task(129, 50, 5, 2560)
    ranks = [f"{kind}, MLP-SVD, rank {rank}" for rank in GROWTH_RANK for kind in ("ours", "floor")]
    return {
        "inputs": rounds_of(GROWING, GROWTH_INPUTS, rounds, 0.15, core),
        "hidden": rounds_of(GROWING, GROWTH_HIDDEN, rounds, 0.15, core),
        "rank": rounds_of(["ours, MLP", "floor, MLP", *ranks], [fifty], rounds, 0.15, core),
    }


def processors(rounds: int, core: int) -> dict[str, Any]:
    """Time our networks as compiled for this processor and for AVX2, in turn."""
    found: dict[str, Any] = {name: {task.name: {} for task in PAPER} for name in PROCESSORS}
    for _ in range(rounds):
        for name in OURS:
            for processor, variables in PROCESSORS.items():
                tasks = [asdict(task) for task in PAPER]
                request = {"name": name, "tasks": tasks, "seconds": 0.7, "variables": variables}
                for task, value in zip(PAPER, in_a_process(request, core), strict=True):
                    found[processor][task.name].setdefault(name, []).append(value)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--core", type=int, default=0, help="core to use")
    parser.add_argument("--only", choices=["updates", "training", "growth", "processors"])
    parser.add_argument("--docs", action="store_true", help="write tables and charts to docs/engines/")
    parser.add_argument("--request", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.request:
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {arguments.core})
        print(json.dumps(answer(json.loads(arguments.request))))
        return
    import engine_report

    parts = {"updates": updates, "training": training, "growth": growth, "processors": processors}
    folder = Path(__file__).resolve().parent.parent / "docs" / "engines"
    for part, measure in parts.items():
        if arguments.only in (None, part):
            measured = {"machine": engine_report.machine(), "rounds": arguments.rounds, "times": {}}
            measured["times"] = measure(arguments.rounds, arguments.core)
            print(engine_report.text(part, measured))
            if arguments.docs:
                engine_report.write(folder, part, measured)


if __name__ == "__main__":
    main()
