"""The texts of the Debian package agree with each other and with the program."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from left_out import REASONS, without

import debian_package
import mlpsvd.cli.program
import mlpsvd_gui.app
from man_pages import man_page
from mlpsvd.experiments.experiment_file import to_toml
from mlpsvd.experiments.runs.places import set_runs_folder

PARSERS = {"mlpsvd": mlpsvd.cli.program.command_parser, "mlpsvd-gui": mlpsvd_gui.app.command_parser}


@pytest.mark.parametrize("name", PARSERS)
def test_the_manual_has_every_option(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in [one for one in os.environ if one.startswith("XDG_")]:
        monkeypatch.delenv(variable)  # as the build does
    page = man_page(PARSERS[name](), "what it is", "other", 1_700_000_000)
    text = page.replace("\\-", "-")
    options = re.findall(r"--[a-z][a-z-]+", PARSERS[name]().format_help())
    assert {"--version", "--help"} <= set(options)
    assert [option for option in options if option not in text] == []
    if name == "mlpsvd":
        assert all(f".SS {command}\n" in text for command in ("train", "classify", "listen", "self-test", "export"))
    assert str(Path.home()) not in page
    if shutil.which("man"):
        (tmp_path / "page.1").write_text(page, "utf-8")
        command = ["man", "--warnings", "-l", str(tmp_path / "page.1")]
        done = subprocess.run(
            command, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
        )
        assert (done.returncode, done.stderr) == (0, "")


def test_the_manual_in_the_package_names_the_places_of_anybody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in [one for one in os.environ if one.startswith(("XDG_", "MLPSVD_RUNS", "NUMBA_"))]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("HOME", str(tmp_path / "builder"))
    set_runs_folder(tmp_path / "moved")
    debian_package._add_manual(tmp_path / "tree", 1_700_000_000)
    page = gzip.decompress((tmp_path / "tree/usr/share/man/man1/mlpsvd.1.gz").read_bytes()).decode()
    files = page.partition(".SH FILES")[2]
    assert "~/.local/share/mlpsvd/runs\nKept runs\n" in files
    assert "moved" not in files


def test_the_menu_entry_opens_the_types_that_are_described(project_root: Path) -> None:
    texts = project_root / "packaging" / "debian"
    entry = (texts / "mlpsvd.desktop").read_text("utf-8")
    described = set(re.findall(r'<mime-type type="([^"]+)"', (texts / "mime.xml").read_text("utf-8")))
    provided = set(re.findall(r"<mediatype>([^<]+)<", (texts / "metainfo.xml").read_text("utf-8")))
    offered = set(re.findall(r"^MimeType=(.*);$", entry, re.MULTILINE)[0].split(";"))
    assert offered == described == provided
    (command,) = re.findall(r"^Exec=(.*) %f$", entry, re.MULTILINE)
    name, *options = command.split()
    assert vars(PARSERS[name]().parse_args([*options, "a.toml"]))["file"] == Path("a.toml")


def test_the_tools_of_desktops_accept_the_menu_entry_and_the_metadata(project_root: Path, tmp_path: Path) -> None:
    debian_package._add_desktop(tmp_path, project_root / "packaging" / "debian", 1_700_000_000)
    share = tmp_path / "usr/share"
    metadata = share / "metainfo/com.mlp_svd.mlpsvd.metainfo.xml"
    assert re.search(r'<release version="[\d.]+" date="2023-11-14"/>', metadata.read_text("utf-8"))
    assert {path.parent.parent.name for path in share.glob("icons/hicolor/*/apps/mlpsvd.*")} >= {"16x16", "scalable"}
    checks = {
        "appstreamcli": ["validate", "--no-net", str(metadata)],
        "desktop-file-validate": [str(share / "applications/mlpsvd.desktop")],
    }
    for program, arguments in checks.items():
        if shutil.which(program):
            done = subprocess.run([program, *arguments], capture_output=True, text=True)
            assert done.returncode == 0, done.stdout + done.stderr


def test_an_experiment_is_recognised_by_its_first_line(project_root: Path) -> None:
    types = (project_root / "packaging/debian/mime.xml").read_text("utf-8")
    beginnings = tuple(re.findall(r'offset="0" value="([^"]+)"', types))
    assert to_toml(mlpsvd.Experiment()).startswith(beginnings)
    assert "\n".join(to_toml(mlpsvd.Experiment()).splitlines()[1:]).startswith(beginnings), "without the comment too"


def test_what_is_left_out_is_not_what_the_window_needs() -> None:
    plugins = "PySide6/Qt/plugins"
    needed = [
        f"{plugins}/platforms/libqxcb.so",
        f"{plugins}/platforms/libqoffscreen.so",
        f"{plugins}/iconengines/libqsvgicon.so",
        f"{plugins}/imageformats/libqsvg.so",
        "PySide6/Qt/lib/libQt6Svg.so.6",
        "matplotlib/mpl-data/fonts/ttf/DejaVuSans.ttf",
        "mlpsvd-0.1.0.dist-info/METADATA",
        "mlpsvd/engines/cpu/kernels.py",
    ]
    surplus = [f"{plugins}/platforms/libqvnc.so", "PySide6/Qt/lib/libQt6Quick.so.6", "tzdata/zoneinfo/Europe/Berlin"]
    kept = without([(name, "", "DATA") for name in (*needed, *surplus)])
    assert [entry[0] for entry in kept] == needed
    assert all(REASONS.values())
