"""Report of runs: one HTML file with settings, results, pictures, methods and literature, which needs nothing else."""

from __future__ import annotations

import base64
import contextlib
import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from mlpsvd.chart import Chart
from mlpsvd.draw_chart import PictureSize, picture
from mlpsvd.errors import DataError, FileFormatError, MlpSvdError
from mlpsvd.experiments.compare_outcomes import compare_outcomes
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.experiment_file import to_toml
from mlpsvd.experiments.runs.about import About, read_about
from mlpsvd.experiments.runs.charts import comparison_charts, run_charts
from mlpsvd.experiments.runs.comparison import Group, compare_groups, group_runs
from mlpsvd.experiments.runs.comparison_files import group_names
from mlpsvd.experiments.runs.files import read_results
from mlpsvd.experiments.runs.methods import bibtex, methods_text
from mlpsvd.experiments.runs.report_tables import (
    classes_table,
    comparison_parts,
    cross_validation_table,
    data_table,
    results_table,
    settings_table,
    versions_table,
    within_run,
)
from mlpsvd.experiments.runs.results import library_versions
from mlpsvd.experiments.runs.run import Run
from mlpsvd.experiments.runs.train_command import train_command
from mlpsvd.files import read_plain, write_atomically
from mlpsvd.text import counted, one_line

__all__ = ["ReportedRun", "report_html", "reported", "write_report"]

_MARK = "<!-- Report of MLP-SVD -->"
_MOST_BYTES = 500_000_000
_PICTURE = PictureSize(125.0, dpi=200)
_NARROW = PictureSize(85.0, dpi=200)


@dataclass(frozen=True, eq=False)
class ReportedRun:
    """A run with the versions and the computer with which it was made, and what a person wrote about it."""

    run: Run
    versions: Mapping[str, str | None]
    system: str = ""
    processor: str = ""
    about: About = About()  # noqa: RUF009 # frozen


def reported(run: Run, folder: Path | None = None) -> ReportedRun:
    """Return a run with what its folder says about it; with the present versions without a folder."""
    if folder is None:
        return ReportedRun(run, library_versions())
    table, about = {}, About()
    with contextlib.suppress(OSError, MlpSvdError):
        table = read_results(folder).raw()
    with contextlib.suppress(OSError, MlpSvdError):
        about = read_about(folder)
    versions = table.get("versions")
    if not isinstance(versions, dict):
        return ReportedRun(run, library_versions(), about=about)
    texts = {str(name): None if text is None else str(text) for name, text in versions.items()}
    return ReportedRun(run, texts, str(table.get("system") or ""), str(table.get("processor") or ""), about)


def write_report(path: Path, runs: Sequence[ReportedRun]) -> Path:
    """Write the report of a run, or of a comparison of several; return the path.

    Raises
    ------
    FileFormatError
        If there is a file that is not a report of this program.
    MissingLibraryError
        If Matplotlib is not installed.
    OSError
        If the file cannot be written; an old one is then unchanged.
    """
    if path.exists() and not (path.is_file() and _MARK.encode() in read_plain(path, _MOST_BYTES)[:200]):
        raise FileFormatError(f"{path} is not a report of this program and is not replaced; choose another name")
    write_atomically(path, report_html(runs))
    return path


def report_html(runs: Sequence[ReportedRun]) -> str:
    """Return the report as HTML without scripts, whose pictures are part of it.

    Parameters
    ----------
    runs
        One or more; several are compared, and those that differ in nothing but the seed are repeats.

    Raises
    ------
    DataError
        If a run has no trained network.
    """
    groups = group_runs([one.run for one in runs])
    if not all(one.run.outcomes for one in runs):
        raise DataError("a run has no trained network yet, so there is nothing to report")
    name = one_line(runs[0].about.title or runs[0].run.experiment.name)
    title = name if len(runs) == 1 else f"Comparison of {counted(len(runs), 'run')}"
    return "\n".join(_page(title, runs, groups)) + "\n"


