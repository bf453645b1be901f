"""Import of soundfile, the library that reads and writes audio files."""

from __future__ import annotations

from types import ModuleType

from mlpsvd.errors import MissingLibraryError

__all__ = ["soundfile_library"]


def soundfile_library() -> ModuleType:
    """Return the library that reads and writes audio files, or raise MissingLibraryError."""
    try:
        import soundfile
    except (ImportError, OSError) as error:
        raise MissingLibraryError(
            f"audio files cannot be read because soundfile does not load ({error}); install it with libsndfile"
        ) from error
    module: ModuleType = soundfile
    return module
