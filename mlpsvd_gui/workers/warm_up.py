"""Background preparation of the fused engine: compiled once per machine, loaded once per start."""

from __future__ import annotations

import threading
from collections.abc import Callable

from mlpsvd.engines.choice import fused_engine
from mlpsvd.engines.cpu.warm_up import ensure_compiled, is_compiled
from mlpsvd.errors import EngineError, MissingLibraryError
from mlpsvd_gui.log import LOGGER

__all__ = ["WarmUp"]


class WarmUp:
    """Compiles in another process if necessary, then loads the compiled code, in one thread.

    Loading takes about a second and shares the interpreter with the window, so it happens soon after the window has
    opened, not when Train is pressed.

    Parameters
    ----------
    compile_, load
        Functions to call; tests pass quicker ones.
    """

    def __init__(
        self, compile_: Callable[[], None] = ensure_compiled, load: Callable[[], object] = fused_engine
    ) -> None:
        self._compile = compile_
        self._load = load
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._done = threading.Event()

    @property
    def is_done(self) -> bool:
        """Whether the engine is ready."""
        return self._done.is_set()

    @property
    def compiles(self) -> bool:
        """Whether the engine must be compiled on this machine, which takes about 10 s instead of 1 s."""
        return not self.is_done and not is_compiled()

    def start(self) -> None:
        """Start, if not yet started."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="warm-up", daemon=True)
                self._thread.start()

    def wait(self, stop: threading.Event) -> None:
        """Start if needed and wait until ready, or until ``stop`` is set."""
        self.start()
        while not self._done.wait(0.02) and not stop.is_set():
            pass

    def _work(self) -> None:
        try:
            self._compile()
            self._load()
        except (
            EngineError,
            MissingLibraryError,
        ) as error:  # the next training reports it and uses the reference engine
            LOGGER.info("%s", error)
        except Exception:  # the first training run will fail likewise and report it
            LOGGER.exception("The fused engine could not be prepared")
        finally:
            self._done.set()