def _page(title: str, runs: Sequence[ReportedRun], groups: Sequence[Group]) -> Iterator[str]:
    first = runs[0]
    bare = [one.run for one in runs]
    experiments = list(dict.fromkeys(run.experiment for run in bare))
    methods = _test_methods(groups)
    yield f"<!DOCTYPE html>\n{_MARK}"
    yield '<html lang="en"><head><meta charset="utf-8">'
    yield '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
    yield 'style-src \'unsafe-inline\'"><meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{escape(title)} – MLP-SVD</title><style>{_STYLE}</style></head><body>"
    today = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d")
    yield f"<h1>{escape(title)}</h1><p class=note>Report of {today}, MLP-SVD.</p>"
    for note in filter(None, (one.about.note for one in runs)):
        yield f'<p class="written">{escape(note)}</p>'
    yield "<h2>Results</h2>"
    yield from results_table(groups)
    yield from comparison_parts(groups) if len(runs) > 1 else within_run(first.run)
    yield "<h2>Pictures</h2>"
    for stem, chart in (comparison_charts(groups) if len(runs) > 1 else run_charts(first.run)).items():
        yield _figure(stem, chart)
    yield "<h2>Classes</h2>"
    for group, group_name in zip(groups, group_names(groups), strict=True):
        yield from classes_table(group, group_name if len(groups) > 1 else "")
    for run in bare:
        yield from cross_validation_table(run)
    yield f'<h2>Methods</h2><p class="methods">{escape(methods_text(bare, first.versions, methods))}</p>'
    yield f"<h2>Literature</h2><pre>{escape(bibtex(bare, methods))}</pre>"
    yield "<h2>Reproduction</h2>"
    yield from _commands(experiments)
    yield "<h2>Data</h2>"
    yield from data_table(groups)
    yield "<h2>Settings</h2>"
    for group, group_name in zip(groups, group_names(groups), strict=True):
        yield from settings_table(group, group_name if len(groups) > 1 else "")
    yield from _files(experiments)
    yield "<h2>Software and computer</h2>"
    yield from versions_table([(one.run, one.versions, one.system, one.processor) for one in runs])
    yield "</body></html>"


def _test_methods(groups: Sequence[Group]) -> list[str]:
    if len(groups) > 1:
        return [test.method for test in compare_groups(groups)]
    run = groups[0].runs[0]
    if len(run.outcomes) < 2 or len(groups[0].runs) > 1:
        return []
    return [one.method for one in compare_outcomes(run.outcomes).values()]


def _figure(stem: str, chart: Chart) -> str:
    svg = picture(chart, "svg", _NARROW if chart.has_equal_scales else _PICTURE)
    caption = escape(chart.title or chart.name)
    source = f"data:image/svg+xml;base64,{base64.b64encode(svg).decode()}"
    return (
        f'<figure id="{escape(stem)}"><img alt="{caption}" src="{source}"><figcaption>{caption}</figcaption></figure>'
    )


def _commands(experiments: Sequence[Experiment]) -> Iterator[str]:
    commands = [train_command(one, _file_name(index, len(experiments))) for index, one in enumerate(experiments)]
    if any(command.endswith(".toml") for command in commands):
        yield "<p>Save the text of each experiment file of this report under its name, and run:</p>"
    else:
        yield "<p>The same computer and versions give the same numbers:</p>"
    yield f'<pre class="command">{escape(chr(10).join(commands))}</pre>'


def _file_name(index: int, n: int) -> str:
    return "experiment.toml" if n == 1 else f"experiment-{index + 1}.toml"


def _files(experiments: Sequence[Experiment]) -> Iterator[str]:
    for index, experiment in enumerate(experiments):
        yield f"<h3>{_file_name(index, len(experiments))}</h3><pre>{escape(to_toml(experiment))}</pre>"


_STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem;
color: #111; background: #fff; }
h1 { font-size: 1.6rem; margin-bottom: .2rem; }
h2 { font-size: 1.2rem; margin-top: 2.2rem; border-top: 1px solid #ccc; padding-top: .8rem; break-after: avoid; }
h3 { font-size: 1rem; break-after: avoid; }
table { border-collapse: collapse; margin: .8rem 0; font-size: .85rem; }
th, td { text-align: left; vertical-align: top; padding: .2rem .6rem; border-bottom: 1px solid #ddd; }
td.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
table.plain td.number { text-align: left; }
tr { break-inside: avoid; } thead { display: table-header-group; }
figure { display: inline-block; vertical-align: top; margin: .6rem 1rem .6rem 0; break-inside: avoid; }
figure img { max-width: 100%; }
figcaption, .note { color: #555; font-size: .85rem; }
.methods { border-left: 3px solid #1668c7; padding-left: 1rem; }
.written { white-space: pre-wrap; }
.chance { color: #666; }
pre { font-size: .72rem; line-height: 1.4; white-space: pre-wrap; overflow-wrap: anywhere; border: 1px solid #ddd;
padding: .6rem; }
@page { size: A4; margin: 16mm; }
@media print { body { font-size: 10pt; margin: 0; max-width: none; padding: 0; } h2 { margin-top: 1.4rem; }
table { font-size: 8pt; } th, td { padding: .15rem .4rem; } figure { width: 47%; margin: .3rem .5rem .3rem 0; } }
"""
