"""What the manual pages and the site tell of the commands, read from their parsers."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

__all__ = ["commands", "help_text", "invocation", "options", "subcommands", "without_exit_codes"]


def subcommands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Return the parsers of the subcommands by name; empty if there are none."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def commands(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Yield every subcommand, also of subcommands (``runs list``), in the order of the help."""
    for name, one in subcommands(parser).items():
        yield name, one
        for inner, action in commands(one):
            yield f"{name} {inner}", action


def options(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """Return arguments and options, without subcommands."""
    return [one for one in parser._actions if not isinstance(one, argparse._SubParsersAction)]


def invocation(action: argparse.Action) -> str:
    """Return how an argument or option is written, e.g. ``--out DIR``."""
    name = ", ".join(action.option_strings)
    if action.nargs == 0:
        return name
    metavar = action.metavar or (f"{{{','.join(map(str, action.choices))}}}" if action.choices else action.dest)
    return f"{name} {metavar if isinstance(metavar, str) else ' '.join(metavar)}".strip()


def help_text(parser: argparse.ArgumentParser, action: argparse.Action) -> str:
    """Return the help of an argument or option, with its values filled in."""
    return parser._get_formatter()._expand_help(action) if action.help else ""


def without_exit_codes(epilog: str) -> str:
    """Return what is said about one command; the exit codes are those of all and stand once, at the end."""
    return epilog.partition("exit codes:")[0]
