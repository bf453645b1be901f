"""The documentation site: it builds without warnings, its links lead somewhere, and Help opens its pages."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import mlpsvd
from command_options import commands, invocation, options
from command_reference import place_of
from mlpsvd.cli.program import command_parser
from mlpsvd_gui.help_topics import CONTENTS, TOPICS

_OUTSIDE = ("script", "img", "link", "iframe", "source")
"""Elements whose addresses a browser fetches by itself."""


class _Page(HTMLParser):
    """The places of a page, its links, and what a browser fetches with it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.places: set[str] = set()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.places.update(one for one in (values.get("id"), values.get("name")) if one)
        address = values.get("href") or values.get("src")
        if address and not (tag == "link" and values.get("rel") in ("index", "search", "next", "prev", "canonical")):
            (self.fetched if tag in _OUTSIDE else self.links).append(address)


@pytest.fixture(scope="module")
def site(project_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built by the command that packaging/build uses."""
    target = tmp_path_factory.mktemp("site") / "site"
    builder = project_root / "packaging" / "builder"
    command = [sys.executable, "-m", "documentation", str(project_root), str(target)]
    environment = {**os.environ, "HOME": str(tmp_path_factory.mktemp("home-of-who-builds"))}
    done = subprocess.run(command, cwd=builder, env=environment, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    return target


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, _Page]:
    return {path: _Page(path.read_text("utf-8")) for path in site.rglob("*.html")}


@pytest.mark.slow
def test_every_link_inside_the_site_leads_to_a_place(site: Path, pages: dict[Path, _Page]) -> None:
    assert len(pages) > 20
    broken = []
    for path, page in pages.items():
        for address in (*page.links, *page.fetched):
            parts = urlsplit(address)
            if parts.scheme:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            known = pages.get(target)
            if not target.exists() or (parts.fragment and known and unquote(parts.fragment) not in known.places):
                broken.append(f"{path.name}: {address}")
    assert not broken


def test_the_site_needs_no_network(pages: dict[Path, _Page]) -> None:
    assert [one for page in pages.values() for one in page.fetched if urlsplit(one).scheme] == []


def test_help_has_a_page_for_every_topic(site: Path, pages: dict[Path, _Page]) -> None:
    assert (site / f"{CONTENTS}.html") in pages
    for name, topic in TOPICS.items():
        assert (site / "help" / f"{name}.html") in pages
        assert not topic.anchor or topic.anchor in pages[site / f"{topic.page}.html"].places, name


def test_the_reference_describes_every_public_name(pages: dict[Path, _Page], site: Path) -> None:
    names = {f"mlpsvd.{name}" for name in mlpsvd.__all__ if not name.startswith("_")}
    assert names - pages[site / "python.html"].places == set()


def test_commands_and_options_are_on_their_page(pages: dict[Path, _Page], site: Path) -> None:
    parser = command_parser()
    text = unescape(re.sub("<[^>]+>", "", (site / "commands.html").read_text("utf-8")))
    for name, command in commands(parser):
        assert place_of(f"mlpsvd {name}") in pages[site / "commands.html"].places, name
        assert [one for one in options(command) if invocation(one) not in text and one.dest != "help"] == [], name


def test_code_that_names_a_function_a_command_or_a_setting_is_a_link(
    pages: dict[Path, _Page], site: Path, project_root: Path
) -> None:
    known = pages[site / "functions.html"].places | pages[site / "python.html"].places
    for page in (project_root / "docs").glob("*.md"):
        named = set(re.findall(r"`(mlpsvd\.[\w.]+)`", page.read_text("utf-8")))
        assert {one for one in named if not {one, f"module-{one}"} & known} == set(), page.name
    naumov, divya = pages[site / "naumov.html"].links, pages[site / "divya.html"].links
    assert "functions.html#mlpsvd.analysis.hessian.blocks.hessian_blocks" in naumov
    assert "commands.html#mlpsvd-reproduce" in naumov
    assert "settings.html#features.n_components" in divya


def test_no_path_of_who_builds_is_in_the_site(site: Path, project_root: Path) -> None:
    for path in (one for one in site.rglob("*") if one.suffix in (".html", ".js", ".txt", ".inv")):
        text = path.read_bytes()
        assert b"home-of-who-builds" not in text and str(project_root).encode() not in text, path.name
