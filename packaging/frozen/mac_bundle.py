"""What macOS is told about the program: the contents of Info.plist.

Nothing here needs macOS, so that it can be tested elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.metadata import distribution
from typing import Any

__all__ = ["IDENTIFIER", "info_plist", "oldest_system"]

IDENTIFIER = "com.mlp-svd.MLP-SVD"
_PROJECT = "com.mlp-svd.project"


def info_plist(version: str, oldest: str) -> dict[str, Any]:
    """Return the entries of Info.plist besides those that PyInstaller writes.

    Parameters
    ----------
    version
        Version of the program.
    oldest
        Oldest version of macOS that it runs on.
    """
    return {
        # PyInstaller takes the first program in alphabetical order, which is the command line.
        "CFBundleExecutable": "mlpsvd-gui",
        "CFBundleVersion": version,
        "LSMinimumSystemVersion": oldest,
        "LSApplicationCategoryType": "public.app-category.education",
        "NSHighResolutionCapable": True,
        "NSMicrophoneUsageDescription": "MLP-SVD classifies and records the sound of the microphone.",
        "CFBundleDocumentTypes": [
            {
                "CFBundleTypeName": "MLP-SVD project",
                "CFBundleTypeRole": "Editor",
                "LSHandlerRank": "Owner",
                "LSItemContentTypes": [_PROJECT],
            },
            _shared_type("MLP-SVD experiment", "Editor", "toml"),
            _shared_type("MLP-SVD model", "Viewer", "safetensors"),
        ],
        "UTExportedTypeDeclarations": [
            {
                "UTTypeIdentifier": _PROJECT,
                "UTTypeDescription": "MLP-SVD project",
                "UTTypeConformsTo": ["public.utf8-plain-text"],
                "UTTypeTagSpecification": {"public.filename-extension": ["mlpsvdproject"]},
            }
        ],
    }


def _shared_type(name: str, role: str, suffix: str) -> dict[str, Any]:
    """Return a type whose files belong to other programs too: offered in "Open With", not made the default."""
    return {
        "CFBundleTypeName": name,
        "CFBundleTypeRole": role,
        "LSHandlerRank": "Alternate",
        "CFBundleTypeExtensions": [suffix],
    }


def oldest_system(names: Iterable[str]) -> str:
    """Return the oldest macOS for which all these distributions are made, by the tags of their wheels."""
    found = [(11, 0)]
    for name in names:
        tags = re.findall(r"^Tag: .*-macosx_(\d+)_(\d+)_", distribution(name).read_text("WHEEL") or "", re.MULTILINE)
        # A wheel for two processors has one tag for each, and the program is made for one of them.
        found += [max((int(major), int(minor)) for major, minor in tags)] if tags else []
    major, minor = max(found)
    return f"{major}.{minor}"
