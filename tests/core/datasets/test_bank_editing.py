"""Edits of a bank of filters."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpsvd.datasets import bank_editing
from mlpsvd.datasets.settings import SyntheticSettings
from mlpsvd.errors import DataError
from mlpsvd.signals.bank import BandPass, paper_bank

BANK = (BandPass("710 Hz", 710.0, 10.0), BandPass("680 Hz", 680.0, 10.0), BandPass("low", 650.0, 10.0))
NYQUIST_HZ = 8000.0


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_a_drag_leaves_a_filter_where_a_filter_can_be(centre_hz: float, bandwidth_hz: float) -> None:
    bank = bank_editing.moved(BANK, 0, centre_hz, bandwidth_hz, NYQUIST_HZ)
    assert 1.0 <= bank[0].centre_hz < NYQUIST_HZ and 0.1 <= bank[0].bandwidth_hz < NYQUIST_HZ / 2
    assert bank[1:] == BANK[1:]
    assert bank_editing.refusal(SyntheticSettings(), bank) is None


def test_an_automatic_name_follows_the_centre_and_stays_unique() -> None:
    moved = bank_editing.moved(BANK, 0, 680.0, 10.0, NYQUIST_HZ)
    assert [one.label for one in moved] == ["680 Hz (2)", "680 Hz", "low"]
    assert bank_editing.moved(BANK, 2, 600.0, 10.0, NYQUIST_HZ)[2].label == "low"


@pytest.mark.parametrize(
    ("field", "text", "expected"),
    [
        ("centre_hz", "0.7 kHz", BandPass("700 Hz", 700.0, 10.0)),
        ("bandwidth_hz", "20", BandPass("710 Hz", 710.0, 20.0)),
        ("q", "71", BandPass("710 Hz", 710.0, 10.0)),
        ("label", " horn ", BandPass("horn", 710.0, 10.0)),
    ],
)
def test_entries_are_typed(field: str, text: str, expected: BandPass) -> None:
    assert bank_editing.edited(BANK, 0, field, text)[0] == expected


@pytest.mark.parametrize(("field", "text", "part"), [("q", "0", "above 0"), ("centre_hz", "abc", "centre frequency")])
def test_entries_that_are_no_number_are_refused(field: str, text: str, part: str) -> None:
    with pytest.raises(DataError, match=part):
        bank_editing.edited(BANK, 0, field, text)


def test_a_new_filter_continues_the_spacing_or_fills_the_widest_gap() -> None:
    assert bank_editing.added(BANK, NYQUIST_HZ)[-1] == BandPass("620 Hz", 620.0, 10.0)
    low = (BandPass("100 Hz", 100.0, 10.0), BandPass("40 Hz", 40.0, 10.0))
    added = bank_editing.added(low, NYQUIST_HZ)[-1]
    assert added.centre_hz == 3650.0
    with pytest.raises(DataError, match="100"):
        bank_editing.added(bank_editing.spaced(100.0, 5000.0, 100, 5.0, False), NYQUIST_HZ)


def test_a_copy_lies_one_bandwidth_lower_behind_its_original() -> None:
    assert bank_editing.duplicated(BANK, 0, NYQUIST_HZ)[1] == BandPass("700 Hz", 700.0, 10.0)
    assert bank_editing.duplicated(BANK, 2, NYQUIST_HZ)[3].label == "low copy"


def test_two_filters_stay() -> None:
    assert bank_editing.removed(BANK, 1) == (BANK[0], BANK[2])
    with pytest.raises(DataError, match="at least 2"):
        bank_editing.removed(BANK[:2], 0)


@pytest.mark.parametrize("logarithmic", [False, True])
def test_filters_are_spaced_evenly_in_hertz_or_octaves(logarithmic: bool) -> None:
    centres = [one.centre_hz for one in bank_editing.spaced(200.0, 1600.0, 4, 10.0, logarithmic)]
    steps = np.diff(np.log2(centres) if logarithmic else centres)
    np.testing.assert_allclose(steps, steps[0], rtol=1e-3)
    assert (centres[0], centres[-1]) == (1600.0, 200.0)


def test_a_refusal_names_the_filter_that_was_edited() -> None:
    before = replace(SyntheticSettings(), filters=BANK)
    renamed = (BANK[0], replace(BANK[1], label="710 Hz"), BANK[2])
    assert str(bank_editing.refusal(before, renamed)).startswith("The name of 680 Hz cannot be “710 Hz”")
    assert bank_editing.refusal(before, paper_bank()) is None
