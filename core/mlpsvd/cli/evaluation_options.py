"""Options of ``mlpsvd train`` for groups and cross-validation, and the settings that they stand for."""

from __future__ import annotations

import argparse

__all__ = ["EVALUATION_OPTIONS", "add_evaluation_options", "evaluation_changes"]

EVALUATION_OPTIONS = ("groups", "evaluate", "folds", "repeats")

_EVALUATIONS = {"test-set": "test set", "k-fold": "k-fold", "leave-one-group-out": "leave one group out"}


def add_evaluation_options(train: argparse.ArgumentParser) -> None:
    """Add the options to the parser of a command."""
    train.add_argument(
        "--groups", metavar="PATTERN|LEVEL|COLUMN",
        help="keep recordings of one group (speaker, site, day) together: a pattern of file names such as *_{group}_*, "
        "the level of a folder (1: the first below FOLDER), or a column of the manifest",
    )  # fmt: skip
    train.add_argument(
        "--evaluate", choices=tuple(_EVALUATIONS),
        help="one test set (default) or a cross-validation after the training",
    )  # fmt: skip
    train.add_argument("--folds", type=int, metavar="K", help="folds of --evaluate k-fold (5)")
    train.add_argument(
        "--repeats", type=int, metavar="N", help="repeat the cross-validation with N consecutive seeds (1)"
    )


def evaluation_changes(arguments: argparse.Namespace) -> list[str]:
    """Return the changes ``key=value`` that the options stand for; empty if none was given."""
    from mlpsvd.datasets.groups import with_groups
    from mlpsvd.datasets.settings import RecordingsSettings

    changed: dict[str, object] = {}
    if arguments.groups is not None:
        grouped = with_groups(RecordingsSettings(), arguments.groups)
        names = ("groups_from", "group_level", "group_pattern", "group_column")
        changed |= {name: getattr(grouped, name) for name in names}
    if arguments.evaluate is not None:
        changed["evaluation"] = _EVALUATIONS[arguments.evaluate]
    changed |= {name: getattr(arguments, name) for name in ("folds", "repeats") if getattr(arguments, name) is not None}
    return [f"data.recordings.{name}={value}" for name, value in changed.items()]
