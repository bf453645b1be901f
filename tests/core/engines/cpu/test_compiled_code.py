"""Compiled code on disk: only undamaged code of this user is loaded; other code is replaced."""

from __future__ import annotations

import inspect
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from mlpsvd.engines.choice import choose
from mlpsvd.engines.cpu import compiled_code, warm_up
from mlpsvd.errors import EngineError

TRAIN = ["-m", "mlpsvd", "train", "--quiet", "--set", "training.epochs=1", "--set", "discarding.points=0",
         "--set", "data.synthetic.train_per_class=5", "--set", "data.synthetic.test_per_class=5"]  # fmt: skip
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


@dataclass(frozen=True)
class Healed:
    """A folder of damaged code after a training, and what the training printed."""

    environment: dict[str, str]
    folder: Path
    out: str
    received: str


@pytest.fixture(scope="module")
def healed(tmp_path_factory: pytest.TempPathFactory) -> Healed:
    """Damaged code in the place of this machine's, where there is none yet, so that it is compiled only once."""
    cache, name = compiled_code.cache_folder(), compiled_code._key()
    environment, scratch = dict(os.environ), tmp_path_factory.mktemp("healed")
    if compiled_code.is_ready():
        shutil.copytree(cache / name, scratch / "mlpsvd-compiled" / name)
        environment["NUMBA_CACHE_DIR"], cache = str(scratch), scratch / "mlpsvd-compiled"
        DAMAGE["code is garbage"](cache / name)
    else:
        (cache / name).mkdir(exist_ok=True)
        (cache / name / "kernels.run_epoch-1.nbc").write_bytes(os.urandom(1000))
        (cache / name / "seal.json").write_text(json.dumps({"kernels.run_epoch-1.nbc": 64 * "0"}))
    return Healed(environment, cache / name, *trained(environment, cwd=scratch))


@pytest.fixture(scope="module")
def good(healed: Healed) -> Path:
    """The folder that this machine's compiled code is in."""
    warm_up.require_compiled()
    return compiled_code.cache_folder() / compiled_code._key()


