"""The descriptions of the packages agree with each other and with the program."""

from __future__ import annotations

import gzip
import os
import plistlib
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import Distribution
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from left_out import REASONS, without
from mac_bundle import info_plist, oldest_system

import debian_package
import frozen_program
import mlpsvd.cli.program
import mlpsvd_gui.app
import third_party
from man_pages import man_page
from mlpsvd.cli.installation import third_party_file
from mlpsvd.experiments.experiment_file import to_toml
from mlpsvd.experiments.projects.project import SUFFIX
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
        assert all(f".SS {command}\n" in text for command in ("train", "classify", "runs list", "self-test", "export"))
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


NEEDED = [
    "PySide6/Qt/plugins/platforms/libqxcb.so",
    "PySide6/Qt/plugins/platforms/libqoffscreen.so",
    "PySide6/Qt/plugins/iconengines/libqsvgicon.so",
    "PySide6/Qt/plugins/imageformats/libqsvg.so",
    "PySide6/Qt/lib/libQt6Svg.so.6",
    "PySide6/plugins/platforms/qwindows.dll",
    "PySide6/plugins/platforms/qoffscreen.dll",
    "PySide6/plugins/imageformats/qsvg.dll",
    "PySide6/plugins/styles/qmodernwindowsstyle.dll",
    "PySide6/Qt6Svg.dll",
    "PySide6/Qt6Widgets.dll",
    "_sounddevice_data/portaudio-binaries/libportaudio64bit.dll",
    "PySide6/Qt/plugins/platforms/libqcocoa.dylib",
    "PySide6/Qt/plugins/styles/libqmacstyle.dylib",
    "PySide6/Qt/lib/QtSvg.framework/Versions/A/QtSvg",
    "_sounddevice_data/portaudio-binaries/libportaudio.dylib",
    "matplotlib/mpl-data/fonts/ttf/DejaVuSans.ttf",
    "mlpsvd-0.1.0.dist-info/METADATA",
    "mlpsvd/engines/cpu/kernels.py",
]
SURPLUS = [
    "PySide6/Qt/plugins/platforms/libqvnc.so",
    "PySide6/Qt/lib/libQt6Quick.so.6",
    "tzdata/zoneinfo/Europe/Berlin",
    "mlpsvd-0.1.0.dist-info/uv_cache.json",
    "PySide6/plugins/platforms/qminimal.dll",
    "PySide6/plugins/imageformats/qjpeg.dll",
    "PySide6/plugins/tls/qschannelbackend.dll",
    "PySide6/translations/qtbase_de.qm",
    "PySide6/Qt6Quick.dll",
    "PySide6/opengl32sw.dll",
    "_sounddevice_data/portaudio-binaries/libportaudio32bit.dll",
    "_sounddevice_data/portaudio-binaries/libportaudio64bit-asio.dll",
    "PySide6/Qt/plugins/imageformats/libqmacheif.dylib",
    "PySide6/Qt/lib/QtQuick.framework/Versions/A/QtQuick",
]


@pytest.mark.parametrize("separator", ["/", "\\"])
def test_what_is_left_out_is_not_what_the_window_needs(separator: str) -> None:
    names = [name.replace("/", separator) for name in (*NEEDED, *SURPLUS)]
    kept = without([(name, "", "DATA") for name in names])
    assert [entry[0].replace(separator, "/") for entry in kept] == NEEDED
    assert all(REASONS.values())


HOOKS = ("collect_data_files", "collect_submodules", "copy_metadata")
LIBRARIES = {
    "windows": """
        python313.dll python3.dll _ctypes.pyd _bz2.pyd unicodedata.pyd libffi-8.dll sqlite3.dll VCRUNTIME140.dll
        Qt6Gui.dll PySide6/Qt6Core.dll PySide6/pyside6.abi3.dll PySide6/plugins/styles/qmodernwindowsstyle.dll
        shiboken6/shiboken6.abi3.dll shiboken6/MSVCP140.dll llvmlite/binding/llvmlite.dll
        numpy.libs/msvcp140-a4c2229b.dll numpy.libs/libscipy_openblas64_-63c857e7.dll
        _soundfile_data/libsndfile_x64.dll _sounddevice_data/portaudio-binaries/libportaudio64bit.dll
    """,
    "macos": """
        libpython3.13.dylib PySide6/libpyside6.abi3.6.10.dylib PySide6/Qt/plugins/styles/libqmacstyle.dylib
        shiboken6/libshiboken6.abi3.6.10.dylib llvmlite/binding/libllvmlite.dylib PIL/.dylibs/libtiff.6.dylib
        numpy/.dylibs/libgfortran.5.dylib numpy/.dylibs/libgcc_s.1.1.dylib scipy/.dylibs/libscipy_openblas.dylib
        _soundfile_data/libsndfile_arm64.dylib _sounddevice_data/portaudio-binaries/libportaudio.dylib
    """,
}


