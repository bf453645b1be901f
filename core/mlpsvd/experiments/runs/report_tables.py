"""Tables of the report of runs, as HTML."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape

from mlpsvd.experiments.compare_outcomes import compare_outcomes
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.race import Outcome
from mlpsvd.experiments.runs.comparison import Group, compare_groups, differing_settings
from mlpsvd.experiments.runs.comparison_files import (
    accuracy_cell,
    contenders_of,
    group_letter,
    group_names,
    test_sentence,
)
from mlpsvd.experiments.runs.run import Run
from mlpsvd.experiments.runs.setting_values import setting_texts, value_for_people
from mlpsvd.experiments.validation_rows import basis_text, summary_rows, validation_rows, validation_title
from mlpsvd.metrics.scores import accuracy
from mlpsvd.metrics.uncertainty import ASSUMPTION, accuracy_text
from mlpsvd.setting_labels import differences, label_with_unit
from mlpsvd.text import counted, one_line, rounded_number

__all__ = [
    "classes_table",
    "comparison_parts",
    "cross_validation_table",
    "data_table",
    "results_table",
    "settings_table",
    "versions_table",
    "within_run",
]

_MOST_SKIPPED = 20
_MOST_COUNTS = 30


def results_table(groups: Sequence[Group]) -> Iterator[str]:
    """Yield a row for each network of each run: accuracy with its interval, loss, rank, weights, operations, time."""
    names = group_names(groups)
    rows = [
        [_text(names[index]), _number(run.experiment.seed), *_outcome_cells(outcome)]
        for index, group in enumerate(groups)
        for run in group.runs
        for outcome in run.outcomes.values()
    ]
    heads = ["Run", "Seed", "Network", "Test accuracy (95 % interval)", "Correct", "Training accuracy",
             "Mean test loss", "Ranks", "Weights", "GFLOP", "Training (s)", "Epochs"]  # fmt: skip
    if sum(len(group.runs) for group in groups) == 1:
        heads, rows = heads[1:], [row[1:] for row in rows]
    yield from _table(heads, rows)
    yield f'<p class="note">{escape(ASSUMPTION)}</p>'


def _outcome_cells(outcome: Outcome) -> list[str]:
    last, right, n = outcome.last, int(outcome.confusion.trace()), int(outcome.confusion.sum())
    share = accuracy(outcome.confusion)
    return [
        _text(outcome.contender.title),
        _number(share, accuracy_text(share, n)),
        _text(f"{right:,} of {n:,}"),
        _number(last.train_accuracy, _percent(last.train_accuracy)),
        _number(last.test_loss),
        _text(", ".join(map(str, last.ranks))),
        _number(last.n_weights, f"{last.n_weights:,}"),
        _number(outcome.flops / 1e9),
        _number(outcome.train_s),
        _number(last.epoch),
    ]


def within_run(run: Run) -> Iterator[str]:
    """Yield what the comparison of the networks of a run says, and the notes of the run."""
    for key, one in compare_outcomes(run.outcomes).items():
        kind = ' class="chance"' if one.within_chance else ""
        yield f"<p{kind}>{escape(run.outcomes[key].contender.title)}: {escape(one.describe())}.</p>"
    for note in run.notes:
        yield f'<p class="note">{escape(note)}</p>'


def comparison_parts(groups: Sequence[Group]) -> Iterator[str]:
    """Yield accuracies by group, differing settings, and tests."""
    titles, names = contenders_of(groups), group_names(groups)
    rows = [
        [_text(name), _text(", ".join(str(run.experiment.seed) for run in group.runs)),
         *(_text(accuracy_cell(group, key)) for key in titles)]
        for name, group in zip(names, groups, strict=True)
    ]  # fmt: skip
    yield "<h3>Groups of runs that differ in the seed only</h3>"
    yield from _table(["Group", "Seeds", *titles.values()], rows)
    if len(groups) < 2:
        return
    yield "<h3>Differing settings</h3>"
    letters = [group_letter(index) for index in range(len(groups))]
    differing = [
        [_text(name), *(_text(value_for_people(key, value)) for value in values)]
        for key, name, values in differing_settings(groups)
    ]
    yield from _table(["Setting", *letters], differing)
    yield "<h3>Tests</h3>"
    tests = compare_groups(groups)
    for test in tests:
        kind = ' class="chance"' if test.within_chance else ""
        yield f"<p{kind}>{escape(test_sentence(test, titles[test.contender]))}</p>"
    if len(tests) > 1:
        yield f'<p class="note">The p-values are corrected for {len(tests)} tests (Holm).</p>'


def classes_table(group: Group, name: str) -> Iterator[str]:
    """Yield recall and precision with intervals by class and network, and the confusion matrices, of a group."""
    class_names = group.runs[0].data.class_names
    is_single = len(group.runs) == 1  # the clips of repeats may be the same, so that their sum has no interval
    interval = " (95 % interval)" if is_single else ""
    for key, title in contenders_of([group]).items():
        counts = group.confusion(key)
        actual, predicted, right = counts.sum(axis=1), counts.sum(axis=0), counts.diagonal()
        rows = []
        for index, class_name in enumerate(class_names):
            shares = [(right[index], actual[index]), (right[index], predicted[index])]
            cells = [_share(int(part), int(whole), has_interval=is_single) for part, whole in shares]
            row = [_text(class_name), _number(int(actual[index])), *cells]
            if len(class_names) <= _MOST_COUNTS:
                row += [_number(int(count)) for count in counts[index]]
            rows.append(row)
        heads = ["Class", "Test clips", f"Recall{interval}", f"Precision{interval}"]
        if len(class_names) <= _MOST_COUNTS:
            heads += [f"→ {one_line(one, 14)}" for one in class_names]
        yield f"<h3>{escape(': '.join(filter(None, (name, title))))}</h3>"
        yield from _table(heads, rows)
    if len(class_names) <= _MOST_COUNTS:
        yield '<p class="note">Columns with an arrow count the clips that were predicted as that class.</p>'


def cross_validation_table(run: Run) -> Iterator[str]:
    """Yield the results of cross-validation by group or fold, if it was done."""
    found = {key: one.validation for key, one in run.outcomes.items() if one.validation is not None}
    if not found:
        return
    first = next(iter(found.values()))
    titles = {key: one.contender.title for key, one in run.outcomes.items()}
    yield f"<h3>{escape(validation_title(first))}, seed {run.experiment.seed}</h3>"
    if not first.parts:  # runs of earlier versions have the pooled result only
        for key, one in found.items():
            yield f"<p>{escape(titles[key])}: {_data(one.accuracy, _percent(one.accuracy))}.</p>"
        return
    heads, *rows = validation_rows(found, titles)
    yield from _table(heads, [[_text(cell) for cell in row] for row in [*rows, *summary_rows(found)]])
    yield f'<p class="note">{escape(basis_text(first))}</p>'


def data_table(groups: Sequence[Group]) -> Iterator[str]:
    """Yield classes, numbers of clips, features and what was left out."""
    for name, group in zip(group_names(groups), groups, strict=True):
        data = group.runs[0].data
        rows = [
            ["Classes", _text(f"{len(data.class_names)}: {', '.join(one_line(one) for one in data.class_names)}")],
            ["Training clips", _number(data.n_original)],
            *([["Augmented copies of each", _number(data.n_copies)]] if data.n_copies else []),
            ["Test clips", _number(data.n_test)],
            ["Median length of a clip (s)", _number(data.clip_s)],
            ["Features", _text(data.features.describe())],
            ["Identity of the clips", _text(data.identity or "unknown")],
        ]
        if len(groups) > 1:
            yield f"<h3>{escape(name)}</h3>"
        yield from _table([], [[_text(first), second] for first, second in rows])
        if data.skipped:
            yield f"<p>{counted(len(data.skipped), 'recording')} left out:</p><ul>"
            for one in data.skipped[:_MOST_SKIPPED]:
                yield f"<li>{escape(one_line(f'{one.path}: {one.reason}', 300))}</li>"
            yield "</ul>"


def settings_table(group: Group, name: str) -> Iterator[str]:
    """Yield the settings that differ from the defaults."""
    experiment, default = group.runs[0].experiment, Experiment()
    values, defaults = setting_texts(experiment), setting_texts(default)
    rows = []
    for changed in differences(default, experiment):
        found = [key for key in values if key == changed or key.startswith((f"{changed}[", f"{changed}."))]
        rows += [
            [_text(label_with_unit(Experiment, key)),
             *(_text(value_for_people(key, texts.get(key, "–"))) for texts in (values, defaults)), _text(key)]
            for key in found
            if values[key] != defaults.get(key)
        ]  # fmt: skip
    title = ": ".join(filter(None, (name, "changed settings")))
    yield f"<h3>{escape(title[0].upper() + title[1:])}</h3>"
    if rows:
        yield from _table(["Setting", "Value", "Default", "Key"], rows)
    else:
        yield "<p>All settings have their default values.</p>"


def versions_table(runs: Iterable[tuple[Run, Mapping[str, str | None], str, str]]) -> Iterator[str]:
    """Yield run identity, seed, engine, computer and versions of each run."""
    rows = [
        [
            _text(run.id),
            _number(run.experiment.seed),
            _text(", ".join(f"{name} {text}" for name, text in versions.items() if text)),
            _text(run.engine),
            _text(", ".join(filter(None, (processor, system)))),
        ]
        for run, versions, system, processor in runs
    ]
    yield from _table(["Run", "Seed", "Versions", "Engine", "Computer"], rows)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield "<table>" if heads else '<table class="plain">'
    if heads:
        yield "<thead><tr>" + "".join(f"<th>{escape(head)}</th>" for head in heads) + "</tr></thead>"
    yield "<tbody>"
    for row in rows:
        yield "<tr>" + "".join(row) + "</tr>"
    yield "</tbody></table>"


def _text(text: str) -> str:
    return f"<td>{escape(text)}</td>"


def _number(value: float, text: str = "") -> str:
    """Return a cell with the exact number as its machine-readable value."""
    shown = text or (f"{value:,}" if isinstance(value, int) else rounded_number(value))
    return f'<td class="number">{_data(value, shown)}</td>'


def _data(value: float, text: str) -> str:
    exact = repr(value if isinstance(value, int) else float(value))
    return f'<data value="{exact}">{escape(text)}</data>' if math.isfinite(value) else escape("–")


def _share(part: int, whole: int, *, has_interval: bool) -> str:
    if not whole:
        return _text("–")
    share = part / whole
    return _number(share, accuracy_text(share, whole) if has_interval else _percent(share))


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if math.isfinite(share) else "–"
