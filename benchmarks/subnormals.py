"""Measure the cost of subnormal numbers: the time of an epoch with many classes, with and without FTZ and DAZ.

python benchmarks/subnormals.py --classes 2 5 10 20 40 100 --epochs 40
"""

from __future__ import annotations

import argparse
import platform
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mlpsvd.contenders import MLP, MLP_SVD, Contender
from mlpsvd.engines.cpu.engine import FusedEngine
from mlpsvd.experiments.contender_tasks import training_task
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.prepare import Prepared, prepare
from mlpsvd.settings import with_value
from mlpsvd.signals.bank import bank
from mlpsvd.text import percent
from mlpsvd.training.trainer import Trainer

_AROUND = 3
"""Number of epochs over which the median time is taken."""


def main() -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--classes", type=int, nargs="+", default=[2, 5, 10, 20, 40, 100], metavar="N")
    parser.add_argument("--epochs", type=int, default=40, metavar="N")
    parser.add_argument("--clips", type=int, default=800, metavar="N", help="training clips per class")
    arguments = parser.parse_args()
    what = "processor time of the updates of an epoch in ms, first and last epochs"
    print(f"{processor()}; {arguments.clips} training clips per class; {what}\n")
    print("| classes | network | FTZ and DAZ | subnormals kept | ratio of the last epochs | accuracy |")
    print("| ---: | --- | ---: | ---: | ---: | ---: |")
    for n_classes in arguments.classes:
        prepared = prepare(experiment(n_classes, arguments.epochs, arguments.clips))
        for contender in (MLP, MLP_SVD):
            flushed = measured(prepared, contender, flush=True)
            kept = measured(prepared, contender, flush=False)
            times = [f"{one[0]:.1f}, {one[1]:.1f}" for one in (flushed, kept)]
            accuracies = f"{100 * flushed[2]:.1f} / {percent(kept[2])}"
            ratio = f"{kept[1] / flushed[1]:.1f}"
            print(f"| {n_classes} | {contender.title} | {times[0]} | {times[1]} | {ratio} | {accuracies} |", flush=True)


def experiment(n_classes: int, n_epochs: int, n_clips: int) -> Experiment:
    """Return the paper's task with filters 10 Hz wide, their centres from 200 Hz to 7 kHz."""
    values = {
        "data.synthetic.filters": bank(np.linspace(200, 7000, n_classes).round(1).tolist(), 10.0),
        "data.synthetic.train_per_class": n_clips,
        "data.synthetic.test_per_class": 100,
        "training.epochs": n_epochs,
    }
    changed = Experiment()
    for key, value in values.items():
        changed = with_value(changed, key, value)
    return changed


class TimedEngine(FusedEngine):
    """Records the time of each epoch in processor time of its thread, which excludes other programs."""

    def __init__(self, flush_subnormals: bool) -> None:
        self.times_s: list[float] = []
        super().__init__(flush_subnormals)
        self.times_s.clear()

    def run_epoch(self, *arguments: Any) -> None:
        """Train as the fused engine does."""
        began = time.thread_time()
        super().run_epoch(*arguments)
        self.times_s.append(time.thread_time() - began)


def measured(prepared: Prepared, contender: Contender, *, flush: bool) -> tuple[float, float, float]:
    """Train once; return the milliseconds of the first and of the last epochs, and the test accuracy (0 to 1)."""
    engine = TimedEngine(flush)
    trainer = Trainer(training_task(prepared, contender), engine)
    *_, last = trainer.run()
    return median_ms(engine.times_s[:_AROUND]), median_ms(engine.times_s[-_AROUND:]), last.test_accuracy


def median_ms(times_s: Sequence[float]) -> float:
    """Return the median time in milliseconds."""
    return 1000 * statistics.median(times_s)


def processor() -> str:
    """Return the processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


if __name__ == "__main__":
    main()
