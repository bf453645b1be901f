"""./run and ./test: the parts of packaging/setup.sh that can be tested without a fresh machine.

The commands are run by sh against a clone in a folder of its own (with a space in its name), in which the virtual
environment's Python and the system's tools are small scripts that say what they were asked.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the fakes stand in for Linux tools")

Shell = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def clone(tmp_path: Path, project_root: Path) -> Path:
    """A clone with only the files that the commands read."""
    root = tmp_path / "a clone"
    (root / "packaging").mkdir(parents=True)
    for name in ("run", "test", "constraints.txt", "pyproject.toml", "packaging/setup.sh"):
        shutil.copy(project_root / name, root / name)
    return root


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder at the start of PATH for tools that only print their arguments."""
    folder = tmp_path / "tools"
    folder.mkdir()
    write_script(folder / "id", "echo 0")
    write_script(folder / "apt-get", f'echo "$@" >>"{tmp_path}/apt.log"')
    return folder


@pytest.fixture
def shell(clone: Path, tools: Path) -> Shell:
    """Run shell text in which packaging/setup.sh has been sourced."""

    def run(text: str, **environment: str) -> subprocess.CompletedProcess[str]:
        before = f'set -eu; root="{clone}"; caller=./run; . "$root/packaging/setup.sh"\n'
        path = f"{tools}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            ["sh", "-c", before + text],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PATH": path, **environment},
        )

    return run


