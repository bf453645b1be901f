"""``mlpsvd annotations``: annotated stretches of recordings as clips, and predictions as annotations."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mlpsvd.classification.batch.label_files import shared_name
from mlpsvd.cli.console import OK
from mlpsvd.errors import SettingError
from mlpsvd.text import counted, one_line

__all__ = ["cut", "require_distinct"]


def cut(recordings: Path, out: Path, annotations: Path | None, column: str) -> int:
    """Cut out what is annotated; return the exit code.

    Raises
    ------
    MlpSvdError, OSError
        If something cannot be read or written.
    """
    from mlpsvd.experiments.annotated_clips import cut_annotations  # ``classify`` imports this module, too

    for option, folder in (("RECORDINGS", recordings), ("--labels", annotations)):
        if folder is not None and not folder.exists():
            raise SettingError(option, str(folder), "an existing folder")
    written = cut_annotations(recordings, out, annotations, column)
    print(f"Written to: {out} ({counted(written.n_clips, 'clip')} of {counted(written.n_recordings, 'recording')})")
    print(f"{counted(len(written.labels), 'class')}: {one_line(', '.join(written.labels), 200)}")
    if written.n_without:
        print(f"Without annotations: {counted(written.n_without, 'recording')}")
    if written.n_skipped:
        print(f"Skipped: {counted(written.n_skipped, 'annotation')} without label, outside or shorter than 1 ms")
    if written.n_unused:
        print(f"Not used: {counted(written.n_unused, 'annotation file')} of recordings that have another one")
    return OK


def require_distinct(paths: Sequence[Path]) -> None:
    """Raise SettingError if two recordings would have the same file of labels."""
    stem, n = shared_name(paths)
    if stem:
        raise SettingError(
            "--labels", f"used with {n} recordings named {stem}", "used with recordings of different names"
        )
