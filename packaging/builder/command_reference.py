"""The directive ``command-reference``: the commands and their options, read from the parsers of the program."""

from __future__ import annotations

import argparse
from itertools import groupby

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import mlpsvd.cli.program
import mlpsvd_gui.app
from command_options import commands, help_text, invocation, options, without_exit_codes

__all__ = ["CommandReference", "place_of", "setup"]

_WIDTH = 84
"""Columns of a code block of the site."""


class CommandReference(SphinxDirective):
    """A section for each command, with its usage, options and examples, and the exit codes of all."""

    def run(self) -> list[nodes.Node]:
        """Return the sections."""
        parser = mlpsvd.cli.program.command_parser()
        sections = [self._section(f"mlpsvd {name}", one) for name, one in commands(parser)]
        sections.append(self._section("mlpsvd-gui", mlpsvd_gui.app.command_parser()))
        exit_codes = _listed((parser.epilog or "").splitlines()[1:])
        return [*sections, self._titled("Exit codes", _code(exit_codes))]

    def _section(self, name: str, parser: argparse.ArgumentParser) -> nodes.section:
        found = [one for one in options(parser) if "--help" not in one.option_strings]
        content = [nodes.paragraph("", parser.description or ""), _code(_usage(parser))]
        if found:
            content.append(nodes.definition_list("", *(_item(parser, one) for one in found), classes=["options"]))
        return self._titled(name, *content, *_blocks(without_exit_codes(parser.epilog or "")))

    def _titled(self, title: str, *content: nodes.Node) -> nodes.section:
        section = nodes.section("", nodes.title("", title), *content, ids=[place_of(title)], names=[title.lower()])
        section["support_smartquotes"] = False  # --out keeps its hyphens
        self.state.document.note_explicit_target(section)
        return section


def place_of(title: str) -> str:
    """Return the address of a command, or of another section, on its page."""
    return title.lower().replace(" ", "-")


def _code(text: str) -> nodes.literal_block:
    return nodes.literal_block("", text, language="text")


def _usage(parser: argparse.ArgumentParser) -> str:
    formatter = argparse.HelpFormatter(parser.prog, width=_WIDTH)
    formatter.add_usage(parser.usage, parser._actions, parser._mutually_exclusive_groups, prefix="")
    return formatter.format_help().strip()


def _item(parser: argparse.ArgumentParser, action: argparse.Action) -> nodes.definition_list_item:
    term = nodes.term("", "", nodes.literal("", invocation(action)))
    return nodes.definition_list_item("", term, nodes.definition("", nodes.paragraph("", help_text(parser, action))))


def _blocks(text: str) -> list[nodes.Node]:
    """Return the paragraphs of an epilogue; indented lines are examples."""
    blocks: list[nodes.Node] = []
    for kind, lines in groupby(text.splitlines(), key=_kind):
        if kind == "example":
            blocks.append(_code(_listed(list(lines))))
        elif kind == "text":
            blocks.append(nodes.paragraph("", _sentence(" ".join(lines))))
    return blocks


def _kind(line: str) -> str:
    return "" if not line.strip() else "example" if line.startswith(" ") else "text"


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def _listed(lines: list[str]) -> str:
    return "\n".join(line.removeprefix("  ") for line in lines).strip("\n")


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directive to Sphinx."""
    app.add_directive("command-reference", CommandReference)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
