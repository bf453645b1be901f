"""Settings that describe themselves: messages, tables, dotted keys and values from text."""

from __future__ import annotations

import dataclasses
import math
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpsvd.datasets.settings import DataSettings, RecordingsSettings, SyntheticSettings
from mlpsvd.errors import SettingError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.features.settings import FeatureSettings
from mlpsvd.network.settings import NetworkSettings
from mlpsvd.settings import (
    SettingInfo,
    check,
    describe,
    from_table,
    get,
    parse_text,
    problems,
    setting,
    to_table,
    with_value,
)
from mlpsvd.signals.bank import BandPass
from mlpsvd.training.settings import DiscardingSettings, TrainingSettings

ALL_CLASSES = [
    Experiment,
    DataSettings,
    SyntheticSettings,
    RecordingsSettings,
    BandPass,
    FeatureSettings,
    NetworkSettings,
    TrainingSettings,
    DiscardingSettings,
]


@dataclasses.dataclass(frozen=True)
class Limited:
    upto: int = setting(3, label="Up to", help="Has only a highest value.", high=4294967295)
    on: bool = setting(True, label="On", help="A switch.")
    size: Literal["small", "large"] = setting("small", label="Size", help="A choice.")
    colours: tuple[Literal["red", "blue"], ...] = setting((), label="Colours", help="Several choices.")


def info(cls: type, name: str) -> SettingInfo:
    return next(one for one in describe(cls) if one.name == name)


@pytest.mark.parametrize("cls", ALL_CLASSES)
def test_every_setting_has_a_label_a_sentence_and_a_possible_default(cls: type) -> None:
    check(Experiment())
    for one in describe(cls):
        assert one.label
        assert one.help.endswith(".")
        assert one.default is not None


def test_what_would_be_right_is_said_with_range_unit_and_choices() -> None:
    assert info(TrainingSettings, "batch_size").expected() == "a whole number from 1 to 1000000 (clips)"
    assert info(Experiment, "seed").expected() == "a whole number from 0 to 4294967295"
    assert info(TrainingSettings, "learning_rate").expected() == "a number from 1e-9 to 100"
    assert info(BandPass, "centre_hz").expected() == "a number of at least 1 (Hz)"
    assert info(NetworkSettings, "hidden").expected() == "a list, each a whole number from 1 to 65536"
    assert (
        info(NetworkSettings, "kinds").expected()
        == "a list, each one of dense, svd, two-factor, soft-threshold, clipped, convolution, convolution-svd"
    )
    assert info(RecordingsSettings, "path").expected() == "a text"
    assert info(SyntheticSettings, "filters").expected() == "a list, each a table"
    assert info(Limited, "upto").expected() == "a whole number of at most 4294967295"
    assert info(Limited, "on").expected() == "true or false"


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("training.batch_size", 0, "a whole number from 1 to 1000000"),
        ("training.batch_size", 2.0, "a whole number"),
        ("training.epochs", True, "a whole number"),
        ("training.learning_rate", math.nan, "a number from"),
        ("training.learning_rate", math.inf, "a number from"),
        ("training.optimiser", "lbfgs", "one of adam, momentum, sgd"),
        ("training.contenders", ("mlp", "mlp"), "one or more of mlp, mlp-svd, mlp-svd-full-rank, .*each once"),
        ("training.contenders", (), "one or more of mlp, mlp-svd, mlp-svd-full-rank, .*each once"),
        ("network.hidden", (20, 0), "a list, each a whole number"),
        ("network.kinds", ("svd",), "empty, or 2 kinds"),
        ("network.output", "tanh", "softmax or sigmoid"),
        ("discarding.last", 2, r"at least the first point \(5\)"),
        ("data.synthetic.duration_s", math.nan, "a number from"),
        ("data.synthetic.filters", (), "at least 2 filters"),
        ("data.recordings.path", "caf\udce9", "a text"),
        ("features.fft_size", 8192, r"at most the clip's length \(4800 samples\)"),
    ],
)
def test_an_impossible_value_is_named_with_its_key_and_what_would_be_right(
    key: str, value: object, expected: str
) -> None:
    changed = with_value(Experiment(), key, value)
    with pytest.raises(SettingError, match=expected) as caught:
        check(changed)
    assert caught.value.key == key
    assert "it should be" in str(caught.value)
    assert len(list(problems(changed))) == 1


