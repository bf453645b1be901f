"""Detection of where the labels of a folder of recordings are: subfolders, file names or a manifest."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from mlpsvd.datasets.labels import named_files
from mlpsvd.datasets.settings import RecordingsSettings
from mlpsvd.errors import DataError
from mlpsvd.files import expand_home

__all__ = ["guessed_labels"]

_PATTERNS = ("{label}_*", "{label}-*", "{label} *")
_MANIFEST = "manifest.csv"


def guessed_labels(recordings: RecordingsSettings) -> RecordingsSettings:
    """Return the settings with the label source that the files at ``recordings.path`` suggest.

    - A file is a manifest.
    - Recordings in two or more class folders are labelled by folder, or by the ``manifest.csv`` beside these folders
      if it lists at least as many recordings (a collection of the Record page).
    - Otherwise the labels are in the file names. The pattern of the settings is used if it gives two or more classes,
      else the first of ``{label}_*``, ``{label}-*`` and ``{label} *`` that does.

    Raises
    ------
    DataError
        If there is nothing at the path.
    """
    path = expand_home(recordings.path)
    if path.is_file():
        return replace(recordings, labels_from="manifest")
    by_folder = replace(recordings, labels_from="folders")
    in_folders = _counts(by_folder)
    by_manifest = replace(recordings, path=str(path / _MANIFEST), labels_from="manifest")
    if (path / _MANIFEST).is_file():
        in_manifest = _counts(by_manifest)
        if len(in_manifest) >= 2 and in_manifest.total() >= in_folders.total():
            return by_manifest
    if len(in_folders) >= 2:
        return by_folder
    for pattern in (recordings.pattern, *_PATTERNS):
        by_name = replace(recordings, labels_from="file names", pattern=pattern)
        if pattern.count("{label}") == 1 and len(_counts(by_name)) >= 2:
            return by_name
    # No source fits; this choice gives the clearest errors for class folders, or for files in a single folder.
    return by_folder if in_folders else replace(recordings, labels_from="file names")


def _counts(recordings: RecordingsSettings) -> Counter[str]:
    """Return the number of recordings by class; none where the manifest is not one."""
    try:
        named, _ = named_files(recordings)
    except DataError:
        if recordings.labels_from != "manifest":
            raise
        return Counter()
    return Counter(one.label for one in named)
