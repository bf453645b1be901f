"""The input contract of a model: the sounds that it expects; fixed when the model is created."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from mlpsvd.datasets.settings import DataSettings, RecordingsSettings, SyntheticSettings
from mlpsvd.errors import FileFormatError, SettingError
from mlpsvd.features.settings import FeatureSettings
from mlpsvd.json_fields import Fields
from mlpsvd.settings import check, from_table, to_table

__all__ = ["InputContract", "checked_settings", "contract_from_experiment", "contract_from_fields", "contract_to_table"]

S = TypeVar("S", FeatureSettings, DataSettings, RecordingsSettings, SyntheticSettings)

_LONGEST_S = 86_400.0
_MOST_CHANNELS = 64


@dataclass(frozen=True)
class InputContract:
    """Properties of the sounds that a model expects, and how longer sounds are cut into clips.

    Attributes
    ----------
    sample_rate_hz
        Sample rate of the features; other sounds are resampled to it.
    clip_s
        Typical length of a training clip in seconds, and the length of sound per decision.
    cut_s
        Length in seconds of the clips that a longer file is cut into, as in training; 0 keeps files whole.
    shortest_s
        Minimum length in seconds of a file, or of the remainder after cutting, that is classified.
    channel
        Channel of a file, counted from 1; 0 is the mean of all channels.
    label_pattern
        Pattern that gave the labels of the training files; empty if labels did not come from file names.
    bank
        The synthetic task that the model was trained on; None for recordings.

    Examples
    --------
    >>> InputContract.of_clips(16000.0, 0.3, fft_size=256).shortest_s
    0.016
    """

    sample_rate_hz: float
    clip_s: float
    cut_s: float
    shortest_s: float
    channel: int = 0
    label_pattern: str = ""
    bank: SyntheticSettings | None = None

    @classmethod
    def of_clips(cls, sample_rate_hz: float, clip_s: float, fft_size: int) -> InputContract:
        """Return the contract of a model whose training clips were not cut from recordings.

        The shortest clip is one FFT of ``fft_size`` samples, or a whole clip where that is shorter.
        """
        return cls(sample_rate_hz, clip_s, cut_s=clip_s, shortest_s=min(clip_s, fft_size / sample_rate_hz))

    @classmethod
    def of_data(
        cls, data: DataSettings, features: FeatureSettings, sample_rate_hz: float, clip_s: float, names: Sequence[str]
    ) -> InputContract:
        """Return the contract of a model that was trained on ``data``, with classes called ``names``."""
        if data.source == "recordings":
            return cls.of_recordings(data.recordings, sample_rate_hz, clip_s)
        contract = cls.of_clips(sample_rate_hz, clip_s, features.fft_size)
        is_bank = tuple(one.label for one in data.synthetic.filters) == tuple(names)
        return replace(contract, bank=data.synthetic) if is_bank else contract

    @classmethod
    def of_recordings(cls, recordings: RecordingsSettings, sample_rate_hz: float, clip_s: float) -> InputContract:
        """Return the contract of a model that was trained on recordings."""
        return cls(
            sample_rate_hz,
            clip_s,
            cut_s=recordings.clip_s,
            shortest_s=recordings.shortest_s,
            channel=recordings.channel,
            label_pattern=recordings.pattern if recordings.labels_from == "file names" else "",
        )


def contract_to_table(contract: InputContract) -> dict[str, Any]:
    """Return a contract as a plain table for the header of a model file, without rate and clip length."""
    return {
        "cut_s": contract.cut_s,
        "shortest_s": contract.shortest_s,
        "channel": contract.channel,
        "label_pattern": contract.label_pattern,
        "bank": None if contract.bank is None else to_table(contract.bank),
    }


def contract_from_fields(fields: Fields, sample_rate_hz: float, clip_s: float) -> InputContract:
    """Read a contract that :func:`contract_to_table` wrote.

    Raises
    ------
    FileFormatError
        If an entry is missing, has the wrong type or an invalid value; the message names the entry.
    """
    pattern = fields.text("label_pattern")
    if pattern and pattern.count("{label}") != 1:
        raise FileFormatError(f"{fields.where}label_pattern should contain {{label}} once")
    bank = None
    if fields.raw().get("bank") is not None:
        bank = checked_settings(SyntheticSettings, fields.table("bank").raw(), f"{fields.where}bank.")
    return InputContract(
        sample_rate_hz,
        clip_s,
        cut_s=fields.number("cut_s", 0.0, _LONGEST_S),
        shortest_s=fields.number("shortest_s", 1e-6, _LONGEST_S),
        channel=fields.integer("channel", 0, _MOST_CHANNELS),
        label_pattern=pattern,
        bank=bank,
    )


def contract_from_experiment(
    experiment: Fields, features: FeatureSettings, sample_rate_hz: float, clip_s: float, names: Sequence[str]
) -> InputContract:
    """Derive a contract from the experiment, for model files of versions that did not write contracts.

    Raises
    ------
    FileFormatError
        If the settings of recordings are invalid. An invalid filter bank is ignored.
    """
    data = experiment.raw().get("data", {})
    if isinstance(data, Mapping) and data.get("source") == "recordings":
        table = experiment.table("data").table("recordings").raw() if "recordings" in data else {}
        recordings = checked_settings(RecordingsSettings, table, "experiment.data.recordings.")
        return InputContract.of_recordings(recordings, sample_rate_hz, clip_s)
    try:
        settings = checked_settings(DataSettings, data if isinstance(data, Mapping) else {}, "experiment.data.")
    except FileFormatError:  # a model file from another program may have no experiment
        return InputContract.of_clips(sample_rate_hz, clip_s, features.fft_size)
    return InputContract.of_data(settings, features, sample_rate_hz, clip_s, names)


def checked_settings(cls: type[S], table: Mapping[str, Any], prefix: str) -> S:
    """Return settings from a plain table of a file.

    Raises
    ------
    FileFormatError
        If a key is unknown, or a value has the wrong type or is invalid; the message names the key.
    """
    try:
        settings = from_table(cls, table, prefix)
        check(settings, prefix)
    except SettingError as error:
        raise FileFormatError(str(error)) from error
    return settings
