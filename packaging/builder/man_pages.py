"""Manual pages, generated from the options of the commands."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from command_options import commands, help_text, invocation, options, subcommands, without_exit_codes
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
        Its parser; each subcommand becomes a subsection, also those of subcommands.
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
    lines += [".SH OPTIONS", *_options(parser)]
    if subcommands(parser):
        lines.append(".SH COMMANDS")
    for name, command in commands(parser):
        lines += [f".SS {_text(name)}", *_usage(command), ".PP", _text(command.description or ""), *_options(command)]
        lines += _as_is(without_exit_codes(command.epilog or ""))
    lines += [".SH NOTES", *_as_is(parser.epilog or "")]
    lines.append(".SH FILES")
    for name, path in places()[1:]:
        lines += [".TP", _text(_of_anybody(path)), _text(name)]
    lines += [".SH SEE ALSO", f".BR {_text(see_also)} (1)"]
    return "\n".join(lines) + "\n"


def _usage(parser: argparse.ArgumentParser) -> list[str]:
    usage = " ".join(parser.format_usage().removeprefix("usage: ").split())
    name, _, rest = usage.partition(f"{parser.prog} ")
    return [f".B {_text(parser.prog)}", _text(rest or name.removeprefix(parser.prog))]


def _options(parser: argparse.ArgumentParser) -> list[str]:
    lines = []
    for action in options(parser):
        lines += [".TP", f".B {_text(invocation(action))}", _text(help_text(parser, action))]
    return lines


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