def write_script(path: Path, body: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def make_environment(clone: Path) -> None:
    write_script(clone / ".venv/bin/python", 'echo "python was asked: $*"')


@pytest.mark.parametrize("name", ["run", "test", "packaging/setup.sh", "packaging/screen.sh"])
def test_the_scripts_are_plain_sh(project_root: Path, name: str) -> None:
    done = subprocess.run(["sh", "-n", project_root / name], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "[[" not in (project_root / name).read_text("utf-8")


@pytest.mark.parametrize("name", ["run", "test", ".ci/run"])
def test_the_commands_can_be_started(project_root: Path, name: str) -> None:
    assert os.access(project_root / name, os.X_OK)


def test_a_finished_set_up_is_not_done_again(clone: Path, shell: Shell, tmp_path: Path) -> None:
    make_environment(clone)
    shell("write_stamps test")
    done = subprocess.run([clone / "run", "--version", "two words"], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout == "python was asked: -m mlpsvd_gui --version two words\n"
    assert done.stderr == ""


def test_running_installs_no_test_tools(clone: Path, shell: Shell) -> None:
    make_environment(clone)
    shell("write_stamps run")
    assert shell("is_ready run").returncode == 0
    assert shell("is_ready test").returncode != 0


@pytest.mark.parametrize("changed", ["constraints.txt", "pyproject.toml"])
def test_changed_requirements_are_installed(clone: Path, shell: Shell, changed: str) -> None:
    make_environment(clone)
    shell("write_stamps test")
    with (clone / changed).open("a") as file:
        file.write("# newer\n")
    assert shell("is_ready run").returncode != 0


def test_an_interrupted_set_up_is_not_believed(clone: Path, shell: Shell) -> None:
    make_environment(clone)
    shell("write_stamps run")
    assert shell("is_ready run").returncode == 0
    interrupted = shell("pip_install_uv() { kill -KILL $$; }; install_packages run")
    assert interrupted.returncode < 0
    assert shell("is_ready run").returncode != 0
    assert shell("is_usable").returncode != 0


def test_a_moved_environment_is_recreated(clone: Path, shell: Shell, tmp_path: Path) -> None:
    make_environment(clone)
    shell("write_stamps run")
    assert shell("is_usable").returncode == 0
    elsewhere = tmp_path / "moved"
    clone.rename(elsewhere)
    done = shell(f'root="{elsewhere}"; . "$root/packaging/setup.sh"; is_ready run || is_usable')
    assert done.returncode != 0


def test_an_environment_with_a_replaced_python_is_recreated(clone: Path, shell: Shell) -> None:
    write_script(clone / "python3.11", "exit 0")
    write_script(clone / "python3.13", "exit 0")
    python = clone / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.symlink_to(clone / "python3.11")
    shell("write_stamps run")
    assert shell("is_ready run").returncode == 0
    python.unlink()
    python.symlink_to(clone / "python3.13")
    assert shell("is_ready run || is_usable").returncode != 0


def test_the_first_python_that_fits_is_taken(shell: Shell, tools: Path) -> None:
    for name in ("python3", "python3.13"):
        write_script(tools / name, "exit 1")
    write_script(tools / "python3.12", "exit 0")
    assert shell("find_python").stdout == f"{tools}/python3.12\n"


def test_a_python_that_does_not_fit_is_named(shell: Shell, tools: Path) -> None:
    write_script(tools / "python3", "echo Python 3.14.1")
    done = shell("find_python() { :; }; make_venv")
    assert done.returncode == 1
    assert done.stderr == (
        "./run: MLP-SVD needs Python 3.11, 3.12 or 3.13 and found Python 3.14.1; install one of them and try again.\n"
    )


def test_missing_libraries_are_named_and_then_installed(shell: Shell, tmp_path: Path) -> None:
    done = shell('linker_list() { echo "libGL.so.1 (libc6,x86-64) => there"; }; set_up_system run')
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("./run: installing with apt-get: libglib2.0-0 libegl1 ")
    asked = (tmp_path / "apt.log").read_text()
    assert asked.splitlines()[0] == "update -qq"
    assert "--no-install-recommends libglib2.0-0 libegl1 libfontconfig1" in asked
    assert "libgl1" not in asked


def test_the_tests_need_a_screen_and_a_sound_server_of_their_own(shell: Shell) -> None:
    nothing_there = "linker_list() { :; }; has() { return 1; }; alsa_to_pulse() { :; }; any_font() { echo one; }; "
    asked_to_test = shell(nothing_there + "missing_packages test").stdout.split()
    asked_to_run = shell(nothing_there + "missing_packages run").stdout.split()
    only_to_test = ["xvfb", "pulseaudio", "pulseaudio-utils", "libasound2-plugins"]
    assert asked_to_test == [*asked_to_run, *only_to_test]
    assert "libportaudio2" in asked_to_run


@pytest.mark.parametrize("tool", ["pactl", "pacat"])
def test_each_tool_of_the_sound_server_is_looked_for(shell: Shell, tool: str) -> None:
    done = shell(f'has() {{ [ "$1" != {tool} ]; }}; alsa_to_pulse() {{ echo there; }}; missing_test_packages')
    assert done.stdout == "pulseaudio-utils "


def test_without_privileges_the_missing_libraries_are_named(shell: Shell, tools: Path) -> None:
    write_script(tools / "id", "echo 1000")
    write_script(tools / "sudo", "exit 1")
    done = shell("missing_packages() { printf 'libegl1 libportaudio2 '; }; set_up_system run; echo went on")
    assert done.stdout == "went on\n"
    assert "missing, by their names in Debian and Ubuntu: libegl1 libportaudio2." in done.stderr


def test_with_sudo_it_is_used_and_named(shell: Shell, tools: Path, tmp_path: Path) -> None:
    write_script(tools / "id", "echo 1000")
    write_script(tools / "sudo", f'[ "$1" = -n ] && exit 0; echo "sudo $@" >>"{tmp_path}/sudo.log"')
    done = shell("missing_packages() { printf 'libegl1 '; }; set_up_system run")
    assert done.stderr == "./run: installing with sudo apt-get: libegl1\n"
    assert "sudo apt-get update -qq\n" in (tmp_path / "sudo.log").read_text()


def test_where_nothing_is_missing_nothing_is_said(shell: Shell) -> None:
    done = shell("missing_packages() { :; }; set_up_system run")
    assert (done.stdout, done.stderr) == ("", "")
