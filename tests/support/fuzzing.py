"""A seeded fuzzer for readers of files: mutations of bytes, of text and of JSON, and what every reader must keep to.

A test fuzzes a fixed number of mutants, so that it is reproducible. By hand for as long as you like, with others:

    MLPSVD_FUZZ_SECONDS=600 MLPSVD_FUZZ_SEED=7 ./test tests -k fuzz

A reader may accept a mutant or refuse it with an error of :mod:`mlpsvd.errors`. Every other exception, every warning,
a message that is long or has several lines, a mutant that takes long or much memory fails the test. The failure names
seed and number of the mutant, and where it was saved.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import struct
import tempfile
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from mlpsvd.errors import MlpSvdError

Mutate = Callable[[random.Random, bytes], bytes]

_HANGS_S = 60.0
_DEEP = "@@deeply nested@@"
_HOSTILE_NUMBERS = ("-1", "0", "1", "-0.0", "1e308", "1e-320", "-1e999", "nan", "inf", "2147483648", "4294967295",
                    "9223372036854775808", "1" + "0" * 400, "0.5", "3e9")  # fmt: skip
_HOSTILE_TEXTS = ("", " ", "x" * 3000, "two\nlines\r\n", "\x1b[31mred\x07", "../../../../escaped", "/etc/passwd", "NUL",
                  "=cmd|' /C calc'!A0", "<b>x</b>", "a\u202egnp.exe", "e\u0301", "\ufeff", "C:\\Windows",
                  ".", "..", "\0", "🙂")  # fmt: skip
_HOSTILE_VALUES: tuple[Any, ...] = (
    None, True, False, -1, 0, 1, 0.5, 1e308, -1e-320, float("nan"), float("inf"), 2**31, 2**63, -(2**63), 10**400,
    [], {}, [[]], {"": None}, [None] * 50, _DEEP, *_HOSTILE_TEXTS,
)  # fmt: skip


@dataclass(frozen=True)
class Limits:
    """Limits of time and memory for one mutant.

    Attributes
    ----------
    seconds
        Processor time of this process.
    megabytes
        Growth of the largest resident memory so far.
    characters
        Length of a message, the path in it included.
    """

    seconds: float = 5.0
    megabytes: float = 400.0
    characters: int = 700


@dataclass
class Outcome:
    """How many mutants were accepted, and how many refused with each message's beginning."""

    n_accepted: int = 0
    refused: Counter[str] = field(default_factory=Counter)


def fuzz(
    seeds: Sequence[bytes],
    mutate: Mutate,
    read: Callable[[bytes], object],
    *,
    n_cases: int,
    refusals: tuple[type[BaseException], ...] = (MlpSvdError,),
    limits: Limits | None = None,
) -> Outcome:
    """Let a reader read mutants, and fail the test at the first that it does not take or refuse as it should.

    Parameters
    ----------
    seeds
        Good files.
    mutate
        Makes a mutant of one of them, e.g. :func:`mutate_bytes`; :func:`either` joins several.
    read
        Reads one mutant, see also :func:`reading_from`.
    n_cases
        How many mutants a plain test run reads; aim at ten seconds or less.
    refusals
        Which exceptions are a proper refusal.
    limits
        What one mutant may take.
    """
    limits, outcome = limits or Limits(), Outcome()
    seed = os.environ.get("MLPSVD_FUZZ_SEED", "1")
    for number in _numbers(n_cases):
        generator = random.Random(f"{seed}:{number}")
        mutant = mutate(generator, generator.choice(seeds))
        with _reported(mutant, f"seed {seed}, mutant {number}"):
            _read_one(read, mutant, refusals, limits, outcome)
    return outcome


def reading_from(path: Path, read: Callable[[Path], object]) -> Callable[[bytes], object]:
    """Return a reader of bytes from a reader of a file, which is written to ``path`` each time."""

    def read_written(data: bytes) -> object:
        path.write_bytes(data)
        return read(path)

    return read_written


def either(*mutations: Mutate) -> Mutate:
    """Return a mutation that applies one of several at random."""
    return lambda generator, data: generator.choice(mutations)(generator, data)


