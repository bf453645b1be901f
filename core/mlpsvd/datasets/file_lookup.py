"""Finding files by names written on another system: backslashes, other Unicode normalisation."""

from __future__ import annotations

import unicodedata
from pathlib import Path

from mlpsvd.files import path_exists

__all__ = ["FileNames"]


class FileNames:
    """Finds files by their names relative to a folder; each folder is listed once.

    Parameters
    ----------
    folder
        What names are relative to.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names: dict[str, dict[str, str]] = {}

    def find(self, name: str) -> Path:
        """Return the path of a name, whether or not the file exists.

        macOS encodes an accented letter as two characters (NFD), other systems as one (NFC). If there is no file with
        exactly this name, the file whose name is equal in NFC is returned.
        """
        path = self._folder / name
        if path_exists(path):
            return path
        other = self._find_normalised(name)
        if other is None and "\\" in name:  # written on Windows, read elsewhere
            slashed = name.replace("\\", "/")
            other = self._folder / slashed if path_exists(self._folder / slashed) else self._find_normalised(slashed)
        return path if other is None else other

    def _find_normalised(self, name: str) -> Path | None:
        path = self._folder
        for part in Path(name).parts:
            if part not in ("..", ".") and not path_exists(path / part):
                real = self._listed(path).get(unicodedata.normalize("NFC", part))
                if real is None:
                    return None
                part = real
            path = path / part
        return path

    def _listed(self, folder: Path) -> dict[str, str]:
        key = str(folder)
        if key not in self._names:
            try:
                self._names[key] = {unicodedata.normalize("NFC", one.name): one.name for one in folder.iterdir()}
            except (OSError, ValueError):
                self._names[key] = {}
        return self._names[key]