@pytest.mark.parametrize(
    ("filters", "key"),
    [
        ((BandPass("a", 710.0), BandPass("a", 680.0)), "data.synthetic.filters[1].label"),
        ((BandPass("a", 710.0), BandPass("  ", 680.0)), "data.synthetic.filters[1].label"),
        ((BandPass("a", 8000.0), BandPass("b", 680.0)), "data.synthetic.filters[0].centre_hz"),
        ((BandPass("a", 700.0, 4000.0), BandPass("b", 680.0)), "data.synthetic.filters[0].bandwidth_hz"),
        ((BandPass("a", 700.0), BandPass("b", -1.0)), "data.synthetic.filters[1].centre_hz"),
    ],
)
def test_an_impossible_filter_is_named_with_its_place(filters: tuple[BandPass, ...], key: str) -> None:
    found = list(problems(with_value(Experiment(), "data.synthetic.filters", filters)))
    assert [problem.key for problem in found] == [key]


def test_the_choices_are_those_of_the_annotation() -> None:
    _, _, size, colours = describe(Limited)
    assert (size.type, size.choices) == (str, ("small", "large"))
    assert (colours.type, colours.choices) == (tuple[str, ...], ("red", "blue"))
    assert [str(one) for one in problems(Limited(size="huge", colours=("red", "green")))] == [  # type: ignore[arg-type]
        "size is 'huge'; it should be one of small, large",
        "colours is ('red', 'green'); it should be a list, each one of red, blue",
    ]


def test_all_problems_are_listed_at_once() -> None:
    changed = with_value(with_value(Experiment(), "training.epochs", 0), "network.kinds", ("svd",))
    assert {problem.key for problem in problems(changed)} == {"training.epochs", "network.kinds"}


def test_rules_between_values_are_not_asked_about_impossible_ones() -> None:
    changed = with_value(Experiment(), "data.synthetic.duration_s", math.nan)
    assert [problem.key for problem in problems(changed)] == ["data.synthetic.duration_s"]
    changed = with_value(Experiment(), "data.synthetic.filters", (BandPass(3), BandPass("b")))  # type: ignore[arg-type]
    assert [problem.key for problem in problems(changed)] == ["data.synthetic.filters[0].label"]


@pytest.mark.parametrize(
    ("table", "key", "expected"),
    [
        ({"training": {"epoch": 3}}, "training.epoch", "left out, or written training.epochs"),
        ({"sede": 3}, "sede", "left out, or written seed"),
        ({"zzz": 3}, "zzz", "known here are name, seed"),
        ({"training": 3}, "training", "a table"),
        ({"training": {"epochs": "3"}}, "training.epochs", "a whole number"),
        ({"training": {"epochs": 3.0}}, "training.epochs", "a whole number"),
        ({"training": {"epochs": False}}, "training.epochs", "a whole number"),
        ({"training": {"learning_rate": 10**400}}, "training.learning_rate", "a number"),
        ({"network": {"hidden": 20}}, "network.hidden", "a list"),
        ({"network": {"hidden": [20, "x"]}}, "network.hidden[1]", "a list"),
        ({"data": {"synthetic": {"filters": [3]}}}, "data.synthetic.filters[0]", "a table"),
        (
            {"data": {"synthetic": {"filters": [{"label": "a", "center_hz": 3.0}]}}},
            "data.synthetic.filters[0].center_hz",
            "centre_hz",
        ),
    ],
)
def test_a_table_with_a_wrong_key_or_type_is_refused(table: dict[str, object], key: str, expected: str) -> None:
    with pytest.raises(SettingError) as caught:
        from_table(Experiment, table)
    assert caught.value.key == key
    assert expected in caught.value.expected


