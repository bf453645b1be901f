"""The Debian package: installed with apt in a clean Debian, used there as a person would, and removed.

Runs where a package was built (``packaging/build deb``, or MLPSVD_DEB names one) and the tools are there: root rights,
debootstrap, Xvfb, xdotool and PulseAudio. MLPSVD_DEBIAN_ROOT names an existing result of debootstrap, which is copied;
otherwise a new one is made, which takes minutes. The tests build on each other, in the order of this file.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
import soundfile
from sound_server import SoundServer

import mlpsvd

pytestmark = pytest.mark.slow

TOOLS = ("debootstrap", "chroot", "mount", "Xvfb", "xdotool", "pulseaudio", "pactl", "pacat")
USER, HOME = 1000, "/srv/user"
DESKTOP = ["desktop-file-utils", "shared-mime-info", "libglib2.0-bin", "man-db"]
"""What a desktop has and a bare Debian has not: the launcher, the database of MIME types, man."""

EXPERIMENT = """\
format_version = 1
name = "Small"
[data.synthetic]
train_per_class = 60
test_per_class = 60
[training]
epochs = 8
"""
"""Written by hand: a package in dist/ may be older than the settings of this clone."""


@pytest.fixture(scope="module")
def package(project_root: Path) -> Path:
    named = os.environ.get("MLPSVD_DEB")
    built = sorted((project_root / "dist").glob("mlpsvd_*.deb"), key=lambda path: path.stat().st_mtime)
    if not named and not built:
        pytest.skip("no package: packaging/build deb makes one")
    return Path(named) if named else built[-1]


class Computer:
    """A clean Debian in a folder, with a display and a user."""

    def __init__(self, root: Path, display: str) -> None:
        self.root = root
        self.variables = {
            "HOME": HOME, "USER": "user", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
            "DISPLAY": display, "XDG_RUNTIME_DIR": f"{HOME}/run",
        }  # fmt: skip

    def command(self, *words: str, as_root: bool = False) -> list[str]:
        user = [] if as_root else [f"--userspec={USER}:{USER}"]
        variables = [f"{name}={value}" for name, value in self.variables.items()]
        return ["chroot", *user, str(self.root), "/usr/bin/env", "-i", "-C", HOME, *variables, *words]

    def run(self, *words: str, as_root: bool = False, timeout_s: float = 300) -> subprocess.CompletedProcess[str]:
        command = self.command(*words, as_root=as_root)
        return subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, stdin=subprocess.DEVNULL)

    def launch(self, *words: str) -> None:
        """Run a launcher; the program that it starts must not hold pipes, which would be waited for."""
        null = subprocess.DEVNULL
        subprocess.run(self.command(*words), check=True, timeout=120, stdin=null, stdout=null, stderr=null)

    def apt(self, *words: str) -> None:
        self.variables["DEBIAN_FRONTEND"] = "noninteractive"
        done = self.run("apt-get", "-y", "-qq", *words, as_root=True, timeout_s=1800)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]

    def file(self, path: str) -> Path:
        """Return the path of a file as seen from outside."""
        return self.root / path.lstrip("/")

    def give_to_user(self) -> None:
        subprocess.run(["chown", "-R", f"{USER}:{USER}", str(self.file(HOME))], check=True)

    def names(self) -> set[str]:
        """Return all files but those of the user, of package managers, and of devices and processes."""
        aside = (
            "srv/",
            "proc/",
            "dev/",
            "sys/",
            "tmp/",
            "run/",
            "var/cache/",
            "var/lib/apt/",
            "var/lib/dpkg/",
            "var/log/",
        )
        found = (path.relative_to(self.root).as_posix() for path in walked(self.root))
        return {name for name in found if not name.startswith(aside)}


def walked(root: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(root):
        if Path(folder) == root:
            folders[:] = [name for name in folders if name not in ("proc", "dev", "sys", "srv", "tmp")]
        yield from (Path(folder) / name for name in (*folders, *files))


def until(holds: Callable[[], object], what: str, seconds: float = 240.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not within {seconds:g} s: {what}"
        time.sleep(0.3)


@pytest.fixture(scope="module")
def computer(package: Path) -> Iterator[Computer]:
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if os.geteuid() != 0 or missing:
        pytest.skip(f"a clean Debian needs root rights and {', '.join(missing) or 'nothing else'}")
    with ExitStack() as stack:
        # Mounted folders must be released before anything is removed.
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mlpsvd-deb-")))
        root = folder / "root"
        clean = os.environ.get("MLPSVD_DEBIAN_ROOT")
        if clean:
            subprocess.run(["cp", "-a", clean, str(root)], check=True)
        else:
            subprocess.run(["debootstrap", "--variant=minbase", "bookworm", str(root)], check=True, capture_output=True)
        for kind, source, place in (("proc", "proc", "proc"), ("tmpfs", "tmpfs", "dev/shm")):
            (root / place).mkdir(parents=True, exist_ok=True)
            subprocess.run(["mount", "-t", kind, source, str(root / place)], check=True)
            stack.callback(subprocess.run, ["umount", "-l", str(root / place)], check=True)
        (root / "dev/shm").chmod(0o1777)
        shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
        shutil.copy(package, root / "var/cache/mlpsvd.deb")
        (root / f"{HOME[1:]}/run").mkdir(parents=True, mode=0o700, exist_ok=True)
        display = stack.enter_context(screen(folder))
        computer = Computer(root, display)
        computer.give_to_user()
        yield computer


class screen:  # noqa: N801 - used like a function
    """A private X server; the value is its display."""

    def __init__(self, folder: Path) -> None:
        self._log = (folder / "xvfb.log").open("wb")

    def __enter__(self) -> str:
        read, write = os.pipe()
        command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1400x900x24", "-nolisten", "tcp"]
        self._process = subprocess.Popen(command, pass_fds=[write], stdout=self._log, stderr=self._log)
        os.close(write)
        with os.fdopen(read) as answer:
            return f":{answer.readline().strip()}"

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()
        self._log.close()


@pytest.fixture(scope="module")
def before(computer: Computer) -> set[str]:
    """The files of the computer before the package is installed, with what a desktop has."""
    computer.apt("update")
    computer.apt("install", "--no-install-recommends", *DESKTOP)
    return computer.names()


def xdotool(computer: Computer, *words: str) -> str:
    environment = {**os.environ, "DISPLAY": computer.variables["DISPLAY"]}
    done = subprocess.run(["xdotool", *words], env=environment, capture_output=True, text=True, timeout=60)
    return done.stdout.strip()


def test_lintian_has_no_objection(package: Path) -> None:
    if shutil.which("lintian") is None:
        pytest.skip("lintian is not installed")
    done = subprocess.run(["lintian", "--fail-on", "error,warning", str(package)], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_apt_installs_it_with_its_dependencies(computer: Computer, before: set[str]) -> None:
    computer.apt("install", "/var/cache/mlpsvd.deb")
    assert {
        "usr/bin/mlpsvd",
        "usr/bin/mlpsvd-gui",
        "usr/share/applications/mlpsvd.desktop",
    } <= computer.names() - before
    for command in ("mlpsvd", "mlpsvd-gui"):
        done = computer.run(command, "--version")
        assert mlpsvd.__version__ in done.stdout, done.stderr
        assert done.stderr == ""
    text = " ".join(computer.run("man", "mlpsvd").stdout.split())
    assert "Train neural networks on acoustic spectra" in text
    checked = computer.run("desktop-file-validate", "/usr/share/applications/mlpsvd.desktop")
    assert (checked.returncode, checked.stdout) == (0, ""), checked.stdout


def test_its_self_test_passes(computer: Computer) -> None:
    done = computer.run("mlpsvd-gui", "--self-test", timeout_s=900)
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 failed" in done.stdout and "Page Record" in done.stdout
    compiled = computer.file(f"{HOME}/.cache/mlpsvd/compiled")
    assert any(list(one.parent.rglob("*.nbc")) for one in compiled.glob("*/seal.json")), (
        "cached where the user may write"
    )
    before = {path: path.stat().st_mtime_ns for path in compiled.rglob("*")}
    assert computer.run("mlpsvd", "train", "--set", "training.epochs=2", "--out", f"{HOME}/two").returncode == 0
    assert {path: path.stat().st_mtime_ns for path in compiled.rglob("*")} == before, "another command loads it"
    assert "installed program" in computer.run("mlpsvd", "doctor").stdout, "why there is no GPU, and what helps"


def test_a_double_click_on_an_experiment_opens_and_trains_it(computer: Computer) -> None:
    computer.file(f"{HOME}/small.toml").write_text(EXPERIMENT, "utf-8")
    computer.give_to_user()
    kind = computer.run("gio", "info", "-a", "standard::content-type", f"{HOME}/small.toml").stdout
    assert "application/vnd.mlpsvd.experiment+toml" in kind
    # What a file manager does: the default program of the type, by its menu entry.
    computer.launch("gio", "open", f"{HOME}/small.toml")
    until(
        lambda: xdotool(computer, "search", "--onlyvisible", "--name", "small.toml"), "the window with the file's name"
    )
    window = xdotool(computer, "search", "--onlyvisible", "--name", "small.toml").split()[0]
    time.sleep(2.0)
    xdotool(computer, "windowfocus", "--sync", window)
    xdotool(computer, "key", "F5")
    until(lambda: models(computer), "a kept run with its models")
    xdotool(computer, "windowfocus", "--sync", window)
    xdotool(computer, "key", "ctrl+q")
    until(lambda: not xdotool(computer, "search", "--onlyvisible", "--name", "MLP-SVD"), "the window is closed")


def models(computer: Computer) -> list[Path]:
    return sorted(computer.file(f"{HOME}/.local/share/mlpsvd/runs").glob("*/model-mlp-svd.safetensors"))


def test_a_broken_file_is_reported_in_the_window(computer: Computer) -> None:
    computer.file(f"{HOME}/broken.toml").write_text("format_version = 99\n")
    computer.give_to_user()
    computer.launch("gio", "launch", "/usr/share/applications/mlpsvd.desktop", f"{HOME}/broken.toml")
    until(lambda: xdotool(computer, "search", "--onlyvisible", "--name", "MLP-SVD"), "the window")
    window = xdotool(computer, "search", "--onlyvisible", "--name", "MLP-SVD").split()[0]
    time.sleep(2.0)
    xdotool(computer, "windowfocus", "--sync", window)
    xdotool(computer, "key", "ctrl+q")
    until(lambda: not xdotool(computer, "search", "--onlyvisible", "--name", "MLP-SVD"), "the window is closed")


def test_a_file_is_classified_with_the_model_of_that_run(computer: Computer) -> None:
    rng = np.random.default_rng(2)
    soundfile.write(computer.file(f"{HOME}/sound.wav"), rng.uniform(-0.2, 0.2, 32000), 16000)
    computer.give_to_user()
    model = "/" + models(computer)[0].relative_to(computer.root).as_posix()
    done = computer.run("mlpsvd", "classify", model, f"{HOME}/sound.wav")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) >= 2 and "Hz" in done.stdout


def test_a_microphone_is_heard(computer: Computer) -> None:
    folder = computer.file("/tmp/sound")
    folder.mkdir(mode=0o777)
    # What the package pulseaudio does on a desktop: the server is ALSA's default.
    settings = computer.file("/etc/alsa/conf.d/99-pulseaudio-default.conf")
    shutil.copy(settings.with_name(settings.name + ".example"), settings)
    server = SoundServer(folder)
    server.start()
    folder.chmod(0o755)  # the server, started by root, has closed it to the user
    try:
        computer.variables["PULSE_SERVER"] = "unix:/tmp/sound/pulse.sock"
        computer.variables["PULSE_COOKIE"] = f"{HOME}/cookie"
        tone = 0.3 * np.sin(2 * np.pi * 600 * np.arange(48000 * 60) / 48000)
        server.play(tone, 48000)
        assert "Monitor of Speaker" in computer.run("mlpsvd", "doctor").stdout
        model = "/" + models(computer)[0].relative_to(computer.root).as_posix()
        done = computer.run("mlpsvd", "listen", model, "--seconds", "2", "--json")
    finally:
        server.kill()
        settings.unlink()
    decisions = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0 and decisions, done.stderr
    levels = [one["rms_dbfs"] for one in decisions if one.get("rms_dbfs") is not None]
    assert levels and max(levels) > -40, decisions[:2]


def test_it_is_removed_without_leftovers(computer: Computer, before: set[str]) -> None:
    computer.apt("purge", "mlpsvd")
    computer.apt("autoremove", "--purge")
    left = computer.names() - before
    assert [name for name in left if "mlpsvd" in name.lower()] == []
    own = [name for name in left if not name.startswith(("etc/", "var/lib/", "usr/lib/x86_64-linux-gnu/"))]
    assert own == []
    assert models(computer), "the user's runs are hers and stay"
