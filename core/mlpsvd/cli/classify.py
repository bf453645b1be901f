"""``mlpsvd classify``: audio files through a trained model, one line a clip."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tqdm import tqdm

from mlpsvd.audio.files import SUFFIXES
from mlpsvd.cli.console import OK, SOME_FAILED, tell
from mlpsvd.errors import AudioFileError
from mlpsvd.models.classifier import Classifier, Decision
from mlpsvd.models.model_file import load_model

__all__ = ["classify"]


def classify(model: Path, paths: Sequence[Path], as_json: bool) -> int:
    """Print what each clip of each file is taken for; return the exit code.

    Files that cannot be classified are told on stderr, and the others are classified all the same.

    Raises
    ------
    FileFormatError
        If the model cannot be used.
    """
    classifier = Classifier(load_model(model))
    failed = False
    for path in _with_progress(list(_files(paths))):
        try:
            decisions = _classified(classifier, path)
        except AudioFileError as error:
            tell(str(error))
            failed = True
            continue
        for decision in decisions:
            print(_json_line(decision, classifier.class_names) if as_json else _line(decision))
    return SOME_FAILED if failed else OK


def _classified(classifier: Classifier, path: Path) -> list[Decision]:
    if path.is_dir():  # one without audio files; the others were replaced by their files
        raise AudioFileError(f"{path} holds no audio files; there should be some ending in {', '.join(SUFFIXES)}")
    return classifier.classify_file(path)


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    """Yield the files, and in place of a folder the audio files in it, nested ones too, in the order of names."""
    for path in paths:
        inside = sorted(one for one in path.rglob("*") if one.suffix.lower() in SUFFIXES and one.is_file())
        yield from inside or [path]


def _with_progress(paths: list[Path]) -> Iterator[Path]:
    """Show a bar where the lines themselves go elsewhere and so show no progress."""
    hidden = sys.stdout.isatty() or not sys.stderr.isatty() or len(paths) < 2
    yield from tqdm(paths, unit="file", file=sys.stderr, disable=hidden, dynamic_ncols=True)


def _line(decision: Decision) -> str:
    return f"{decision.path}\t{decision.start_s:.3f}\t{decision.label}\t{decision.probability:.4f}"


def _json_line(decision: Decision, class_names: Sequence[str]) -> str:
    entry = {
        "file": str(decision.path),
        "start_s": decision.start_s,
        "duration_s": decision.duration_s,
        "label": decision.label,
        "probability": decision.probability,
        "probabilities": dict(zip(class_names, decision.probabilities.tolist(), strict=True)),
    }
    return json.dumps(entry, ensure_ascii=False)
