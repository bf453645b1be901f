"""Self-contained HTML report of the paper results, including figures."""

from __future__ import annotations

import base64
import datetime
import html
import os
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlpsvd.experiments.experiment_file import to_toml
from mlpsvd.experiments.papers.finding import Comparison, Finding, Picture, Reproduction, Table
from mlpsvd.experiments.papers.registry import Paper, paper_of
from mlpsvd.experiments.runs.results import library_versions, processor_name
from mlpsvd.files import write_atomically
from mlpsvd.text import counted

__all__ = ["Section", "machine", "write_report"]


@dataclass(frozen=True)
class Section:
    """One paper result in the report.

    Attributes
    ----------
    reproduction, finding
        The paper result and its finding.
    seeds
        Seeds of the trials; empty if nothing was trained.
    engines
        Description of the processor and engine.
    folder
        Paths of its figures as SVG files.
    """

    reproduction: Reproduction
    finding: Finding
    seeds: tuple[int, ...]
    engines: tuple[str, ...]
    folder: Path


def write_report(path: Path, sections: Sequence[Section]) -> Path:
    """Write the report atomically and return its path.

    Raises
    ------
    OSError
        If a figure cannot be read or the file cannot be written.
    """
    write_atomically(path, "\n".join(_page(sections)) + "\n")
    return path


def machine() -> dict[str, str]:
    """Return a description of this computer: processor, cores, system."""
    return {
        "Processor": processor_name() or platform.machine() or "unknown",
        "Cores": str(os.cpu_count() or 1),
        "System": platform.platform(),
    }


def _page(sections: Sequence[Section]) -> Iterator[str]:
    yield "<!DOCTYPE html>"
    yield '<html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>MLP-SVD: reproduction of the papers</title><style>{_STYLE}</style></head><body>"
    yield "<h1>MLP-SVD: reproduction of the papers</h1>"
    yield ("<p>All numbers were computed on the machine described below and are compared with the printed values.</p>")
    for paper, own in _by_paper(sections).items():
        yield f"<h2>{html.escape(paper.short)}</h2><p>{html.escape(paper.citation)}.</p>"
        yield from _overview(own)
    for section in sections:
        yield from _section(section)
    yield from _made_with()
    yield "</body></html>"


def _by_paper(sections: Sequence[Section]) -> dict[Paper, list[Section]]:
    groups: dict[Paper, list[Section]] = {}
    for section in sections:
        groups.setdefault(paper_of(section.reproduction), []).append(section)
    return groups


def _overview(sections: Sequence[Section]) -> Iterator[str]:
    yield "<table><thead><tr><th>Result</th><th>Agrees</th><th>Differs</th><th>Summary</th></tr></thead><tbody>"
    for section in sections:
        judged = [one.agrees for one in section.finding.comparisons if one.agrees is not None]
        counts = (str(sum(judged)), str(len(judged) - sum(judged))) if judged else ("–", "–")
        name = html.escape(section.reproduction.title)
        cells = "".join(f'<td class="number">{count}</td>' for count in counts)
        link = f'<a href="#{section.reproduction.name}">{name}</a>'
        yield f"<tr><td>{link}</td>{cells}<td>{html.escape(section.finding.summary)}</td></tr>"
    yield "</tbody></table>"


def _section(section: Section) -> Iterator[str]:
    finding = section.finding
    yield f'<section id="{section.reproduction.name}"><h2>{html.escape(section.reproduction.title)}</h2>'
    if section.reproduction.beyond:
        yield f'<p class="beyond">Beyond {html.escape(paper_of(section.reproduction).short)}</p>'
    yield f"<p>{html.escape(section.reproduction.about)}</p><p><strong>{html.escape(finding.summary)}</strong></p>"
    for picture in finding.pictures:
        yield _picture(picture, section.folder)
    yield from _comparison(finding.comparisons)
    for table in finding.tables:
        if table.shown:
            yield from _table(table)
    for note in finding.notes:
        yield f'<p class="note">{html.escape(note)}</p>'
    yield from _made_of(section)
    yield "</section>"