def test_absent_keys_take_their_defaults_and_whole_numbers_serve_as_numbers() -> None:
    experiment = from_table(Experiment, {"training": {"learning_rate": 1}})
    assert experiment == with_value(Experiment(), "training.learning_rate", 1.0)
    assert type(experiment.training.learning_rate) is float


def test_to_table_is_plain() -> None:
    def plain(value: object) -> bool:
        if isinstance(value, dict):
            return all(plain(entry) for entry in value.values())
        if type(value) is list:
            return all(plain(entry) for entry in value)
        return type(value) in (int, float, str, bool)

    table = to_table(Experiment())
    assert plain(table)
    assert from_table(Experiment, table) == Experiment()


def test_a_dotted_key_reads_and_replaces_one_value() -> None:
    changed = with_value(Experiment(), "data.synthetic.noise", "pink")
    assert get(changed, "data.synthetic.noise") == "pink"
    assert get(Experiment(), "data.synthetic.noise") == "gaussian"
    assert dataclasses.replace(changed, data=Experiment().data) == Experiment()


@pytest.mark.parametrize("key", ["training.epoch", "nothing", "training.epochs.more", "", "a.b", "training."])
def test_a_dotted_key_that_is_not_there_is_refused(key: str) -> None:
    with pytest.raises(SettingError, match="it should be left out"):
        get(Experiment(), key)
    with pytest.raises(SettingError, match="it should be left out"):
        with_value(Experiment(), key, 1)
    with pytest.raises(SettingError, match="it should be left out"):
        parse_text(Experiment(), key, "1")


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("training.epochs", " 20 ", 20),
        ("training.learning_rate", "1e-3", 0.001),
        ("training.learning_rate", "1", 1.0),
        ("name", "a, b = c", "a, b = c"),
        ("network.hidden", "40,20", (40, 20)),
        ("network.hidden", "40", (40,)),
        ("network.hidden", " 40 , 20, ", (40, 20)),
        ("network.kinds", "", ()),
        ("network.kinds", "svd,two-factor", ("svd", "two-factor")),
        ("data.recordings.path", "/some/folder", "/some/folder"),
    ],
)
def test_a_value_is_read_from_text(key: str, text: str, value: object) -> None:
    found = get(parse_text(Experiment(), key, text), key)
    assert found == value
    assert type(found) is type(value)


def test_true_and_false_are_read_from_text() -> None:
    assert parse_text(Limited(), "on", "False").on is False
    assert parse_text(Limited(), "on", "true").on is True
    with pytest.raises(SettingError, match="true or false"):
        parse_text(Limited(), "on", "1")


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        ("training.epochs", "many", "a whole number from 1"),
        ("training.epochs", "1.5", "a whole number from 1"),
        ("training.epochs", "9" * 5000, "a whole number from 1"),
        ("network.hidden", "20,x", "a list, each a whole number"),
        ("training", "3", "it is a table"),
        ("data.synthetic.filters", "3", "it is a table"),
    ],
)
def test_a_text_that_does_not_fit_is_refused(key: str, text: str, expected: str) -> None:
    with pytest.raises(SettingError, match=expected) as caught:
        parse_text(Experiment(), key, text)
    assert caught.value.key == key


@given(st.text(), st.text())
def test_any_text_is_parsed_or_raises_a_setting_error(key: str, text: str) -> None:
    with pytest.raises(SettingError):
        parse_text(Experiment(), f"{key}.{key}", text)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=4))
def test_any_value_is_accepted_or_raises_a_setting_error(value: object) -> None:
    for key in ("training.epochs", "network.hidden", "name", "data.synthetic.filters", "training.learning_rate"):
        section, _, name = key.rpartition(".")
        table: dict[str, object] = {name: value}
        for part in reversed(section.split(".") if section else []):
            table = {part: table}
        try:
            check(from_table(Experiment, table))
        except SettingError as error:
            assert error.key.startswith(key)