def mutate_bytes(generator: random.Random, data: bytes) -> bytes:
    """Flip, overwrite, cut, repeat, insert or move some bytes; mostly near the start, where headers are."""
    mutant = bytearray(data)
    for _ in range(generator.choice((1, 1, 2, 3, 8))):
        if not mutant:
            return generator.randbytes(generator.randrange(64))
        at = _place(generator, len(mutant))
        length = min(generator.choice((1, 1, 2, 4, 4, 8, 64, 1024)), len(mutant) - at)
        kind = generator.randrange(7)
        if kind == 0:
            mutant[at] ^= 1 << generator.randrange(8)
        elif kind == 1:
            mutant[at : at + length] = generator.randbytes(length)
        elif kind == 2:
            mutant[at : at + 4] = _interesting_integer(generator)[: len(mutant) - at]
        elif kind == 3:
            del mutant[at : at + length]
        elif kind == 4:
            mutant[at:at] = mutant[at : at + length] * generator.choice((1, 2, 30))
        elif kind == 5:
            to = _place(generator, len(mutant))
            mutant[to : to + length] = mutant[at : at + length]
        else:
            del mutant[at if generator.random() < 0.5 else generator.randrange(len(mutant)) :]
    return bytes(mutant)


def mutate_text(generator: random.Random, data: bytes) -> bytes:
    """Change numbers, quoted texts, words and lines of a text (CSV, TOML, a microphone correction), or its encoding."""
    text = data.decode("utf-8", errors="replace")
    for _ in range(generator.choice((1, 1, 2, 4))):
        text = generator.choice((_other_number, _other_text, _other_line, _other_separator, _other_word))(
            generator, text
        )
    encoding = generator.choice(("utf-8",) * 8 + ("utf-16", "latin-1", "utf-8-sig", "utf-16-le"))
    return text.encode(encoding, errors="replace")


def mutate_json(generator: random.Random, data: bytes) -> bytes:
    """Change values, names and structure of a JSON document; now and then its bytes."""
    if generator.random() < 0.1:
        return mutate_bytes(generator, data)
    value = json.loads(data)
    for _ in range(generator.choice((1, 1, 1, 2, 4))):
        value = _changed(generator, value)
    return _dumped(value)


def mutate_json_lines(generator: random.Random, data: bytes) -> bytes:
    """Change one line of a file with a JSON document a line (a journal), or the lines themselves."""
    lines = data.splitlines(keepends=True)
    if not lines or generator.random() < 0.2:
        return mutate_bytes(generator, data)
    at = generator.randrange(len(lines))
    if generator.random() < 0.2:
        other = lines[generator.randrange(len(lines))]
        lines[at:at] = [other]
    else:
        lines[at] = mutate_json(generator, lines[at].rstrip() or b"{}") + b"\n"
    return b"".join(lines)


def mutate_safetensors(generator: random.Random, data: bytes) -> bytes:
    """Change the JSON header of a safetensors file (its length fits again), or any bytes."""
    if generator.random() < 0.25:
        return mutate_bytes(generator, data)
    (length,) = struct.unpack("<Q", data[:8])
    header = mutate_json(generator, data[8 : 8 + length])
    return struct.pack("<Q", len(header)) + header + data[8 + length :]


def _numbers(n_cases: int) -> Iterator[int]:
    """Yield the numbers of the mutants: a fixed count, or as many as fit into the requested time."""
    seconds = float(os.environ.get("MLPSVD_FUZZ_SECONDS", "0"))
    began, number = time.monotonic(), 0
    while number < n_cases or time.monotonic() - began < seconds:
        yield number
        number += 1


def _read_one(
    read: Callable[[bytes], object],
    mutant: bytes,
    refusals: tuple[type[BaseException], ...],
    limits: Limits,
    outcome: Outcome,
) -> None:
    began_s, began_mb = time.process_time(), _peak_megabytes()
    with warnings.catch_warnings(), _interrupted_after(_HANGS_S):
        warnings.simplefilter("error")
        try:
            read(mutant)
        except refusals as error:
            message = str(error)
            outcome.refused[message[:40]] += 1
            assert message.isprintable() and message.strip(), f"not one line of text: {message[:500]!r}"
            assert len(message) <= limits.characters, f"{len(message)} characters: {message[:500]!r}"
        else:
            outcome.n_accepted += 1
    took_s, took_mb = time.process_time() - began_s, _peak_megabytes() - began_mb
    assert took_s <= limits.seconds, f"it took {took_s:.1f} s"
    assert took_mb <= limits.megabytes, f"it took {took_mb:.0f} MB"


@contextmanager
def _reported(mutant: bytes, which: str) -> Iterator[None]:
    """Say which mutant failed, and keep it."""
    try:
        yield
    except Exception as error:
        with tempfile.NamedTemporaryFile(prefix="mutant-", delete=False) as file:
            file.write(mutant)
        pytest.fail(f"{which}, saved as {file.name}: {type(error).__name__}: {str(error)[:800]}")