@pytest.fixture
def copy(good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the compiled code, used by this process."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(warm_up, "_problems", [])
    shutil.copytree(good, tmp_path / "mlpsvd-compiled" / good.name)
    assert compiled_code.is_ready()
    return tmp_path / "mlpsvd-compiled" / good.name


def file_of(folder: Path, pattern: str) -> Path:
    return next(folder.rglob(pattern))


def written(pattern: str, change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    def damage(folder: Path) -> None:
        path = file_of(folder, pattern)
        path.write_bytes(change(path.read_bytes()))

    return damage


def folder_in_place(folder: Path) -> None:
    path = file_of(folder, "*run_epoch*.nbc")
    path.unlink()
    path.mkdir()


def link_in_place(folder: Path) -> None:
    path = file_of(folder, "*run_epoch*.nbc")
    shutil.copy(path, folder.parent / "elsewhere.nbc")
    path.unlink()
    path.symlink_to(folder.parent / "elsewhere.nbc")


def pipe_in_place(folder: Path) -> None:
    path = file_of(folder, "*run_epoch*.nbi")
    path.unlink()
    os.mkfifo(path)


def file_in_place_of_the_folder(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_bytes(b"x")


def link_in_place_of_the_folder(folder: Path) -> None:
    folder.rename(folder.with_name("elsewhere"))
    folder.symlink_to("elsewhere")


def planted(_: bytes) -> bytes:
    """Bytes that make a folder when they are unpickled."""
    return b"cos\nmkdir\n(S'" + os.environ["PLANTED"].encode() + b"'\ntR."


def emptied(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


def sealed_without_code(folder: Path) -> None:
    emptied(folder)
    (folder / "seal.json").write_text("{}")


DAMAGE: dict[str, Callable[[Path], object]] = {
    "index truncated": written("*run_epoch*.nbi", lambda data: data[:100]),
    "index empty": written("*run_epoch*.nbi", lambda data: b""),
    "index zeroed": written("*run_epoch*.nbi", lambda data: bytes(len(data))),
    "index is garbage": written("*run_epoch*.nbi", lambda data: os.urandom(len(data))),
    "index is text": written("*run_epoch*.nbi", lambda data: b"<html>quota exceeded</html>"),
    "index is pickled junk": written("*run_epoch*.nbi", lambda data: b"(dp0\n."),
    "index of another function": written("*_shuffle*.nbi", lambda data: data.replace(b"shuffle", b"shuffel")),
    "index runs a command": written("*evaluate*.nbi", planted),
    "code truncated": written("*run_epoch*.nbc", lambda data: data[: len(data) // 2]),
    "code empty": written("*run_epoch*.nbc", lambda data: b""),
    "code zeroed": written("*run_epoch*.nbc", lambda data: bytes(len(data))),
    "code is garbage": written("*evaluate*.nbc", lambda data: os.urandom(len(data))),
    "code is pickled junk": written("*evaluate*.nbc", lambda data: b"(I1\nI2\nt."),
    "code runs a command": written("*evaluate*.nbc", planted),
    "code with one bit flipped": written("*run_epoch*.nbc", lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:]),
    "code with more behind it": written("*run_epoch*.nbc", lambda data: data + b"x"),
    "code is missing": lambda folder: file_of(folder, "*run_epoch*.nbc").unlink(),
    "one file too many": lambda folder: (folder / "sitecustomize.py").write_text("print('run')"),
    "a folder in place of a file": folder_in_place,
    "a link in place of a file": link_in_place,
    "a named pipe in place of a file": pipe_in_place,
    "seal missing": lambda folder: (folder / "seal.json").unlink(),
    "seal empty": written("seal.json", lambda data: b""),
    "seal of something else": written("seal.json", lambda data: b'{"a": 1}'),
    "seal nested": written("seal.json", lambda data: b"[" * 100_000),
    "everything missing": emptied,
    "sealed without code": sealed_without_code,
    "a file in place of the folder": file_in_place_of_the_folder,
    "a link in place of the folder": link_in_place_of_the_folder,
    "a folder that cannot be written": lambda folder: file_of(folder, "cpu_*").chmod(0o500),
}  # fmt: skip
if hasattr(os, "geteuid") and os.geteuid() == 0:
    DAMAGE["a file of somebody else"] = lambda folder: os.chown(file_of(folder, "*.nbi"), 65534, 65534)
    DAMAGE["a folder of somebody else"] = lambda folder: os.chown(folder, 65534, 65534)


@pytest.mark.parametrize("kind", list(DAMAGE))
def test_damaged_code_is_not_loaded_and_is_replaced(kind: str, copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANTED", str(copy.parent / "planted"))
    DAMAGE[kind](copy)
    assert not compiled_code.is_ready()
    assert not warm_up.is_compiled()
    opened = compiled_code._opened.__wrapped__()
    assert opened is not None and opened.name.startswith("new-") and not list(opened.iterdir())
    assert not os.path.lexists(copy), "the damaged one is gone"
    assert not (copy.parent / "planted").exists(), "nothing of it was unpickled"


def test_what_is_undamaged_is_loaded(copy: Path) -> None:
    assert compiled_code._opened.__wrapped__() == copy


def test_a_folder_that_others_may_write_is_closed_to_them(copy: Path) -> None:
    copy.parent.chmod(0o777)
    assert compiled_code.is_ready()
    assert stat.S_IMODE(copy.parent.stat().st_mode) == 0o700


def test_sealed_code_takes_its_name_and_a_second_one_gives_way(
    copy: Path, good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(copy)
    for _ in range(2):
        new = copy.parent / "new-1"
        shutil.copytree(good, new)
        (new / "seal.json").unlink()
        monkeypatch.setattr(compiled_code, "_opened", lambda new=new: new)
        compiled_code.seal()
        assert compiled_code.is_ready()


def test_what_old_versions_and_killed_processes_left_is_removed(
    copy: Path, good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(copy)
    ages = {"new-killed": 2, "old-killed": 2, "new-now": 0, "other-version": 100, "younger-version": 50}
    for name, days in ages.items():
        (copy.parent / name).mkdir()
        at = (copy.parent / name).stat().st_mtime - days * 86_400
        os.utime(copy.parent / name, (at, at))
    new = copy.parent / "new-mine"
    shutil.copytree(good, new)
    monkeypatch.setattr(compiled_code, "_opened", lambda: new)
    compiled_code.seal()
    assert {path.name for path in copy.parent.iterdir()} == {"new-now", "younger-version", copy.name}


def test_a_second_process_waits_while_the_first_compiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    has_turn, may_end = threading.Event(), threading.Event()

    def second() -> None:
        with warm_up.turn_to_compile():
            has_turn.set()
            may_end.wait(30)

    thread = threading.Thread(target=second)
    with warm_up.turn_to_compile():
        thread.start()
        assert not has_turn.wait(0.5)
    assert has_turn.wait(30)
    may_end.set()
    thread.join(30)


def not_a_folder(folder: Path) -> None:
    (folder / "mlpsvd-compiled").write_bytes(b"x")


def a_link(folder: Path) -> None:
    (folder / "elsewhere").mkdir()
    (folder / "mlpsvd-compiled").symlink_to("elsewhere")


def of_somebody_else(folder: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder away")
    (folder / "mlpsvd-compiled").mkdir()
    os.chown(folder / "mlpsvd-compiled", 65534, 65534)


@pytest.mark.parametrize("spoil", [not_a_folder, a_link, of_somebody_else])
def test_without_a_folder_of_ones_own_the_reference_engine_serves(
    spoil: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(warm_up, "_problems", [])
    spoil(tmp_path)
    with pytest.raises(EngineError, match="set NUMBA_CACHE_DIR to a folder that only you can write to"):
        compiled_code.is_ready()
    assert warm_up.is_compiled(), "there is nothing to wait for"
    for asked in ("auto", "fused"):
        engine, note = choose(asked, "float32")
        assert "reference" in engine.description
        assert "cannot store its compiled code" in note and note.endswith("the reference engine is used instead")
        assert note.count(". ") == 0 and "\n" not in note
    assert "the fused engine cannot store its compiled code" in warm_up.engine_report()


def trained(environment: dict[str, str], *before: str, cwd: Path) -> tuple[str, str]:
    done = subprocess.run(
        [*before, sys.executable, *TRAIN], env=environment, cwd=cwd, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout, done.stderr


BROKEN_NUMBAS = {
    "raise ImportError('Numba needs NumPy 2.5 or less. Got NumPy 9.0.')": "Numba needs NumPy 2.5 or less",
    "import os, signal; os.kill(os.getpid(), signal.SIGILL)": "the compiler was terminated by SIGILL",
    "njit = config = None": "cannot be compiled here",
}


@pytest.mark.slow
@pytest.mark.parametrize("source", list(BROKEN_NUMBAS))
def test_a_numba_that_does_not_work_here_is_one_sentence(source: str, tmp_path: Path) -> None:
    (tmp_path / "numba").mkdir()
    (tmp_path / "numba" / "__init__.py").write_text(source)
    environment = os.environ | {"PYTHONPATH": str(tmp_path), "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    out, received = trained(environment, cwd=tmp_path)
    assert "reference engine" in out
    notes = [line for line in received.splitlines() if "engine" in line and "note: " in line]
    assert len(notes) == 1 and BROKEN_NUMBAS[source] in notes[0]
    assert notes[0].endswith("the reference engine is used instead")


@pytest.mark.slow
def test_a_user_without_a_home_trains_with_the_reference_engine() -> None:
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("only root can become somebody else")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "NUMBA_"))}
    probe = subprocess.run([*NOBODY, sys.executable, "-c", "import mlpsvd"], cwd="/", capture_output=True)
    if probe.returncode:
        pytest.skip("the program lies where nobody else may read it")
    with tempfile.TemporaryDirectory(prefix="mlpsvd-") as open_to_all:
        Path(open_to_all).chmod(0o777)
        environment |= {"HOME": "/nonexistent", "XDG_DATA_HOME": open_to_all}
        out, received = trained(environment, *NOBODY, cwd=Path("/"))
        assert "reference engine" in out
        assert "cannot store its compiled code in /nonexistent/.cache/mlpsvd/compiled" in received
        (Path(open_to_all) / "cache").mkdir(mode=0o755)
        environment |= {"NUMBA_CACHE_DIR": f"{open_to_all}/cache"}
        out, received = trained(environment, *NOBODY, cwd=Path("/"))
        assert "reference engine" in out and "Permission denied" in received


@pytest.mark.slow
def test_damage_heals_by_compiling_again_in_another_process(healed: Healed) -> None:
    """One of the kinds above, end to end: the program trains with the fused engine, and the code is sound again."""
    assert "fused engine" in healed.out and "compiling the fused engine" in healed.received
    assert "reference" not in healed.received
    assert compiled_code._is_sealed(healed.folder)
    program = (
        "from mlpsvd.engines.choice import fused_engine\n"
        "fused_engine()\n"
        "from mlpsvd.engines.cpu import kernels\n"
        "stats = kernels.run_epoch.compiled.stats\n"
        "print(sum(stats.cache_hits.values()), sum(stats.cache_misses.values()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=healed.environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["1", "0"], "loaded, not compiled"


def test_a_function_of_the_frozen_program_has_a_source_that_numba_finds() -> None:
    def twice(number: int) -> int:
        return 2 * number

    twice.__code__ = twice.__code__.replace(co_filename="mlpsvd/engines/cpu/activations.py")
    compiled_code._name_source(twice)
    source = Path(inspect.getfile(twice))
    assert source.is_absolute() and source.is_file()
    assert twice(4) == 8
