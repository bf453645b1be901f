"""``mlpsvd compare``: settings, accuracies and tests of several runs."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Sequence
from pathlib import Path

from mlpsvd.cli.console import OK
from mlpsvd.cli.text_table import aligned
from mlpsvd.errors import SettingError
from mlpsvd.experiments.runs.comparison import Group, compare_groups, differing_settings, group_runs
from mlpsvd.experiments.runs.comparison_files import (
    accuracy_cell,
    contenders_of,
    group_letter,
    group_names,
    test_sentence,
    write_comparison,
)
from mlpsvd.experiments.runs.find import find_run
from mlpsvd.experiments.runs.read_run import read_run
from mlpsvd.experiments.runs.setting_values import value_for_people
from mlpsvd.text import one_line

__all__ = ["compare"]

_LONGEST_VALUE = 30


def compare(texts: Sequence[str], out: Path | None, as_json: bool) -> int:
    """Print how runs differ and whether one is more accurate; return the exit code.

    Parameters
    ----------
    texts
        Two or more runs; those that differ in nothing but the seed are one group.
    out
        Folder for tables and the figure.
    as_json
        Whether one JSON object is printed.

    Raises
    ------
    MlpSvdError, OSError
        If a run cannot be found or read, or a file cannot be written.
    """
    folders = list(dict.fromkeys(find_run(text).resolve() for text in texts))
    if len(folders) < 2:
        raise SettingError("RUN", len(folders), "two or more different runs")
    groups = group_runs([read_run(folder, with_networks=False) for folder in folders])
    if as_json:
        print(json.dumps(_table(groups), indent=2))
    else:
        _print(groups)
    for path in write_comparison(out, groups) if out is not None else ():
        if not as_json:
            print(f"Written to: {path}")
    return OK


def _print(groups: Sequence[Group]) -> None:
    titles = contenders_of(groups)
    headings = [("", "Seeds", *titles.values())]
    rows = [
        (
            name,
            ", ".join(str(run.experiment.seed) for run in group.runs),
            *(accuracy_cell(group, key) for key in titles),
        )
        for name, group in zip(group_names(groups), groups, strict=True)
    ]
    print(aligned([*headings, *rows]))
    letters = [group_letter(index) for index in range(len(groups))]
    differing = [
        (label, *(one_line(value_for_people(key, value), _LONGEST_VALUE) for value in values))
        for key, label, values in differing_settings(groups)
    ]
    print()
    if len(groups) == 1:
        print("The runs differ in nothing but the seed.")
        return
    if differing:
        print(aligned([("Differing settings", *letters), *differing]))
    else:
        print("The settings are the same; the networks or classes of the runs differ.")
    tests = compare_groups(groups)
    print()
    for test in tests:
        print(test_sentence(test, titles[test.contender]))
    if len(tests) > 1:
        print(f"The p-values are corrected for {len(tests)} tests (Holm).")
    if not tests:
        print("The runs have no network in common, so there is nothing to test.")


def _table(groups: Sequence[Group]) -> dict[str, object]:
    return {
        "groups": [
            {
                "name": group.runs[0].experiment.name,
                "runs": [
                    {"id": run.id, "seed": run.experiment.seed, "accuracy": dict(run.accuracy)} for run in group.runs
                ],
            }
            for group in groups
        ],
        "differing_settings": [
            {"key": key, "label": label, "values": list(values)} for key, label, values in differing_settings(groups)
        ],
        "tests": [
            {
                name: None if isinstance(value, float) and math.isnan(value) else value
                for name, value in (dataclasses.asdict(test) | {"within_chance": test.within_chance}).items()
            }
            for test in compare_groups(groups)
        ],
    }
