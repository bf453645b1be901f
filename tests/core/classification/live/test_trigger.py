"""Suggestion of a trigger level."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpsvd.classification.live.trigger import TriggerSuggestion, suggested_trigger


def test_sounds_stand_out_of_the_background() -> None:
    assert suggested_trigger([-60.0] * 70 + [-5.0] * 30) == TriggerSuggestion(-48.0, -60.0)


@pytest.mark.parametrize("levels_dbfs", [[], [-120.0] * 20])
def test_without_a_background_there_is_a_default(levels_dbfs: list[float]) -> None:
    assert suggested_trigger(levels_dbfs) == TriggerSuggestion(-50.0, None)


@given(st.lists(st.floats(-120.0, 0.0), max_size=100))
def test_a_suggestion_is_a_level_that_can_be_set(levels_dbfs: list[float]) -> None:
    assert -79.0 <= suggested_trigger(levels_dbfs).trigger_dbfs <= -20.0
