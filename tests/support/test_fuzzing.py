"""The fuzzer finds planted faults, and its mutants are reproducible."""

from __future__ import annotations

import json
import random
import struct
import time
import warnings

import pytest
from fuzzing import (
    Limits,
    fuzz,
    mutate_bytes,
    mutate_json,
    mutate_json_lines,
    mutate_safetensors,
    mutate_text,
)

from mlpsvd.errors import FileFormatError

GOOD = json.dumps({"version": 1, "name": "a", "list": [1, 2, 3], "inner": json.dumps({"rank": 3})}).encode()
HEADER = json.dumps({"__metadata__": {"mlpsvd": GOOD.decode()}}).encode()
TENSORS = struct.pack("<Q", len(HEADER)) + HEADER + bytes(16)


def wrong_type(data: bytes) -> None:
    raise KeyError("version")


class AsWrittenError(FileFormatError):
    """An error that does not shorten its message, as those of the core do by themselves."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self._message = message

    def __str__(self) -> str:
        return self._message


def several_lines(data: bytes) -> None:
    raise AsWrittenError("two\nlines")


def long_message(data: bytes) -> None:
    raise AsWrittenError("x" * 5000)


def warning(data: bytes) -> None:
    warnings.warn("overflow", RuntimeWarning, stacklevel=1)


def slow(data: bytes) -> None:
    began = time.process_time()
    while time.process_time() - began < 0.05:
        pass


@pytest.mark.parametrize(
    ("reader", "what"),
    [(wrong_type, "KeyError"), (several_lines, "not one line"), (long_message, "5000 characters"),
     (warning, "overflow"), (slow, "it took")],
)  # fmt: skip
def test_what_a_reader_must_not_do_fails_with_the_number_of_the_mutant(reader: object, what: str) -> None:
    with pytest.raises(pytest.fail.Exception, match=f"seed 1, mutant 0, saved as .*{what}"):
        fuzz([GOOD], mutate_bytes, reader, n_cases=1, limits=Limits(seconds=0.02))  # type: ignore[arg-type]


def test_what_is_accepted_and_what_is_refused_is_counted() -> None:
    def read(data: bytes) -> None:
        if len(data) % 2:
            raise FileFormatError("its length is odd")

    outcome = fuzz([GOOD], mutate_bytes, read, n_cases=100)
    assert outcome.n_accepted + outcome.refused.total() == 100
    assert outcome.n_accepted and set(outcome.refused) == {"its length is odd"}


@pytest.mark.parametrize(
    ("mutate", "good"),
    [(mutate_bytes, GOOD), (mutate_text, b'seed = 3\nname = "a"\n'), (mutate_json, GOOD),
     (mutate_json_lines, GOOD + b"\n" + GOOD + b"\n"), (mutate_safetensors, TENSORS)],
)  # fmt: skip
def test_mutants_differ_from_one_another_and_are_the_same_again(mutate: object, good: bytes) -> None:
    mutants = [mutate(random.Random(f"1:{number}"), good) for number in range(300)]  # type: ignore[operator]
    assert len(set(mutants)) > 100
    assert sum(mutant != good for mutant in mutants) > 250
    assert mutants == [mutate(random.Random(f"1:{number}"), good) for number in range(300)]  # type: ignore[operator]


def test_most_mutants_of_a_safetensors_file_have_a_header_of_the_right_length() -> None:
    mutants = [mutate_safetensors(random.Random(f"1:{number}"), TENSORS) for number in range(300)]
    fitting = [one for one in mutants if len(one) > 24 and 8 + struct.unpack("<Q", one[:8])[0] == len(one) - 16]
    assert len(fitting) > 150
    inner = {text for one in fitting if (text := _metadata(one[8:-16])) is not None}
    assert len(inner) > 20


def _metadata(header: bytes) -> str | None:
    try:
        text = json.loads(header)["__metadata__"]["mlpsvd"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return text if isinstance(text, str) else None