def _picture(picture: Picture, folder: Path) -> str:
    svg = base64.b64encode((folder / f"{picture.stem}.svg").read_bytes()).decode()
    caption = html.escape(picture.caption)
    image = f'<img alt="{caption}" src="data:image/svg+xml;base64,{svg}">'
    return f"<figure>{image}<figcaption>{caption}</figcaption></figure>"


def _comparison(rows: Sequence[Comparison]) -> Iterator[str]:
    if not rows:
        return
    yield "<table><thead><tr><th>Quantity</th><th>Paper</th><th>MLP-SVD program: mean ± standard deviation</th>"
    yield "<th>Difference</th><th>Verdict</th></tr></thead><tbody>"
    for one in rows:
        difference = "" if one.difference is None else f"{one.difference:+.1f}"
        mark = {True: "agrees", False: "differs", None: "open"}[one.agrees]
        texts = "".join(f"<td>{html.escape(text)}</td>" for text in (one.what, one.paper, one.ours))
        yield f'<tr class="{mark}">{texts}<td class="number">{difference}</td><td>{html.escape(one.verdict)}</td></tr>'
    yield "</tbody></table>"


def _table(table: Table) -> Iterator[str]:
    yield f"<h3>{html.escape(table.title)}</h3><table><thead><tr>"
    yield "".join(f"<th>{html.escape(name)}</th>" for name in table.columns) + "</tr></thead><tbody>"
    for row in table.rows:
        yield "<tr>" + "".join(_cell(value) for value in row) + "</tr>"
    yield "</tbody></table>"


def _cell(value: Any) -> str:
    if isinstance(value, int | float):
        return f'<td class="number">{value:g}</td>'
    return f"<td>{html.escape(str(value))}</td>"


def _made_of(section: Section) -> Iterator[str]:
    experiments = section.finding.experiments
    if not experiments:
        return
    yield f"<details><summary>Settings of {counted(len(experiments), 'experiment')}</summary>"
    if section.engines:
        trials = f"{counted(len(section.seeds), 'trial')} of each task, {_seeds(section.seeds)}"
        yield f"<p>{trials}. Computed by: {html.escape('; '.join(section.engines))}.</p>"
    for experiment in experiments:
        yield f"<h4>{html.escape(experiment.name)}</h4><pre>{html.escape(to_toml(experiment))}</pre>"
    yield "</details>"


def _seeds(seeds: Sequence[int]) -> str:
    first, last = min(seeds), max(seeds)
    return (
        f"seed {first}"
        if first == last
        else f"seeds {first} to {last}, each of which determines noise, weights and order"
    )


def _made_with() -> Iterator[str]:
    yield "<section><h2>Software and hardware</h2><table><tbody>"
    made = {"Date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"), **machine()}
    made |= {name: text or "not installed" for name, text in library_versions().items()}
    for name, text in made.items():
        yield f"<tr><th>{html.escape(name)}</th><td>{html.escape(text)}</td></tr>"
    yield "</tbody></table><p>Trials stored by earlier runs may have been computed on another machine.</p></section>"


_STYLE = """
:root { color-scheme: light dark; --line: #8884; --muted: #777; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.7rem; } h2 { font-size: 1.3rem; margin-top: 3rem; border-top: 1px solid var(--line);
padding-top: 1.2rem; }
table { border-collapse: collapse; margin: 1rem 0; font-size: .9rem; display: block; overflow-x: auto; }
th, td { text-align: left; vertical-align: top; padding: .25rem .7rem; border-bottom: 1px solid var(--line); }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
tr.differs td:last-child { font-weight: 600; } tr.differs td:last-child::before { content: "≠ "; }
tr.agrees td:last-child::before { content: "= "; } tr.open td:last-child { color: var(--muted); }
figure { margin: 1.2rem 0; } figure img { background: white; max-width: 100%; width: auto; min-width: 22rem; }
figcaption, .note { color: var(--muted); font-size: .9rem; }
.beyond { font-variant: small-caps; color: var(--muted); margin: -0.6rem 0 0; }
pre { font-size: .75rem; overflow-x: auto; border: 1px solid var(--line); padding: .6rem; }
"""
