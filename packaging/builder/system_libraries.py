"""The Debian packages whose shared libraries a frozen program needs."""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
from pathlib import Path

__all__ = ["needed_packages", "package_of"]

_ELF = b"\x7fELF"
_LOADER = re.compile(r"(linux-vdso|ld-linux).*\.so")


def needed_packages(folder: Path, setup: Path) -> list[str]:
    """Return the dependencies, in Debian's notation and alphabetical order.

    Parameters
    ----------
    folder
        The frozen program. The libraries that its files are linked to, and that are not in it, come from the system;
        what these are linked to is left to the dependencies of their packages.
    setup
        ``packaging/setup.sh``, which lists the libraries that are loaded at run time by their names.
    """
    files = [path for path in folder.rglob("*") if path.is_file() and _is_elf(path)]
    inside = {path.name for path in files}
    names = {name for path in files for name in _linked(path)} - inside
    packages = {package for name in names if not _LOADER.match(name) for package in [_package(name)]}
    listed = re.search(r"libraries='\n(.*?)'", setup.read_text("utf-8"), re.DOTALL)
    assert listed is not None, setup
    packages |= {line.split()[1] for line in listed[1].strip().splitlines()}
    glibc = max(version for path in files for version in _glibc_versions(path))
    own = [f"libc6 (>= {glibc[0]}.{glibc[1]})"]
    return sorted([*own, *(packages - {"libc6"})])


def _is_elf(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_ELF)) == _ELF


def _linked(path: Path) -> set[str]:
    """Return the names of the libraries that a file is linked to."""
    done = subprocess.run(["objdump", "-p", str(path)], capture_output=True, text=True, check=False)
    return set(re.findall(r"^\s+NEEDED\s+(\S+)", done.stdout, re.MULTILINE))


def _glibc_versions(path: Path) -> list[tuple[int, int]]:
    found = re.findall(rb"GLIBC_2\.(\d+)", path.read_bytes())
    return [(2, int(minor)) for minor in found]


@functools.cache
def _linker_list() -> dict[str, str]:
    """Return the path of each library that the system's linker knows."""
    ldconfig = shutil.which("ldconfig", path="/sbin:/usr/sbin:/usr/bin")
    assert ldconfig is not None
    done = subprocess.run([ldconfig, "-p"], capture_output=True, text=True, check=True)
    return dict(reversed(re.findall(r"^\s+(\S+) \(.*\) => (\S+)$", done.stdout, re.MULTILINE)))


def _package(name: str) -> str:
    """Return the Debian package of a library.

    Raises
    ------
    RuntimeError
        If the system has none: the program would not start on another one either.
    """
    package = package_of(_linker_list().get(name, ""))
    if not package:
        raise RuntimeError(f"{name}, which the program is linked to, belongs to no package of this system")
    return package


@functools.cache
def package_of(path: str) -> str:
    """Return the Debian package that a system's library belongs to; empty if none, or if this is no Debian."""
    if not path.startswith(("/usr/lib/", "/lib")) or shutil.which("dpkg") is None:
        return ""
    # dpkg lists a file below /lib or below /usr/lib, whichever its package names; both are the same folder.
    places = (str(Path(path).resolve()), path)
    below_root = [place.removeprefix("/usr") for place in places]
    for candidate in dict.fromkeys((*places, *below_root, *(f"/usr{place}" for place in below_root))):
        done = subprocess.run(["dpkg", "-S", candidate], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return done.stdout.split(":")[0].split(",")[0].strip()
    return ""
