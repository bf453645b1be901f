"""Kantack's and Divya's results that need no trials: what they conclude, and that they are quick."""

from __future__ import annotations

import pytest

from mlpsvd.experiments.papers.finding import Comparison, Results
from mlpsvd.experiments.papers.registry import REPRODUCTIONS


def verdicts(name: str) -> dict[str, Comparison]:
    finding = REPRODUCTIONS[name].find(1, Results({}))
    assert finding.summary and finding.tables
    return {one.what: one for one in finding.comparisons}


def test_the_printed_convolution_is_judged() -> None:
    found = verdicts("divya-convolution")
    assert found["“Convolution of A with k”: sliding dot product"].agrees is True
    assert found["“Convolution of A with k”: convolution"].ours == "18 20 19 23; 10 9 17 33; 11 8 14 28"
    assert (found["Number of sub-matrices"].ours, found["Number of sub-matrices"].agrees) == ("12", False)
    assert found["Vector of the 1"].agrees is False
    assert found["A₄ · k"].agrees is True


def test_the_rate_and_the_update_rule_are_judged() -> None:
    assert verdicts("kantack-rate")["“Largest rate that is still guaranteed to converge”"].agrees is False
    assert not any(one.agrees for one in verdicts("kantack-update").values())


def test_the_letters_are_judged() -> None:
    assert all(one.agrees for one in verdicts("kantack-figure-3").values())
    assert verdicts("kantack-figure-5")["Rank of A"].ours == "26"
    assert verdicts("kantack-figure-4")["Figure 4: singular values until B is distinguishable"].agrees


@pytest.mark.parametrize("name", ["kantack-figure-3", "kantack-figure-4", "kantack-figure-5", "divya-convolution"])
def test_the_pictures_can_be_drawn(name: str) -> None:
    for picture in REPRODUCTIONS[name].find(1, Results({})).pictures:
        assert picture.draw().axes