@pytest.mark.parametrize("system", LIBRARIES)
def test_libraries_of_windows_and_macos_have_an_origin(tmp_path: Path, system: str) -> None:
    names = LIBRARIES[system].split()
    for name in names:
        (tmp_path / "_internal" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "_internal" / name).touch()
    assert third_party._inside(tmp_path, [])
    (tmp_path / "_internal" / "libsecret-1.dll").touch()
    with pytest.raises(RuntimeError, match=r"third_party\.py: libsecret-1\.dll$"):
        third_party._inside(tmp_path, [])


def test_the_installer_for_windows_opens_the_types_and_removes_them(project_root: Path) -> None:
    script = (project_root / "packaging/windows/mlpsvd.iss").read_text("utf-8")
    rows = [line for line in script.splitlines() if line.startswith("Root: ")]
    commands = re.findall(r'shell\\open\\command"; ValueType: string; ValueData: "(.*)"', script)
    assert len(commands) == 3
    for command in commands:
        program, *options, file = re.findall(r'""[^"]+""|\S+', command)
        assert (program, file) == ('""{app}\\mlpsvd-gui.exe""', '""%1""')
        assert vars(PARSERS["mlpsvd-gui"]().parse_args([*options, "a"]))["file"] == Path("a")
    offered = dict(re.findall(r'Classes\\(\.\w+)\\OpenWithProgids";.*ValueName: "MLP-SVD\.(\w+)"', script))
    assert offered == {SUFFIX: "project", ".safetensors": "model", ".toml": "experiment"}
    own = [row for row in rows if re.search(r"Classes\\MLP-SVD\.\w+\";", row)]
    assert [row for row in own if "uninsdeletekey" in row] == own and len(own) == 3
    removed = script.partition("procedure CurUninstallStepChanged")[2]
    assert "ChangeSearchPath(False)" in removed and "'MLP-SVD.model'" in removed
    assert "Environment" not in "".join(rows), "a row of [Registry] adds to the search path again and never removes it"


def test_macos_is_told_what_the_program_opens_and_needs() -> None:
    plist = plistlib.loads(plistlib.dumps(info_plist("0.1.0", "13.0")))
    assert plist["CFBundleExecutable"] == "mlpsvd-gui"
    assert plist["NSMicrophoneUsageDescription"] and plist["LSMinimumSystemVersion"] == "13.0"
    (project,) = plist["UTExportedTypeDeclarations"]
    assert project["UTTypeTagSpecification"]["public.filename-extension"] == [SUFFIX.removeprefix(".")]
    own, *shared = plist["CFBundleDocumentTypes"]
    assert own["LSItemContentTypes"] == [project["UTTypeIdentifier"]] and own["LSHandlerRank"] == "Owner"
    assert [kind["CFBundleTypeExtensions"] for kind in shared] == [["toml"], ["safetensors"]]
    assert {kind["LSHandlerRank"] for kind in shared} == {"Alternate"}


@pytest.mark.parametrize("system", ["linux", "win32", "darwin"])
def test_the_frozen_program_is_described_for_every_system(
    project_root: Path, monkeypatch: pytest.MonkeyPatch, system: str
) -> None:
    spec = project_root / "packaging" / "frozen" / "mlpsvd.spec"
    made: dict[str, list[dict[str, Any]]] = {}

    def step(kind: str) -> Callable[..., SimpleNamespace]:
        def make(*parts: object, **options: Any) -> SimpleNamespace:
            made.setdefault(kind, []).append(options)
            return SimpleNamespace(binaries=[], datas=[], pure=[], scripts=[])

        return make

    hooks = SimpleNamespace(**dict.fromkeys(HOOKS, lambda _: []))
    for name in ("PyInstaller", "PyInstaller.utils", "PyInstaller.utils.hooks"):
        monkeypatch.setitem(sys.modules, name, hooks)
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("MLPSVD_IDENTITY", "Developer ID Application: somebody")
    kinds = {kind: step(kind) for kind in ("Analysis", "PYZ", "EXE", "COLLECT", "BUNDLE")}
    exec(compile(spec.read_text("utf-8"), str(spec), "exec"), {"SPECPATH": str(spec.parent), **kinds})
    programs = {program["name"]: program["console"] for program in made["EXE"]}
    assert programs == ({"mlpsvd": True} if system == "linux" else {"mlpsvd": True, "mlpsvd-gui": False})
    assert ("BUNDLE" in made) == (system == "darwin")
    for bundle in made.get("BUNDLE", []):
        assert bundle["version"] == mlpsvd.__version__ == bundle["info_plist"]["CFBundleVersion"]
        assert bundle["bundle_identifier"] == "com.mlp-svd.MLP-SVD"
        assert all(program["codesign_identity"].startswith("Developer ID") for program in made["EXE"])
        assert all(Path(program["entitlements_file"]).is_file() for program in made["EXE"])


