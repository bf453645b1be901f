"""Verdicts: exact thresholds, and the hold time of a class."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpsvd.classification.live.pipeline import judge
from mlpsvd.classification.live.settings import LiveSettings
from mlpsvd.classification.live.smoothing import Smoothed
from mlpsvd.classification.live.verdict import QUIET, Hold, Verdict, VerdictKind

NAMES = ("a", "b")
UNKNOWN = Verdict(VerdictKind.UNKNOWN, "unknown", 0.4)


def of_class(name: str, probability: float = 0.9) -> Verdict:
    return Verdict(VerdictKind.CLASS, name, probability)


def judged(probability: float, distance: float, below: float = 0.0, beyond: float = 0.0) -> VerdictKind:
    smoothed = Smoothed(np.array([1.0 - probability, probability]), 1)
    verdict = judge(smoothed, distance, NAMES, LiveSettings(unknown_below=below, unknown_beyond=beyond))
    assert verdict.label == ("b" if verdict.kind is VerdictKind.CLASS else "unknown")
    assert math.isnan(verdict.probability) if math.isnan(probability) else verdict.probability == probability
    return verdict.kind


def test_zero_turns_both_thresholds_off() -> None:
    assert judged(0.0, math.inf) is VerdictKind.CLASS


def test_a_class_on_the_threshold_is_still_known() -> None:
    assert judged(0.75, math.nan, below=0.75) is VerdictKind.CLASS
    assert judged(0.7499, math.nan, below=0.75) is VerdictKind.UNKNOWN
    assert judged(1.0, 2.0, beyond=2.0) is VerdictKind.CLASS
    assert judged(1.0, 2.001, beyond=2.0) is VerdictKind.UNKNOWN
    assert judged(1.0, math.inf, beyond=1000.0) is VerdictKind.UNKNOWN


def test_an_unknown_distance_does_not_reject_a_class() -> None:
    assert judged(1.0, math.nan, beyond=0.1) is VerdictKind.CLASS
    assert judged(math.nan, math.nan) is VerdictKind.UNKNOWN


verdicts = st.lists(st.sampled_from([of_class("a"), of_class("b"), of_class("quiet"), UNKNOWN, QUIET]), max_size=60)


@given(verdicts, st.floats(0.0, 5.0), st.sampled_from([0.3, 0.075, 0.01]))
def test_a_class_never_stays_shorter_than_asked(found: list[Verdict], hold_s: float, hop_s: float) -> None:
    hold = Hold()
    ends_s = [0.3 + index * hop_s for index in range(len(found))]
    shown = [hold.show(verdict, end_s, hold_s) for verdict, end_s in zip(found, ends_s, strict=True)]
    since_s = 0.0
    for index, verdict in enumerate(shown):
        if index == 0 or _text(verdict) != _text(shown[index - 1]):
            if index > 0 and shown[index - 1].kind is VerdictKind.CLASS:
                assert ends_s[index] - since_s >= hold_s - 1e-6
            since_s = ends_s[index]
        # What is shown is what was decided, unless a class is held.
        assert _text(verdict) == _text(found[index]) or (
            verdict.kind is VerdictKind.CLASS and ends_s[index] - since_s < hold_s
        )


@given(verdicts)
def test_without_a_hold_every_verdict_is_shown(found: list[Verdict]) -> None:
    hold = Hold()
    assert [hold.show(verdict, 0.3 * index, 0.0) for index, verdict in enumerate(found)] == found


def test_quiet_and_unknown_make_way_at_once_and_a_class_does_not() -> None:
    hold = Hold()
    found = [QUIET, UNKNOWN, of_class("a"), QUIET, of_class("b"), of_class("b", 0.8), QUIET]
    shown = [hold.show(verdict, 0.3 * index, 0.75) for index, verdict in enumerate(found)]
    assert [one.label for one in shown] == ["quiet", "unknown", "a", "a", "a", "b", "b"]
    assert shown[5].probability == 0.8


def test_a_held_class_keeps_its_start_and_updates_its_probability() -> None:
    hold = Hold()
    assert hold.show(of_class("a", 0.6), 0.0, 1.0).probability == 0.6
    assert hold.show(of_class("a", 0.9), 0.6, 1.0).probability == 0.9
    assert hold.show(of_class("b", 0.7), 0.9, 1.0) == of_class("a", 0.9)
    assert hold.show(of_class("b", 0.7), 1.0, 1.0) == of_class("b", 0.7)


def test_a_reset_hold_keeps_no_class() -> None:
    hold = Hold()
    hold.show(of_class("a"), 0.0, 10.0)
    hold.reset()
    assert hold.show(of_class("b"), 0.3, 10.0).label == "b"


def _text(verdict: Verdict) -> tuple[VerdictKind, str]:
    return verdict.kind, verdict.label


def test_quiet_has_no_probability() -> None:
    assert QUIET.probability != pytest.approx(QUIET.probability)