@contextmanager
def _interrupted_after(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in the main thread after some time, where the system can."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, frame: object) -> None:
        raise TimeoutError(f"it hangs: nothing came back within {seconds:g} s")

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _peak_megabytes() -> float:
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _place(generator: random.Random, length: int) -> int:
    """Return a place, half of the time in the first hundred bytes."""
    return generator.randrange(min(length, 100) if generator.random() < 0.5 else length)


def _interesting_integer(generator: random.Random) -> bytes:
    value = generator.choice((0, 1, 7, 36, 255, 256, 32767, 65535, 2**24, 2**31 - 1, 2**31, 2**32 - 2, 2**32 - 1))
    return struct.pack(generator.choice(("<I", ">I")), value)


def _replaced(generator: random.Random, text: str, pattern: str, replacements: Sequence[str]) -> str:
    found = list(re.finditer(pattern, text))
    if not found:
        return text
    one = generator.choice(found)
    return text[: one.start()] + generator.choice(replacements) + text[one.end() :]


def _other_number(generator: random.Random, text: str) -> str:
    return _replaced(generator, text, r"[-+]?\d+(\.\d+)?", _HOSTILE_NUMBERS)


def _other_text(generator: random.Random, text: str) -> str:
    quote = generator.choice(('"', "'", '"""', ""))
    return _replaced(generator, text, r'"[^"\n]*"', [f"{quote}{one}{quote}" for one in _HOSTILE_TEXTS])


def _other_word(generator: random.Random, text: str) -> str:
    brackets = ("[" * 500, "[" * 500 + "]" * 500, "{a=" * 300, ".".join("a" * 300), "[[a]]", "true", '"' * 200)
    return _replaced(generator, text, r"\w+", (*_HOSTILE_TEXTS, *_HOSTILE_NUMBERS, *brackets))


def _other_separator(generator: random.Random, text: str) -> str:
    separators = (",", ";", "\t", " ", "\n", "\r", "=", '"', ",,,,", "", "\0", "\x0b")
    return _replaced(generator, text, r"[,;\t\n=\"]", separators)


def _other_line(generator: random.Random, text: str) -> str:
    lines = text.splitlines(keepends=True) or [""]
    at, other = generator.randrange(len(lines)), generator.choice(lines)
    kind = generator.randrange(5)
    if kind == 0:
        del lines[at]
    elif kind == 1:
        lines[at] = other
    elif kind == 2:
        lines[at:at] = [other] * generator.choice((1, 2, 200))
    elif kind == 3:
        lines[at:at] = [generator.choice(("\n", "sep=;\n", "#\n", "x" * 2000 + "\n", '"\n', "," * 500 + "\n"))]
    else:
        lines[at] = lines[at][: generator.randrange(len(lines[at]) + 1)]
    return "".join(lines)


def _changed(generator: random.Random, value: Any) -> Any:
    """Return a copy of a JSON value with one change somewhere in it."""
    if isinstance(value, dict) and value and generator.random() < 0.9:
        return _changed_table(generator, value)
    if isinstance(value, list) and value and generator.random() < 0.9:
        return _changed_list(generator, value)
    if isinstance(value, str) and value.startswith(("{", "[")) and generator.random() < 0.9:
        return _changed_text(generator, value)
    if type(value) is int and abs(value) < 2**63 and generator.random() < 0.4:
        return generator.choice((value + 1, value - 1, -value, value * 2, value * 1_000_003, value + 0.5, str(value)))
    return generator.choice(_HOSTILE_VALUES)


def _changed_table(generator: random.Random, table: dict[str, Any]) -> dict[str, Any]:
    table, name = dict(table), generator.choice(list(table))
    kind = generator.random()
    if kind < 0.1:
        del table[name]
    elif kind < 0.15:
        table[generator.choice(_HOSTILE_TEXTS)] = table.pop(name)
    elif kind < 0.25:
        table[name] = table[generator.choice(list(table))]
    else:
        table[name] = _changed(generator, table[name])
    return table


def _changed_list(generator: random.Random, entries: list[Any]) -> list[Any]:
    entries, at = list(entries), generator.randrange(len(entries))
    kind = generator.random()
    if kind < 0.1:
        del entries[at]
    elif kind < 0.2:
        entries[at:at] = [entries[generator.randrange(len(entries))]]
    elif kind < 0.25:
        entries[at] = entries[generator.randrange(len(entries))]
    else:
        entries[at] = _changed(generator, entries[at])
    return entries


def _changed_text(generator: random.Random, text: str) -> str:
    """Change JSON inside a text, as in the metadata of a safetensors file."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):  # changed before
        return text
    return _dumped(_changed(generator, value)).decode()


def _dumped(value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=False)
    return text.replace(json.dumps(_DEEP), "[" * 3000 + "]" * 3000).encode("utf-8", errors="surrogatepass")
