"""Check and time everything that runs on a GPU, in one go of less than five minutes.

    python benchmarks/gpu.py [--out gpu-results] [--seconds 240] [--dry-run]

Needs an NVIDIA card, Python 3.11 or later, NumPy and CuPy; PyTorch and Numba are compared with where they are
installed. Nothing else is needed, no installation of this program and no network. It

1. compares every GPU path with the reference engine in float64 on the CPU,
2. trains the 120 networks of Table II in one go,
3. times our engines against PyTorch on the same card,

and writes ``gpu.json`` and ``gpu.md``. A step that fails is reported and does not stop the others; a step for which no
time is left is skipped. The exit status is 0 if every check passed, 1 if one failed or a
step failed or was skipped, 2 if there is no card.

``--dry-run`` runs all of it at a small size with a stand-in for CuPy on the CPU (it needs g++). It shows that the
script works; its times mean nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when NumPy is imported
NO_CARD = 2


def find_sources() -> None:
    """Let a bare machine import the core from this checkout, without its small dependencies."""
    sys.path[:0] = [str(ROOT / "core"), str(ROOT / "tests" / "support"), str(ROOT / "benchmarks")]
    try:
        import threadpoolctl  # noqa: F401
    except ModuleNotFoundError:
        sys.modules["threadpoolctl"] = without_limits()


def without_limits() -> ModuleType:
    """Return what replaces threadpoolctl: BLAS has one thread already, by the environment."""

    @contextmanager
    def threadpool_limits(*_arguments: Any, **_options: Any) -> Any:
        yield

    module = ModuleType("threadpoolctl")
    vars(module).update(
        ThreadpoolController=type("ThreadpoolController", (), {"lib_controllers": ()}),
        threadpool_limits=threadpool_limits,
    )
    return module


class Report:
    """Collects what each step found, prints it, and watches the clock."""

    def __init__(self, seconds: float, header: dict[str, Any]) -> None:
        self._started, self._seconds = time.perf_counter(), seconds
        self.found: dict[str, Any] = {**header, "checks": [], "times": [], "left_out": [], "problems": []}

    @property
    def left_s(self) -> float:
        return self._seconds - (time.perf_counter() - self._started)

    def step(self, name: str, do: Callable[[], None], needs_s: float = 10.0) -> None:
        """Run a step; note why it did not finish, if so."""
        if self.left_s < needs_s:
            self.problem(name, f"skipped, since less than {needs_s:g} s were left")
            return
        print(f"{name} ...", flush=True)
        try:
            do()
        except ModuleNotFoundError as error:
            self.found["left_out"].append({"step": name, "why": str(error)})
            print(f"  left out: {error}", flush=True)
        except Exception as error:
            self.problem(name, f"{type(error).__name__}: {error}")

    def check(self, name: str, difference: float, tolerance: float) -> None:
        """Note the largest relative difference of a GPU path from the reference engine."""
        passed = bool(difference <= tolerance)
        self.found["checks"].append(
            {"name": name, "difference": float(difference), "tolerance": tolerance, "passed": passed}
        )
        print(f"  {'passed' if passed else 'FAILED'}: {name} ({difference:.2g}, at most {tolerance:g})", flush=True)

    def time(self, name: str, value: float, unit: str) -> None:
        self.found["times"].append({"name": name, "value": value, "unit": unit})
        print(f"  {name}: {value:,.4g} {unit}", flush=True)

    def problem(self, name: str, what: str) -> None:
        self.found["problems"].append({"step": name, "problem": what})
        print(f"  {name}: {what}", flush=True)

    @property
    def passed(self) -> bool:
        return all(check["passed"] for check in self.found["checks"]) and not self.found["problems"]

    def write(self, folder: Path) -> None:
        self.found["seconds"] = time.perf_counter() - self._started
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "gpu.json").write_text(json.dumps(self.found, indent=1) + "\n", encoding="utf-8")
        (folder / "gpu.md").write_text(self._markdown(), encoding="utf-8")
        print(f"written: {folder / 'gpu.json'} and {folder / 'gpu.md'}")

    def _markdown(self) -> str:
        found = self.found
        note = "**Dry run on the CPU: the times mean nothing.** " if found["dry_run"] else ""
        lines = [f"{note}{found['date']}, {found['card']}. {found['versions']}.", ""]
        lines += ["| Compared with the reference engine in float64 | largest relative difference | limit | |"]
        lines += ["| --- | ---: | ---: | --- |"]
        for one in found["checks"]:
            verdict = "passed" if one["passed"] else "**failed**"
            lines.append(f"| {one['name']} | {one['difference']:.1e} | {one['tolerance']:g} | {verdict} |")
        lines += ["", "| Time | |", "| --- | ---: |"]
        lines += [f"| {one['name']} | {one['value']:,.4g} {one['unit']} |" for one in found["times"]]
        notes = [f"- {one['step']}: left out ({one['why']})" for one in found["left_out"]]
        notes += [f"- **{one['step']}: {one['problem']}**" for one in found["problems"]]
        lines += ["", *notes] if notes else []
        return "\n".join(lines) + "\n"


def header(card: str, dry_run: bool) -> dict[str, Any]:
    """Return date, card and versions."""
    versions = [f"Python {platform.python_version()}"]
    for name in ("numpy", "cupy-cuda13x", "cupy-cuda12x", "cupy", "torch", "numba"):
        try:
            versions.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    date = time.strftime("%Y-%m-%d", time.gmtime())
    return {"date": date, "card": card, "versions": ", ".join(versions), "dry_run": dry_run}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("gpu-results"), help="folder for gpu.json and gpu.md")
    parser.add_argument("--seconds", type=float, default=240.0, help="start no step after so many seconds")
    parser.add_argument("--dry-run", action="store_true", help="try the script on the CPU, at a small size")
    return parser.parse_args()


def main() -> int:
    chosen = arguments()
    find_sources()
    from mlpsvd.arrays import gpu
    from mlpsvd.errors import DeviceError

    folder = Path(tempfile.mkdtemp(prefix="gpu-")) if chosen.dry_run else None
    if folder is not None:
        import strict_cupy

        backend = strict_cupy.install(folder)
    else:
        try:
            backend = gpu()
        except DeviceError as error:
            print(f"{error}. Nothing was checked or timed; --dry-run tries this script on the CPU.")
            return NO_CARD
    import gpu_steps

    report = Report(chosen.seconds, header(backend.description, chosen.dry_run))
    print(f"{report.found['card']}; {report.found['versions']}")
    for name, step, needs_s in gpu_steps.steps(backend, report, small=chosen.dry_run):
        report.step(name, step, needs_s)
    report.write(chosen.out)
    return 0 if report.passed else 1


if __name__ == "__main__":
    sys.exit(main())
