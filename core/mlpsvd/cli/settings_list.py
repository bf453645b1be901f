"""``mlpsvd settings``: every setting of an experiment, with range, default and meaning."""

from __future__ import annotations

import json
from collections.abc import Sequence

from mlpsvd.cli.console import OK
from mlpsvd.errors import SettingError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.setting_labels import ListedSetting, every_setting

__all__ = ["list_settings"]


def list_settings(prefixes: Sequence[str], as_json: bool) -> int:
    """Print the settings whose keys begin with one of ``prefixes``, or all; return the exit code.

    Raises
    ------
    SettingError
        If no key begins with a prefix.
    """
    listed = every_setting(Experiment)
    for prefix in prefixes:
        if not any(one.key.startswith(prefix) for one in listed):
            sections = ", ".join(dict.fromkeys(one.key.partition(".")[0] for one in listed))
            raise SettingError("KEY", prefix, f"the beginning of a key; keys begin with {sections}")
    chosen = [one for one in listed if not prefixes or one.key.startswith(tuple(prefixes))]
    if as_json:
        print(json.dumps([one.to_table() for one in chosen], indent=2, ensure_ascii=False))
    else:
        print("\n\n".join(_text(one) for one in chosen))
    return OK


def _text(one: ListedSetting) -> str:
    label = f"{one.label} ({one.unit})" if one.unit else one.label
    return f"{one.key} = {json.dumps(one.default, ensure_ascii=False)}\n    {label}: {one.allowed}\n    {one.help}"
