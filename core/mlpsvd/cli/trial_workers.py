"""Worker processes of commands that run many trials."""

from __future__ import annotations

from mlpsvd.cli.console import report
from mlpsvd.engines.cpu.warm_up import COMPILING, engine_problem, ensure_compiled, is_compiled
from mlpsvd.errors import SettingError
from mlpsvd.executors import OpenExecutor, dask_workers, local_workers, n_usable_cores

__all__ = ["at_least_one", "chosen_executor", "no_jobs_on_a_cluster", "prepare_engine"]


def prepare_engine() -> None:
    """Compile the fused engine before the workers start; print a note if it is not available."""
    if not is_compiled():
        report(COMPILING)
    ensure_compiled()
    problem = engine_problem()
    if problem:
        report(f"note: {problem}; the reference engine is used instead")


def at_least_one(option: str, value: int) -> None:
    """Raise :class:`SettingError` if a number is below 1."""
    if value < 1:
        raise SettingError(option, value, "a whole number of at least 1")


def no_jobs_on_a_cluster(n_jobs: int, scheduler: str) -> None:
    """Raise :class:`SettingError` if a number of processes is given for a cluster, which has its own workers."""
    if n_jobs and scheduler:
        raise SettingError("--jobs", n_jobs, "left out with --scheduler: the cluster has its own workers")


def chosen_executor(n_jobs: int, scheduler: str) -> OpenExecutor:
    """Return what opens the cluster at ``scheduler`` or, if that is empty, local processes (0: one per core).

    Raises
    ------
    SettingError
        If the number of processes is negative, or both are given.
    """
    if n_jobs:
        at_least_one("--jobs", n_jobs)
    no_jobs_on_a_cluster(n_jobs, scheduler)
    if scheduler:
        return lambda: dask_workers(scheduler)
    return lambda: local_workers(n_jobs or n_usable_cores())
