"""Tables and charts for ``engines.py``."""

from __future__ import annotations

import datetime
import json
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

LIBRARIES = ("numpy", "scipy", "numba", "torch", "scikit-learn", "jax")
LABELS = {"inputs": "inputs (20 hidden neurons)", "hidden": "hidden neurons (129 inputs)",
          "rank": "rank (129 inputs, 50 hidden neurons)"}  # fmt: skip
COLOURS = {"ours, MLP": "#0072B2", "ours, MLP-SVD": "#D55E00", "PyTorch": "#009E73", "scikit-learn": "#CC79A7",
           "JAX": "#E69F00", "floor, MLP": "#0072B2", "floor, MLP-SVD": "#D55E00"}  # fmt: skip


def machine() -> str:
    """Date, processor and versions in one line."""
    cpu = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        cpu = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), cpu)
    found = []
    for name in LIBRARIES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} not installed")
    today = datetime.datetime.now(datetime.UTC).date()
    found.insert(0, f"Python {platform.python_version()}")
    return f"{today}, one core of {cpu} with {os.cpu_count()} cores, {', '.join(found)}"


def text(part: str, measured: dict[str, Any]) -> str:
    """Return the measurements of one part as Markdown."""
    lines = [f"{measured['machine']}. Medians over {measured['rounds']} rounds.", ""]
    body = {"updates": _updates, "training": _training, "growth": _growth, "processors": _processors}[part](
        measured["times"]
    )
    return "\n".join(lines + body) + "\n"


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in [head, ["---"] + ["---:"] * (len(head) - 1), *rows]]


def _ratio(values: list[float], base: list[float]) -> float:
    return median(value / other for value, other in zip(values, base, strict=True))


def _updates(times: dict[str, Any]) -> list[str]:
    lines: list[str] = []
    for task, found in times.items():
        rows = [
            [name, f"{median(values):.1f}", f"{min(values):.1f}", f"{_ratio(values, found['ours, MLP']):.2f}"]
            for name, values in found.items()
        ]
        lines += [f"**{task}**, batches of 64", ""]
        lines += [*_table(["", "µs per update", "fastest round", "× our MLP"], rows), ""]
    return lines


def _training(times: dict[str, Any]) -> list[str]:
    rows = []
    for name, results in times.items():
        ratio = _ratio([r["svd_s"] for r in results], [r["mlp_s"] for r in results])
        seconds = [median(r[key] for r in results) for key in ("mlp_s", "svd_s")]
        one = results[0]
        accuracy = f"{100 * one['mlp_accuracy']:.1f} / {100 * one['svd_accuracy']:.1f}"
        rows.append(
            [name, f"{1000 * seconds[0]:.1f}", f"{1000 * seconds[1]:.1f}", f"{ratio:.2f}", str(one["rank"]),
             str(one["epochs_above_rank_8"]), accuracy]
        )  # fmt: skip
    head = ["", "MLP ms", "MLP-SVD ms", "ratio", "rank at the end", "epochs above rank 8", "accuracy %"]
    return _table(head, rows)


def _growth(times: dict[str, Any]) -> list[str]:
    lines: list[str] = []
    for axis, label in LABELS.items():
        series = _series(axis, times[axis])
        positions = sorted({x for points in series.values() for x in points})
        rows = [
            [name, *(f"{points[x]:.1f}" if x in points else "" for x in positions)] for name, points in series.items()
        ]
        lines += [f"µs per update against {label}", "", *_table(["", *map(str, positions)], rows), ""]
    return lines


def _processors(times: dict[str, Any]) -> list[str]:
    names = list(times)
    rows = []
    for task in times[names[0]]:
        for network in times[names[0]][task]:
            found = [times[name][task][network] for name in names]
            cells = [f"{median(values):.1f}" for values in found]
            rows.append([f"{task}, {network.removeprefix('ours, ')}", *cells, f"{_ratio(found[1], found[0]):.2f}"])
    return _table(["µs per update", *names, "ratio"], rows)


def _series(axis: str, found: dict[str, dict[str, list[float]]]) -> dict[str, dict[int, float]]:
    """Return {contender: {position on the axis: µs}}."""
    series: dict[str, dict[int, float]] = {}
    for task, contenders in found.items():
        for name, values in contenders.items():
            if axis == "rank":
                kind, _, rank = name.partition(", rank ")
                for position in [int(rank)] if rank else [1, 50]:
                    series.setdefault(kind, {})[position] = median(values)
            else:
                position = int(task.split("-")[0 if axis == "inputs" else 1])
                series.setdefault(name, {})[position] = median(values)
    return series


