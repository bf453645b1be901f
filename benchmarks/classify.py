"""Measure the speed of batch classification with one process, threads and processes, for short and long files.

    python benchmarks/classify.py [--model MODEL.safetensors] [--short FOLDER] [--long-s 3600] [--n-long 3]

``--short`` is a folder of short recordings, to be classified with ``--model``. Without them, 2,700 files of half a
second of noise and a network of the paper's size are made in a temporary folder, as are the long files. Prints wall and
processor time (the best of ``--repeats``; processor time is the better measure on a busy machine), files and hours of
sound per second, and the peak memory of the main process and of its largest worker.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

RATE_HZ = 16000


def make_model(path: Path) -> Path:
    """Train the paper's ten classes briefly; windows of 0.3 s."""
    from mlpsvd.experiments.experiment import Experiment
    from mlpsvd.experiments.prepare import prepare
    from mlpsvd.experiments.race import Race
    from mlpsvd.experiments.runs.trained_model import model_of
    from mlpsvd.models.model_file import save_model
    from mlpsvd.settings import with_value
    from mlpsvd.signals.bank import paper_bank

    experiment = with_value(Experiment(), "data.synthetic.filters", paper_bank(10))
    for key in ("train_per_class", "test_per_class"):
        experiment = with_value(experiment, f"data.synthetic.{key}", 40)
    prepared = prepare(with_value(experiment, "training.epochs", 2))
    race = Race(prepared)
    for _ in race.run():
        pass
    save_model(path, model_of(prepared, race.outcomes()["mlp-svd"]))
    return path


def make_noise(folder: Path, n_files: int, length_s: float, suffix: str = ".wav") -> Path:
    import numpy as np
    import soundfile

    folder.mkdir()
    rng = np.random.default_rng(0)
    block = 0.1 * rng.standard_normal(round(min(length_s, 60.0) * RATE_HZ)).astype("float32")
    for index in range(n_files):
        with soundfile.SoundFile(folder / f"{index:05d}{suffix}", "w", RATE_HZ, 1) as file:
            for _ in range(max(1, round(length_s / 60.0))):
                file.write(block)
    return folder


def once(model_path: Path, folder: Path, how: str) -> dict[str, float]:
    """Classify a folder in this process."""
    from mlpsvd.classification.batch.classify import classify_files, find_sound_files
    from mlpsvd.classification.batch.file_classifier import FileClassifier
    from mlpsvd.models.model_file import load_model

    kind, _, count = how.partition(":")
    model = load_model(model_path)
    files = list(find_sound_files([folder]))
    started, before_s = time.perf_counter(), sum(os.times()[:4])
    if kind == "threads":
        classifier = FileClassifier(model)

        def run(file: Any) -> Any:
            *_, last = classifier.classify(file)
            return last

        with ThreadPoolExecutor(int(count)) as pool:
            results = list(pool.map(run, files))
    else:
        events = classify_files(model, files, int(count or 0))
        results = [result for event in events for _, result in event.finished]
    wall_s = time.perf_counter() - started
    return {
        "wall_s": wall_s,
        "cpu_s": sum(os.times()[:4]) - before_s,
        "n": len(results),
        "hours": sum(one.duration_s for one in results) / 3600,
        "n_windows": sum(one.n_windows for one in results),
        "leader_mb": largest_mb(),
        "worker_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
    }


def largest_mb() -> float:
    """Peak memory of this process; getrusage returns the larger value of its parent process."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(next(line.split()[1] for line in status.read_text().splitlines() if "VmHWM" in line)) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def fresh(model: Path, folder: Path, how: str) -> dict[str, float]:
    """Measure in a fresh process, so that memory and caches do not affect the next measurement."""
    command = [sys.executable, __file__, "--once", how, "--model", str(model), "--short", str(folder)]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return {name: float(value) for name, value in (pair.split("=") for pair in text.split())}


def report(title: str, model: Path, folder: Path, repeats: int) -> None:
    n_cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    print(title)
    for how in ("here", f"threads:{n_cores}", "processes:1", f"processes:{n_cores}"):
        best = min((fresh(model, folder, how) for _ in range(repeats)), key=lambda one: one["wall_s"])
        wall_s = best["wall_s"]
        n_files, hours, window_us = best["n"] / wall_s, best["hours"] / wall_s, 1e6 * wall_s / best["n_windows"]
        print(
            f"  {how:14s} {wall_s:6.2f} s  {best['cpu_s']:6.2f} s of CPU  {n_files:7.1f} files/s  {hours:5.2f} h/s"
            f"  {window_us:6.1f} µs per window  {best['leader_mb']:4.0f} MB, workers {best['worker_mb']:4.0f} MB each",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--short", type=Path)
    parser.add_argument("--long-s", type=float, default=3600.0)
    parser.add_argument("--n-long", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--once", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.once:
        print(" ".join(f"{name}={value}" for name, value in once(options.model, options.short, options.once).items()))
        return
    with tempfile.TemporaryDirectory() as scratch:
        windowed = make_model(Path(scratch) / "model.safetensors")
        short = options.short or make_noise(Path(scratch) / "short", 2700, 0.5)
        report(f"{short.name}: short files", options.model or windowed, short, options.repeats)
        for suffix in (".wav", ".flac"):
            long = make_noise(Path(scratch) / f"long{suffix}", options.n_long, options.long_s, suffix)
            title = f"{options.n_long} files of {options.long_s:g} s ({suffix})"
            report(title, windowed, long, options.repeats)


if __name__ == "__main__":
    main()
