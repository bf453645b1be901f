"""Builds the documentation site from docs/, and the pages that Help opens.

python -m documentation ROOT TARGET
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from html import escape
from pathlib import Path

from sphinx.cmd.build import build_main

from mlpsvd_gui.help_topics import TOPICS

__all__ = ["build", "main"]


def build(docs: Path, target: Path) -> None:
    """Write the site of the pages in ``docs`` to ``target``, which is replaced; a warning of Sphinx is an error.

    Raises
    ------
    RuntimeError
        If a page, link or docstring is wrong; Sphinx has printed what.
    """
    with tempfile.TemporaryDirectory() as scratch:
        site, trees = Path(scratch, "site"), Path(scratch, "trees")
        if build_main(["-q", "-W", "--keep-going", "-b", "html", "-d", str(trees), str(docs), str(site)]):
            raise RuntimeError("the documentation has errors; see the messages above")
        (site / ".buildinfo").unlink(missing_ok=True)
        _write_topics(site / "help")
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(site, target)


def _write_topics(folder: Path) -> None:
    """Write a file for each topic that leads to its heading."""
    folder.mkdir()
    for name, topic in TOPICS.items():
        address = escape(f"../{topic.page}.html" + (f"#{topic.anchor}" if topic.anchor else ""))
        head = f'<meta charset="utf-8"><meta http-equiv="refresh" content="0; url={address}"><title>{name}</title>'
        html = f'<!doctype html><html lang="en"><head>{head}</head><body><a href="{address}">{name}</a></body></html>\n'
        (folder / f"{name}.html").write_text(html, "utf-8")


def main(arguments: list[str]) -> int:
    """Build the site of the project ``ROOT`` into ``TARGET``."""
    root, target = (Path(one).resolve() for one in arguments)
    try:
        build(root / "docs", target)
    except RuntimeError as error:
        print(f"documentation: {error}", file=sys.stderr)
        return 1
    print(f"documentation: {target / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
