"""Which engine serves, and why not the fused one; compiling itself is tested in test_compiled_code.py."""

from __future__ import annotations

import pytest

from mlpsvd.engines.choice import choose
from mlpsvd.engines.cpu import compiled_code, warm_up
from mlpsvd.engines.cpu.engine import FusedEngine

PROBLEM = "The fused engine cannot be compiled here (no reason)"


def test_report_names_the_engine_that_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm_up, "is_compiled", lambda: True)
    assert warm_up.engine_report().startswith("fused engine")
    monkeypatch.setattr(warm_up, "is_compiled", lambda: False)
    assert "compile" in warm_up.engine_report()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert warm_up.engine_report().startswith("reference engine, because Numba is not installed")


def test_report_says_why_the_reference_engine_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm_up, "_problems", [PROBLEM])
    assert warm_up.is_compiled(), "there is nothing to wait for"
    assert warm_up.engine_report() == f"reference engine, because {PROBLEM.replace('The', 'the')}"
    for asked in ("auto", "fused"):
        engine, note = choose(asked, "float32")
        assert "reference" in engine.description
        assert note == f"{PROBLEM}; the reference engine is used instead"
    assert choose("auto", "float64")[1] == "", "float64 is what was asked for"


def test_what_cannot_be_loaded_is_said_once_and_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def fail(self: FusedEngine) -> None:
        tried.append(1)
        raise RuntimeError("LLVM ERROR: out of registers\nmore")

    monkeypatch.setattr(warm_up, "_problems", [])
    monkeypatch.setattr(compiled_code, "discard", lambda: None)
    monkeypatch.setattr(FusedEngine, "__init__", fail)
    for _ in range(2):
        _, note = choose("auto", "float32")
        what = "RuntimeError: LLVM ERROR: out of registers"
        assert note == f"The fused engine cannot be loaded here ({what}); the reference engine is used instead"
    assert tried == [1]
