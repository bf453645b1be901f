"""The documentation site: it builds without warnings, its links lead somewhere, and Help opens its pages."""

from __future__ import annotations

import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import mlpsvd
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
    done = subprocess.run(command, cwd=builder, capture_output=True, text=True, timeout=120)
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
    assert names - pages[site / "reference.html"].places == set()
