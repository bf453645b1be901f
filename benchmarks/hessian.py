"""Measure a Hessian-vector product against a gradient, and the leading eigenvalues of the paper's network.

python benchmarks/hessian.py --epochs 20
"""

from __future__ import annotations

import argparse
import platform
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from subnormals import processor

from mlpsvd.analysis.hessian.product import HessianProduct
from mlpsvd.analysis.hessian.spectrum import leading_eigenvalues, spectral_density
from mlpsvd.engines.contract import one_hot
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.prepare import prepare
from mlpsvd.experiments.race import Race
from mlpsvd.network.network import Network
from mlpsvd.settings import with_value

_REPEATS = 15


def main() -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=20, metavar="N", help="epochs trained before measuring")
    parser.add_argument("--values", type=int, default=10, metavar="N", help="leading eigenvalues")
    arguments = parser.parse_args()
    experiment = with_value(Experiment(), "training.epochs", arguments.epochs)
    experiment = with_value(experiment, "training.contenders", ("mlp", "mlp-svd", "mlp-svd-full-rank"))
    prepared = prepare(experiment)
    race = Race(prepared)
    for _ in race.run():
        pass
    dataset = prepared.dataset
    x = dataset.x_train.astype(np.float64)
    targets = one_hot(dataset.y_train, len(dataset.class_names), np.float64)
    import scipy.sparse.linalg  # noqa: F401  # a program imports it once

    print(f"{processor()}, Python {platform.python_version()}, {len(x)} clips, {experiment.name}, one BLAS thread\n")
    print("| network | parameters | gradient | product | ratio | eigenvalues | products | time (CPU) | density |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, history in race.histories.items():
        for event in (history[0], history[-1]):
            assert event.snapshot is not None
            report(f"{name}, epoch {event.epoch}", Network(event.snapshot.spec, event.snapshot.theta), x, targets,
                   arguments.values)  # fmt: skip


def report(name: str, network: Network, x: Any, targets: Any, n_values: int) -> None:
    """Measure one network and print its row."""
    product = HessianProduct(network, x, targets)
    vector = np.random.default_rng(0).standard_normal(product.n_parameters)
    gradient_s, product_s = alternating(product.gradient, lambda: product(vector))
    began, began_cpu = time.perf_counter(), time.thread_time()
    made = HessianProduct(network, x, targets)  # its passes belong to the time
    leading = leading_eigenvalues(made, n_values)
    leading_s, leading_cpu_s = time.perf_counter() - began, time.thread_time() - began_cpu
    began = time.perf_counter()
    spectral_density(product)
    density_s = time.perf_counter() - began
    print(
        f"| {name} | {product.n_parameters} | {1000 * gradient_s:.1f} ms | {1000 * product_s:.1f} ms "
        f"| {product_s / gradient_s:.2f} | {n_values} | {leading.n_products} "
        f"| {leading_s:.2f} s ({leading_cpu_s:.2f} s) | {density_s:.2f} s |",
        flush=True,
    )


def alternating(*calls: Callable[[], object]) -> list[float]:
    """Return the median processor time of each call of this thread, measured in turn, in seconds."""
    times: list[list[float]] = [[] for _ in calls]
    for _ in range(_REPEATS):
        for one, call in zip(times, calls, strict=True):
            began = time.thread_time()
            call()
            one.append(time.thread_time() - began)
    return [statistics.median(one) for one in times]


if __name__ == "__main__":
    main()