def test_the_entitlements_of_macos_are_those_of_the_microphone_and_of_compiled_code(project_root: Path) -> None:
    with (project_root / "packaging/macos/entitlements.plist").open("rb") as file:
        granted = plistlib.load(file)
    assert all(granted.values())
    names = {name.removeprefix("com.apple.security.") for name in granted}
    assert {"device.audio-input", "cs.allow-jit", "cs.allow-unsigned-executable-memory"} <= names


def test_the_oldest_macos_is_that_of_the_most_demanding_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tags = {
        "pure": ["py3-none-any"],
        "old": ["cp313-cp313-macosx_10_13_universal2"],
        "new": ["cp39-abi3-macosx_13_0_universal2"],
        "both": ["cp39-abi3-macosx_12_3_x86_64", "cp39-abi3-macosx_12_3_arm64"],
    }
    for name, lines in tags.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "WHEEL").write_text("".join(f"Tag: {tag}\n" for tag in lines))
    monkeypatch.setattr("mac_bundle.distribution", lambda name: Distribution.at(tmp_path / name))
    assert oldest_system(["pure", "old"]) == "11.0"
    assert oldest_system(["both", "pure"]) == "12.3"
    assert oldest_system(tags) == "13.0"


@pytest.mark.parametrize("has_bundle", [True, False])
def test_the_licences_are_in_the_bundle_of_macos_too(
    tmp_path: Path, project_root: Path, monkeypatch: pytest.MonkeyPatch, has_bundle: bool
) -> None:
    contents = tmp_path / "MLP-SVD.app" / "Contents"

    def pyinstaller(*_: object, **__: object) -> None:
        (tmp_path / "mlpsvd").mkdir()
        if has_bundle:
            (contents / "Resources").mkdir(parents=True)

    monkeypatch.setattr("subprocess.run", pyinstaller)
    monkeypatch.setattr(frozen_program, "third_party_text", lambda *_: "licences")
    monkeypatch.setattr(frozen_program, "size_table", lambda _: "")
    frozen_program.build(project_root, tmp_path)
    assert (contents / "Resources/THIRD-PARTY.txt").is_file() == has_bundle
    monkeypatch.setattr("sys.frozen", True, raising=False)
    monkeypatch.setattr("sys.executable", str(contents / "MacOS" / "mlpsvd-gui"))
    assert third_party_file() == (contents / "Resources/THIRD-PARTY.txt" if has_bundle else None)
    monkeypatch.setattr("sys.executable", str(tmp_path / "mlpsvd" / "mlpsvd"))
    assert third_party_file() == tmp_path / "mlpsvd" / "THIRD-PARTY.txt"


def test_the_set_up_has_paths_of_windows_in_git_bash(tmp_path: Path, project_root: Path) -> None:
    for name, answer in (("uname", "echo MINGW64_NT-10.0"), ("cygpath", '[ "$1" = -m ] && echo "D:$2"')):
        (tmp_path / name).write_text(f"#!/bin/sh\n{answer}\n")
        (tmp_path / name).chmod(0o755)
    script = f'root=/a/b; caller=x; . "{project_root}/packaging/setup.sh"; echo "$root $venv_python"; set_up_system run'
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(["sh", "-euc", script], capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "D:/a/b D:/a/b/.venv/Scripts/python.exe\n")


def test_scripts_keep_their_line_ends_on_windows(project_root: Path) -> None:
    command = ["git", "check-attr", "eol", "--", "run", "test", "packaging/build", "packaging/setup.sh"]
    done = subprocess.run(command, cwd=project_root, capture_output=True, text=True, check=True)
    assert [line.rpartition(": ")[2] for line in done.stdout.splitlines()] == ["lf"] * 4
