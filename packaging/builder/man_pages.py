"""Manual pages, generated from the options of the commands."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from mlpsvd import __version__
from mlpsvd.cli.installation import places

__all__ = ["man_page"]

_WIDTH = 100
"""Columns of the examples, which are set as they are."""


def man_page(parser: argparse.ArgumentParser, summary: str, see_also: str, time: int) -> str:
    """Return the manual page of a command in roff.

    Parameters
    ----------
    parser
        Its parser; each subcommand becomes a subsection.
    summary
        What it is, in a few words.
    see_also
        The other command.
    time
        Date of the page, in seconds since 1970.
    """
    day = datetime.fromtimestamp(time, UTC).date()
    lines = [f'.TH {parser.prog.upper()} 1 "{day}" "MLP-SVD {__version__}" "User commands"', ".SH NAME"]
    lines += [f"{_text(parser.prog)} \\- {_text(summary)}", ".SH SYNOPSIS", *_usage(parser)]
    lines += [".SH DESCRIPTION", _text(parser.description or "")]
    commands = _subcommands(parser)
    lines += [".SH OPTIONS", *_options(parser)]
    if commands:
        lines.append(".SH COMMANDS")
    for name, command in commands.items():
        lines += [f".SS {_text(name)}", *_usage(command), ".PP", _text(command.description or ""), *_options(command)]
        lines += _as_is(_without_exit_codes(command.epilog or ""))
    lines += [".SH NOTES", *_as_is(parser.epilog or "")]
    lines.append(".SH FILES")
    for name, path in places()[1:]:
        lines += [".TP", _text(_of_anybody(path)), _text(name)]
    lines += [".SH SEE ALSO", f".BR {_text(see_also)} (1)"]
    return "\n".join(lines) + "\n"


def _subcommands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def _usage(parser: argparse.ArgumentParser) -> list[str]:
    usage = " ".join(parser.format_usage().removeprefix("usage: ").split())
    name, _, rest = usage.partition(f"{parser.prog} ")
    return [f".B {_text(parser.prog)}", _text(rest or name.removeprefix(parser.prog))]


def _options(parser: argparse.ArgumentParser) -> list[str]:
    lines = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            continue
        help_text = parser._get_formatter()._expand_help(action) if action.help else ""
        lines += [".TP", f".B {_text(_invocation(action))}", _text(help_text)]
    return lines


def _invocation(action: argparse.Action) -> str:
    name = ", ".join(action.option_strings)
    if action.nargs == 0:
        return name
    metavar = action.metavar or (f"{{{','.join(map(str, action.choices))}}}" if action.choices else action.dest)
    return f"{name} {metavar if isinstance(metavar, str) else ' '.join(metavar)}".strip()


def _without_exit_codes(epilog: str) -> str:
    """Return what is said about one command; the exit codes are those of all and stand once, at the end."""
    return epilog.partition("exit codes:")[0]


def _as_is(text: str) -> list[str]:
    lines = text.strip("\n").splitlines()
    return [".PP", ".nf", *map(_text, lines), ".fi"] if lines else []


def _text(text: str) -> str:
    """Escape text for roff; no line may begin with a point or an apostrophe."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped


def _of_anybody(path: str) -> str:
    """Return a path with ~ for the home folder of who builds."""
    from pathlib import Path

    return path.replace(str(Path.home()), "~")
