"""Options of ``mlpsvd runs``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mlpsvd.errors import SettingError

__all__ = ["RUN_HELP", "add_run_commands"]

RUN_HELP = "run folder, name, start of an identity or date in the library, or latest"

_RUNS = """\
examples:
  mlpsvd runs list
  mlpsvd runs list birds epochs=200 status=interrupted
  mlpsvd runs show latest
  mlpsvd runs note latest "learning rate twice as high"
  mlpsvd runs tag 2026-11-27_153012 birds paper
  mlpsvd runs resume latest

RUN is a run folder, a run's name, an unambiguous start of its identity or of its folder's name (which begins with the
date), or latest. A search is words that occur in name, note, tags (#birds) or folder, and settings such as seed=7.

"""

_COMPARE = """\
examples:
  mlpsvd compare 2026-11-26 2026-11-27
  mlpsvd compare runs/* --out comparison

Runs that differ in nothing but the seed are repeats of one experiment: mean and standard deviation are given, and two
such groups are compared over their common seeds. Single runs are compared on the same test clips (McNemar's test), or
by their accuracies if the clips differ. Each group is compared with the first one.

"""

_REPORT = """\
examples:
  mlpsvd report latest
  mlpsvd report 2026-11-26 2026-11-27 --out comparison.html

The file has settings, pictures, tables with intervals, versions, seeds, a methods paragraph, BibTeX entries and the
command that repeats the run. It contains all it needs; a browser prints it.

"""


def add_run_commands(add: Callable[..., argparse.ArgumentParser], exit_codes: str) -> None:
    """Add the commands; ``add`` makes a parser from a name, a sentence and an epilogue."""
    runs = add("runs", "list, annotate, delete, restore and continue kept runs", _RUNS + exit_codes)
    actions = runs.add_subparsers(title="actions", metavar="ACTION", required=True)
    _add_list(actions)
    show = _action(actions, "show", "print what is known about a run", _show)
    show.add_argument("run_name", metavar="RUN", help=RUN_HELP)
    show.add_argument("--json", action="store_true", help="print one JSON object, with all settings")
    _add_marks(actions)
    for name, what, run in (
        ("delete", "move runs to the trash", _delete),
        ("restore", "move runs back from the trash", _restore),
    ):
        one = _action(actions, name, what, run)
        one.add_argument("run_names", nargs="+", metavar="RUN", help=RUN_HELP)
    _action(actions, "empty-trash", "delete the runs in the trash for good", _empty_trash)
    _action(actions, "rebuild-index", "write the index again from the run folders", _rebuild_index)
    folder = _action(actions, "folder", "print the folder of the library, or move the library", _folder)
    folder.add_argument(
        "folder", nargs="?", type=Path, metavar="DIR", help="move all runs to this folder and keep new ones there"
    )
    resume = _action(actions, "resume", "continue a run that was stopped or interrupted", _resume)
    resume.add_argument("run_name", metavar="RUN", help=RUN_HELP)
    resume.add_argument("--quiet", action="store_true", help="hide progress")
    _add_compare(add, exit_codes)
    _add_report(add, exit_codes)


def _add_compare(add: Callable[..., argparse.ArgumentParser], exit_codes: str) -> None:
    compare = add("compare", "compare runs: settings, accuracies, and whether one is better", _COMPARE + exit_codes)
    compare.add_argument("run_names", nargs="+", metavar="RUN", help=RUN_HELP)
    compare.add_argument("--out", type=Path, metavar="DIR", help="write tables (CSV) and a figure to this folder")
    compare.add_argument("--json", action="store_true", help="print one JSON object")
    compare.set_defaults(run=_compare)


def _add_report(add: Callable[..., argparse.ArgumentParser], exit_codes: str) -> None:
    what = "write a report of a run, or of a comparison of runs, as one HTML file"
    report = add("report", what, _REPORT + exit_codes)
    report.add_argument("run_names", nargs="+", metavar="RUN", help=RUN_HELP)
    report.add_argument("--out", type=Path, default=Path("report.html"), metavar="FILE", help="file (report.html)")
    report.set_defaults(run=_report)


def _action(actions: Any, name: str, what: str, run: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(
        name, help=what, description=f"{what[0].upper()}{what[1:]}.", allow_abbrev=False
    )
    parser.set_defaults(run=run)
    return parser


def _add_list(actions: Any) -> None:
    listed = _action(actions, "list", "list runs, newest first", _list)
    listed.add_argument("search", nargs="*", metavar="SEARCH", help="words or KEY=VALUE that must all match")
    listed.add_argument("--starred", action="store_true", help="starred runs only")
    listed.add_argument("--trash", action="store_true", help="the runs in the trash")
    listed.add_argument("--most", type=int, default=50, metavar="N", help="the newest N runs (50); 0 for all")
    listed.add_argument("--json", action="store_true", help="print a JSON list")


def _add_marks(actions: Any) -> None:
    rename = _action(actions, "rename", "give a run another name; an empty one restores the experiment's", _rename)
    note = _action(actions, "note", "replace the note of a run; an empty one removes it", _note)
    tag = _action(actions, "tag", "add tags to a run", _tag)
    for one in (rename, note, tag):
        one.add_argument("run_name", metavar="RUN", help=RUN_HELP)
    rename.add_argument("name", metavar="NAME", help="one line")
    note.add_argument("text", metavar="TEXT", help="any text")
    tag.add_argument("tags", nargs="+", metavar="TAG", help="a word without commas")
    tag.add_argument("--remove", action="store_true", help="remove these tags")
    for name, star in (("star", True), ("unstar", False)):
        one = _action(actions, name, f"{'mark' if star else 'unmark'} a run with a star", _star)
        one.add_argument("run_name", metavar="RUN", help=RUN_HELP)
        one.set_defaults(star=star)


def _list(arguments: argparse.Namespace) -> int:
    from mlpsvd.cli.runs import list_runs

    words = [f'"{one}"' if " " in one and "=" not in one else _quoted(one) for one in arguments.search]
    if arguments.trash and (words or arguments.starred):
        raise SettingError("--trash", True, "used without a search")
    return list_runs(" ".join(words), arguments.starred, arguments.trash, arguments.most, arguments.json)


def _quoted(word: str) -> str:
    """Return ``key=value`` with quotes where the value has spaces, which the shell has removed."""
    key, equals, value = word.partition("=")
    return f'{key}="{value}"' if equals and " " in value and not value.startswith('"') else word


def _show(arguments: argparse.Namespace) -> int:
    from mlpsvd.cli.runs import show

    return show(arguments.run_name, arguments.json)


def _rename(arguments: argparse.Namespace) -> int:
    from mlpsvd.cli.runs import annotate

    return annotate(arguments.run_name, title=arguments.name)


def _note(arguments: argparse.Namespace) -> int:
    from mlpsvd.cli.runs import annotate

    return annotate(arguments.run_name, note=arguments.text)


def _tag(arguments: argparse.Namespace) -> int:
    from mlpsvd.cli.runs import annotate

    if arguments.remove:
        return annotate(arguments.run_name, remove_tags=arguments.tags)
    return annotate(arguments.run_name, add_tags=arguments.tags)


def _star(arguments: argparse.Namespace) -> int:
    from mlpsvd.cli.runs import annotate

    return annotate(arguments.run_name, star=arguments.star)


def _delete(arguments: argparse.Namespace) -> int:
    from mlpsvd.cli.runs import delete

    return delete(arguments.run_names)


def _restore(arguments: argparse.Namespace) -> int:
    from mlpsvd.cli.runs import restore

    return restore(arguments.run_names)


def _empty_trash(arguments: argparse.Namespace) -> int:
    from mlpsvd.cli.runs import empty_trash

    return empty_trash()


def _rebuild_index(arguments: argparse.Namespace) -> int:
    from mlpsvd.cli.runs import rebuild_index

    return rebuild_index()


def _folder(arguments: argparse.Namespace) -> int:
    from mlpsvd.cli.runs import change_folder

    return change_folder(arguments.folder)


def _resume(arguments: argparse.Namespace) -> int:
    from mlpsvd.cli.train import resume
    from mlpsvd.experiments.runs.find import find_run

    return resume(find_run(arguments.run_name), arguments.quiet)


def _compare(arguments: argparse.Namespace) -> int:
    from mlpsvd.cli.compare import compare

    return compare(arguments.run_names, arguments.out, arguments.json)


def _report(arguments: argparse.Namespace) -> int:
    from mlpsvd.cli.report import report_runs

    return report_runs(arguments.run_names, arguments.out)