def write(folder: Path, part: str, measured: dict[str, Any]) -> None:
    """Write values, table and, with Matplotlib, a chart; insert the table in engines.md."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{part}.json").write_text(json.dumps(measured, indent=1) + "\n")
    page = folder.parent / "engines.md"
    begin, end = f"<!-- {part}: begin -->\n", f"<!-- {part}: end -->"
    if page.exists() and begin in page.read_text():
        before, _, rest = page.read_text().partition(begin)
        page.write_text(before + begin + "\n" + text(part, measured) + "\n" + end + rest.partition(end)[2])
    try:
        import matplotlib
    except ModuleNotFoundError:
        print("no chart: Matplotlib is not installed")
        return
    matplotlib.use("Agg")
    if part == "updates":
        _bars(folder, measured["times"])
    elif part == "growth":
        _curves(folder, measured["times"])


def _colour(name: str) -> str:
    fitting = [start for start in COLOURS if name.startswith(start)]
    return COLOURS[max(fitting, key=len)] if fitting else "#666666"


def _save(figure: Any, folder: Path, name: str) -> None:
    figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
    figure.savefig(folder / f"{name}.png", dpi=110)


def _bars(folder: Path, times: dict[str, Any]) -> None:
    """Draw µs per update of every contender, one panel per task, on log axes."""
    from matplotlib import pyplot as plt

    plt.rcParams["svg.hashsalt"] = "engines"
    sizes = [len(found) for found in times.values()]
    figure, panels = plt.subplots(
        len(times), 1, figsize=(7.5, 0.27 * sum(sizes) + 2.2), height_ratios=sizes, layout="constrained"
    )
    for axes, (task, found) in zip(panels, times.items(), strict=True):
        names = list(found)[::-1]
        values = [median(found[name]) for name in names]
        colours = [_colour(name) for name in names]
        alphas = [0.4 if name.startswith("floor") else 1.0 for name in names]
        for position, (value, colour, alpha) in enumerate(zip(values, colours, alphas, strict=True)):
            axes.barh(position, value, color=colour, alpha=alpha)
            axes.text(
                value * 1.05, position, f"{value:,.3g}" if value < 1000 else f"{value:,.0f}", va="center", fontsize=7
            )
        axes.set_yticks(range(len(names)), names, fontsize=8)
        axes.set_xscale("log")
        axes.set_xlim(right=max(values) * 2.5)
        axes.set_title(task, loc="left", fontsize=9)
        axes.spines[["top", "right"]].set_visible(False)
    panels[-1].set_xlabel("µs per update (64 clips), one core")
    _save(figure, folder, "updates")
    plt.close(figure)


def _curves(folder: Path, times: dict[str, Any]) -> None:
    """Draw µs per update against inputs, hidden neurons and rank, on log axes, with the floor dashed."""
    from matplotlib import pyplot as plt

    plt.rcParams["svg.hashsalt"] = "engines"
    figure, panels = plt.subplots(1, 3, figsize=(12, 4.4), layout="constrained")
    for axes, (axis, label) in zip(panels, LABELS.items(), strict=True):
        for name, points in _series(axis, times[axis]).items():
            floor = name.startswith("floor")
            flat = axis == "rank" and name.endswith(", MLP")
            axes.plot(
                sorted(points), [points[x] for x in sorted(points)], color=_colour(name), label=name,
                linestyle="--" if floor else "-", marker="" if floor or flat else "o", markersize=3,
                linewidth=1 if floor else 1.6,
            )  # fmt: skip
        axes.set(xscale="log", yscale="log", xlabel=label)
        axes.grid(alpha=0.25, which="both")
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel("µs per update, one core")
    panels[0].legend(fontsize=7, frameon=False)
    panels[2].legend(fontsize=7, frameon=False)
    _save(figure, folder, "growth")
    plt.close(figure)


if __name__ == "__main__":  # redraw from the stored measurements
    results = Path(__file__).resolve().parent.parent / "docs" / "engines"
    for file in results.glob("*.json"):
        write(results, file.stem, json.loads(file.read_text()))
