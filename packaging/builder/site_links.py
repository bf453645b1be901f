"""Makes links of code in the text: names of functions, commands, and keys of settings.

The pages stay plain Markdown: ``mlpsvd train`` in a paragraph leads to the page of the commands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from docutils import nodes
from sphinx.application import Sphinx

import mlpsvd.cli.program
from command_options import commands
from command_reference import place_of

__all__ = ["add_links", "mark_settings", "setup", "shape_tables"]

_COMMANDS, _SETTINGS = "commands", "settings"
"""The pages of the commands and of the settings."""

_KEY = re.compile(r"(?:[a-z]+\.)?[a-z_0-9]+(?:\.[a-z_0-9]+)*")

_BREAKS = re.compile(r"(?<=\w\.)(?=\w{4})|(?<=/)")
"""Where a long name or path may go on in the next line."""

_SHORT = 20
"""Characters of a cell that stays on one line."""

_OTHER_CODE = (nodes.reference, nodes.title, nodes.term)
"""What holds code that stays as it is."""


def mark_settings(app: Sphinx, document: nodes.document) -> None:
    """Give each row of the tables of settings an address: its key."""
    if app.env.docname == _SETTINGS:
        for row in document.findall(nodes.row):
            key = next(iter(row.findall(nodes.literal)), None)
            if key is not None and key.parent.parent is row.children[0]:
                row["ids"].append(key.astext())


def add_links(app: Sphinx, document: nodes.document, page: str) -> None:
    """Turn the code of a page that names something with a place of its own into links."""
    places = dict(_places(app))
    for code in list(document.findall(nodes.literal)):
        target, anchor = places.get(_name(code.astext(), places), ("", ""))
        if target and target != page and not _is_inside(code, _OTHER_CODE):
            address = f"{app.builder.get_relative_uri(page, target)}#{anchor}"
            code.replace_self(nodes.reference("", "", code.deepcopy(), internal=True, refuri=address))


def shape_tables(app: Sphinx, document: nodes.document, page: str) -> None:
    """Let long names in tables break after their points, and short cells nowhere."""
    for cell in document.findall(nodes.entry):
        if len(cell.astext()) <= _SHORT:
            cell["classes"].append("short")
        for code in list(cell.findall(nodes.literal)):
            name = code.astext()
            if len(name) > _SHORT and " " not in name:
                _break(code, _BREAKS.split(name))


def _break(code: nodes.literal, parts: list[str]) -> None:
    code.children = []
    for part in parts[:-1]:
        code += [nodes.Text(part), nodes.raw("", "<wbr>", format="html")]
    code += nodes.Text(parts[-1])


def _places(app: Sphinx) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield every name with its page and address."""
    for name, entry in app.env.domains.python_domain.objects.items():
        yield name, (entry.docname, entry.node_id)
    for name, _ in commands(mlpsvd.cli.program.command_parser()):
        yield f"mlpsvd {name}", (_COMMANDS, place_of(f"mlpsvd {name}"))
    for row in app.env.get_doctree(_SETTINGS).findall(nodes.row):
        for key in row["ids"]:
            if "." in key:  # "name" and "seed" are words of much else
                yield key, (_SETTINGS, key)


def _name(code: str, places: dict[str, tuple[str, str]]) -> str:
    """Return the name that some code begins with: a command with options, a setting with a value."""
    if code.startswith("mlpsvd "):
        words = code.split()
        return next((name for n in (3, 2) if (name := " ".join(words[:n])) in places), "")
    key = _KEY.match(code)
    return key.group() if key and "=" in code else code


def _is_inside(node: nodes.Node, kinds: tuple[type[nodes.Node], ...]) -> bool:
    while node.parent is not None:
        node = node.parent
        if isinstance(node, kinds):
            return True
    return False


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect to Sphinx."""
    app.connect("doctree-read", mark_settings)
    app.connect("doctree-resolved", add_links)
    app.connect("doctree-resolved", shape_tables, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
