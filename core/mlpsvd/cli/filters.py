"""``mlpsvd filters``: filter banks for other programs, and from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mlpsvd.cli.console import OK
from mlpsvd.cli.train import chosen_experiment
from mlpsvd.datasets.filter_files import BANK_FORMATS, READ_FORMATS, read_filters, write_filters
from mlpsvd.errors import DataError, SettingError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.experiment_file import save_experiment
from mlpsvd.experiments.runs.files import EXPERIMENT, RESULTS
from mlpsvd.experiments.runs.find import find_run
from mlpsvd.files import path_exists
from mlpsvd.settings import check
from mlpsvd.text import counted

__all__ = ["experiment_at", "filters", "require_new"]


def filters(
    source: Path | None, preset_name: str | None, changes: Sequence[str], out: Path, may_overwrite: bool
) -> int:
    """Write the filters of an experiment, or an experiment with the filters of a file; return the exit code.

    Raises
    ------
    MlpSvdError, OSError
        If the source cannot be read, its filters cannot be written in this form, or the file exists.
    """
    if source is not None and source.suffix.lower() in READ_FORMATS and not source.is_dir():
        experiment = _with_bank(source, preset_name, changes)
        if out.suffix.lower() != ".toml":
            raise SettingError("--out", str(out), "an experiment file (.toml) where the filters of a file are read")
    else:
        experiment = experiment_at(source, preset_name, changes)
    if experiment.data.source != "synthetic":
        raise DataError(f"the experiment trains on {experiment.data.source}; only a synthetic one has filters")
    if out.suffix.lower() not in (*BANK_FORMATS, ".toml"):
        raise SettingError("--out", str(out), f"a file with one of the suffixes {', '.join(BANK_FORMATS)}, .toml")
    require_new(out, may_overwrite)
    if out.suffix.lower() == ".toml":
        save_experiment(out, experiment)
    else:
        write_filters(out, experiment.data.synthetic)
    print(f"Written to: {out} ({counted(len(experiment.data.synthetic.filters), 'filter')})")
    return OK


def experiment_at(path: Path | None, preset_name: str | None, changes: Sequence[str]) -> Experiment:
    """Return the experiment that ``mlpsvd train`` would take; of a run, found as everywhere, the one of the run.

    What exists is a file or folder; anything else without the suffix of a file names a run of the library.

    Raises
    ------
    SettingError, FileFormatError
        If the file, the run, the preset or a change cannot be used.
    """
    if path is not None and not path_exists(path) and path.suffix.lower() not in (".toml", *READ_FORMATS):
        path = find_run(str(path)) / EXPERIMENT
    if path is not None and (path / EXPERIMENT).is_file() and (path / RESULTS).is_file():
        path = path / EXPERIMENT
    return chosen_experiment(path, preset_name, changes)


def require_new(out: Path, may_overwrite: bool) -> None:
    """Raise SettingError if ``out`` exists and may not be replaced."""
    if out.is_dir():
        raise SettingError("--out", str(out), "the name of a file; this is a folder")
    if not may_overwrite and (out.exists() or out.is_symlink()):
        raise SettingError("--out", str(out), "a new file; --overwrite replaces this one")


def _with_bank(source: Path, preset_name: str | None, changes: Sequence[str]) -> Experiment:
    start = chosen_experiment(None, preset_name, changes)
    bank = read_filters(source, start.data.synthetic)
    named = start.name if any(one.partition("=")[0].strip() == "name" for one in changes) else source.stem
    experiment = replace(start, name=named, data=replace(start.data, source="synthetic", synthetic=bank))
    check(experiment)
    return experiment
