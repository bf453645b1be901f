"""Workers that run trials and are replaced when a process was killed."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from concurrent.futures import BrokenExecutor, Executor
from contextlib import ExitStack, closing
from dataclasses import replace
from types import TracebackType
from typing import Self

from mlpsvd.errors import TrainingError
from mlpsvd.executors import OpenExecutor
from mlpsvd.experiments.trials.trials import BatchMeasure, Trial, TrialEvent, TrialStore, run_trials

__all__ = ["Workers"]

_MOST_BREAKS = 5


class Workers:
    """Context that runs trials; the executor is opened with the first trial that must be computed.

    Parameters
    ----------
    open_executor
        Opens the executor; called again after a worker process was killed.
    """

    def __init__(self, open_executor: OpenExecutor) -> None:
        self._open_executor = open_executor
        self._stack = ExitStack()
        self._executor: Executor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stack.close()

    def run(
        self, trials: Sequence[Trial], store: TrialStore, together: BatchMeasure | None = None
    ) -> Generator[TrialEvent, None, None]:
        """Yield every trial once, stored ones first; see :func:`mlpsvd.experiments.trials.trials.run_trials`.

        Raises
        ------
        TrainingError
            If worker processes are killed again and again; finished trials are stored.
        MlpSvdError
            If a trial fails.
        """
        wanted = {trial.key: trial for trial in trials}
        missing = dict(wanted)
        for key, trial in wanted.items():
            result = store.get(trial)
            if result is not None:
                del missing[key]
                yield TrialEvent(trial, result, len(wanted) - len(missing), len(wanted), None, kept=True)
        breaks = 0
        while missing:
            before = len(missing)
            try:
                with closing(run_trials(list(missing.values()), store, self._opened(), together)) as events:
                    for event in events:
                        del missing[event.trial.key]
                        yield replace(event, done=len(wanted) - len(missing), total=len(wanted))
            except BrokenExecutor as error:
                self._close()
                breaks = breaks + 1 if len(missing) == before else 1
                if breaks >= _MOST_BREAKS:
                    raise TrainingError(
                        "The worker processes were ended from outside again and again, for instance for want of "
                        "memory; fewer jobs at a time may help, and what is finished is kept"
                    ) from error

    def _opened(self) -> Executor:
        if self._executor is None:
            self._executor = self._stack.enter_context(self._open_executor())
        return self._executor

    def _close(self) -> None:
        self._stack.close()
        self._executor = None
