"""The checks of ``mlpsvd self-test``: a small case of every part of the core."""

from __future__ import annotations

import contextlib
import functools
import pkgutil
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

import mlpsvd
from mlpsvd.cli.native_stderr import quiet_libraries
from mlpsvd.errors import DeviceError, EngineError, MissingLibraryError
from mlpsvd.settings import with_value
from mlpsvd.text import counted

if TYPE_CHECKING:
    from mlpsvd.experiments.experiment import Experiment
    from mlpsvd.experiments.runs.run import Run

__all__ = ["CoreChecks", "LeftOutError", "load_all_modules"]

_LIBRARIES = (
    "numpy", "scipy.signal", "scipy.stats", "scipy.io", "numba", "llvmlite.binding", "soundfile", "soxr", "safetensors",
    "matplotlib.figure", "tomli_w", "threadpoolctl", "tqdm",
)  # fmt: skip
_EPOCHS = 4
_TOLERANCE = 1e-3
"""Relative difference of the singular values of two engines; they compute in single precision in another order."""

_RATE_HZ = 16000
_SOUND_TIMEOUT_S = 10.0


class LeftOutError(Exception):
    """Something optional is missing, as the message says."""


class CoreChecks:
    """The checks; each returns what it found.

    Parameters
    ----------
    folder
        Folder for files.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @functools.cached_property
    def _run(self) -> Run:
        return mlpsvd.train(_experiment("auto"))

    def modules(self) -> str:
        """Import every module of the package."""
        return counted(load_all_modules("mlpsvd"), "module")

    def libraries(self) -> str:
        """Import every required library."""
        for name in _LIBRARIES:
            import_module(name)
        return f"{len(_LIBRARIES)} libraries"

    def kernels(self) -> str:
        """Compile the fused engine, or load the compiled code from disk."""
        from mlpsvd.engines.cpu.compiled_code import compiled_code_place
        from mlpsvd.engines.cpu.warm_up import engine_problem, require_compiled

        require_compiled()
        if engine_problem():
            raise EngineError(engine_problem())
        return f"compiled, in {compiled_code_place()}"

    def training(self) -> str:
        """Train both networks on a small synthetic task."""
        run = self._run
        if run.epoch != _EPOCHS or not all(0.0 <= one <= 1.0 for one in run.accuracy.values()):
            raise ArithmeticError(f"accuracies {run.accuracy} after epoch {run.epoch}")
        return f"{counted(len(run.outcomes), 'network')}, {run.epoch} epochs; {run.engine}"

    def engines(self) -> str:
        """Train with the reference engine and compare the singular values."""
        expected = mlpsvd.train(_experiment("reference")).singular_values("mlp-svd")
        found = self._run.singular_values("mlp-svd")
        largest = float(np.max(np.abs(found - expected)) / np.max(np.abs(expected)))
        if not largest <= _TOLERANCE:
            raise ArithmeticError(f"singular values differ by {largest:.1e}, allowed is {_TOLERANCE:.0e}")
        return f"singular values differ by {largest:.0e} of the largest"

    def runs(self) -> str:
        """Save the run, load it, and compare the histories."""
        written = self._run.save(self._folder / "run", with_figures=False)
        loaded = mlpsvd.load_run(self._folder / "run")
        if not np.array_equal(loaded.singular_values("mlp-svd"), self._run.singular_values("mlp-svd")):
            raise ValueError("the loaded singular values are not those that were saved")
        return f"{counted(len(written), 'file')} written and read"

    def figures(self) -> str:
        """Draw a figure as PNG, SVG and PDF."""
        from mlpsvd.drawing import save_figure, style
        from mlpsvd.experiments.runs.plots import singular_values

        with style():
            written = save_figure(singular_values(self._run.history("mlp-svd")), self._folder, "figure")
        return ", ".join(sorted(_suffixes(written)))

    def analysis(self) -> str:
        """Compute one analysis of the registry."""
        from mlpsvd.analysis.registry import ANALYSES
        from mlpsvd.analysis.result import AnalysisResult
        from mlpsvd.experiments.analyse import subject_of

        one = next(one for one in ANALYSES.values() if not one.needs_data)
        *_, last = one.run(subject_of(self._run, "mlp-svd"))
        if not isinstance(last, AnalysisResult):
            raise TypeError(f"the analysis {one.key} has no result")
        return one.title

    def audio_files(self) -> str:
        """Write and read sound in three formats, and resample it."""
        from mlpsvd.audio.files import read, resample
        from mlpsvd.audio.soundfile_library import soundfile_library

        for suffix in ("wav", "flac", "ogg"):
            path = self._folder / f"tone.{suffix}"
            soundfile_library().write(path, _tone(), _RATE_HZ)
            samples, rate_hz = read(path)
            if (samples.size, rate_hz) != (_RATE_HZ, _RATE_HZ) or np.max(np.abs(samples - _tone())) > 0.1:
                raise ValueError(f"{path.name} does not hold what was written")
        if resample(_tone(), _RATE_HZ, 8000).size != 8000:
            raise ValueError("resampling gives a wrong number of samples")
        return "WAV, FLAC, OGG; resampling"

    def classification(self) -> str:
        """Classify a recording with a model that was saved and loaded."""
        from mlpsvd.audio.soundfile_library import soundfile_library

        model, path = self._folder / "model.safetensors", self._folder / "recording.wav"
        mlpsvd.save_model(model, self._run.model("mlp-svd"))
        soundfile_library().write(path, _tone(), _RATE_HZ)
        decisions = mlpsvd.Classifier(mlpsvd.load_model(model)).classify_file(path)
        return f"{counted(len(decisions), 'window')}, first: {decisions[0].label}"

    def processes(self) -> str:
        """Classify two recordings in two processes of their own."""
        from mlpsvd.audio.soundfile_library import soundfile_library
        from mlpsvd.classification.batch.classify import classify_files, find_sound_files

        folder = self._folder / "recordings"
        folder.mkdir(exist_ok=True)
        for name in ("one", "two"):
            soundfile_library().write(folder / f"{name}.wav", _tone(), _RATE_HZ)
        events = classify_files(self._run.model("mlp-svd"), list(find_sound_files([folder])), n_processes=2)
        results = [result for event in events for _, result in event.finished]
        problems = [result.problem for result in results if result.problem]
        if len(results) != 2 or problems:
            raise ChildProcessError(problems[0] if problems else f"{len(results)} of 2 files classified")
        return "2 files in 2 processes"

    def export(self, kind: str) -> str:
        """Export the model to one format."""
        try:
            written = mlpsvd.export_model(self._folder / f"export-{kind}.{kind}", self._run.model("mlp-svd"))
        except MissingLibraryError as error:
            raise LeftOutError(str(error)) from error
        return ", ".join(sorted(_suffixes(written)))

    def devices(self) -> str:
        """Load PortAudio and list the inputs; a computer without a microphone passes."""
        from mlpsvd.audio.devices.portaudio_thread import PortAudioThread

        with quiet_libraries(), contextlib.closing(PortAudioThread()) as host:
            version = host.run(lambda sd: str(sd.get_portaudio_version()[1].split(",")[0])).result(_SOUND_TIMEOUT_S)
            listed = host.devices().result(_SOUND_TIMEOUT_S)
        return f"{version}; {counted(len(listed.inputs), 'input')}"

    def gpu(self) -> str:
        """Compute on the GPU if there is one."""
        from mlpsvd.arrays import gpu

        try:
            return gpu().description
        except DeviceError as error:
            raise LeftOutError(str(error)) from error


def load_all_modules(package: str) -> int:
    """Import every module below a package except ``__main__``; return their number.

    Raises
    ------
    ImportError
        If the package has no modules, as in a program that was built without them.
    """
    names = [found.name for found in pkgutil.walk_packages(import_module(package).__path__, f"{package}.")]
    names = [name for name in names if not name.endswith(".__main__")]
    for name in names:
        import_module(name)
    if not names:
        raise ImportError(f"{package} has no modules")
    return len(names)


def _experiment(engine: str) -> Experiment:
    """Return a small experiment, which takes a fraction of a second."""
    changes = {
        "training.epochs": _EPOCHS,
        "training.engine": engine,
        "data.synthetic.train_per_class": 40,
        "data.synthetic.test_per_class": 20,
    }
    experiment = mlpsvd.Experiment()
    for key, value in changes.items():
        experiment = with_value(experiment, key, value)
    return experiment


def _tone() -> NDArray[np.float32]:
    """Return a second of a tone with a little noise."""
    noise = 0.01 * np.random.default_rng(1).standard_normal(_RATE_HZ)
    return (0.3 * np.sin(2 * np.pi * 440 * np.arange(_RATE_HZ) / _RATE_HZ) + noise).astype(np.float32)


def _suffixes(written: list[Path]) -> set[str]:
    """Return the suffixes of files; raise OSError if one is empty."""
    for path in written:
        if path.stat().st_size == 0:
            raise OSError(f"{path.name} is empty")
    return {path.suffix.removeprefix(".") for path in written}
