"""``mlpsvd settings``: every key of an experiment is listed, with its range, default and meaning."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from mlpsvd.cli import main
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.settings import to_table


def keys_of(table: dict[str, Any], prefix: str = "") -> Iterator[str]:
    """Yield every key of an experiment file, without the help of the descriptions of settings."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from keys_of(value, f"{prefix}{name}.")
            continue
        yield f"{prefix}{name}"
        if isinstance(value, list) and value and isinstance(value[0], dict):
            yield from keys_of(value[0], f"{prefix}{name}[].")


def value_at(table: dict[str, Any], key: str) -> Any:
    for name in key.split("."):
        table = table[name]
    return table


def test_every_key_of_an_experiment_is_listed_with_its_default(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["settings", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    table = to_table(Experiment())
    assert [one["key"] for one in listed] == list(keys_of(table))
    for one in listed:
        assert one["label"] and one["help"].endswith((".", ")")) and one["allowed"], one["key"]
        if "[]" not in one["key"]:
            assert one["default"] == value_at(table, one["key"]), one["key"]


def test_types_ranges_and_choices_are_stated(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["settings", "--json"]) == 0
    by_key = {one["key"]: one for one in json.loads(capsys.readouterr().out)}
    assert {by_key[key]["type"] for key in ("seed", "training.epochs")} == {"int"}
    assert by_key["network.hidden"]["type"] == "list of int"
    assert by_key["data.synthetic.filters"]["type"] == "list of tables"
    assert by_key["data.synthetic.filters[].centre_hz"]["unit"] == "Hz"
    assert (by_key["data.recordings.test_fraction"]["low"], by_key["data.recordings.test_fraction"]["high"]) == (
        0.01,
        0.9,
    )
    assert by_key["features.window"]["choices"] == ["rectangular", "hann", "hamming", "blackman"]


def test_a_section_is_listed_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["settings", "data.recordings.channel", "seed"]) == 0
    assert capsys.readouterr().out == (
        "seed = 1\n    Seed: a whole number from 0 to 4294967295\n"
        "    Seed of all random numbers: the same seed gives the same result.\n\n"
        "data.recordings.channel = 0\n    Channel: a whole number from 0 to 64\n"
        "    Channel to use; 0 mixes all channels.\n"
    )
    assert main(["settings", "trainig"]) == 2
    assert "keys begin with name, seed, data, features, network, training, discarding" in capsys.readouterr().err
