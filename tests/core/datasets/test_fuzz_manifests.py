"""Mutated manifests: each is read or refused in one sentence, by training and by collections."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
from fuzzing import either, fuzz, mutate_bytes, mutate_text, reading_from

from mlpsvd.collection.manifest import parse_manifest, read_text
from mlpsvd.datasets.left_out import left_out_lines
from mlpsvd.datasets.recordings import load_recordings
from mlpsvd.datasets.settings import RecordingsSettings

NAMES = tuple(f"{folder}{number}.wav" for folder in ("a/", "é/ü ") for number in range(5))


def manifest(separator: str, first: str = "") -> bytes:
    rows = [("path", "label", "split"), *((name, name[0], "") for name in NAMES)]
    return (first + "\n".join(separator.join(f'"{cell}"' for cell in row) for row in rows) + "\n").encode()


def test_fuzz_manifests(tmp_path: Path) -> None:
    for number, name in enumerate(NAMES):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        soundfile.write(tmp_path / name, np.random.default_rng(number).uniform(-0.5, 0.5, 800), 8000)

    def read(path: Path) -> None:
        parse_manifest(read_text(path)[0])
        loaded = load_recordings(RecordingsSettings(path=str(path), labels_from="manifest"), seed=1)
        assert all(len(line) < 600 and line.isprintable() for line in left_out_lines(loaded.skipped, loaded.notes))

    seeds = [manifest(","), manifest(";"), manifest("\t"), manifest(";", "sep=;\n"), manifest(",").replace(b'"', b"")]
    mutate = either(mutate_text, mutate_text, mutate_bytes)
    outcome = fuzz(seeds, mutate, reading_from(tmp_path / "list.csv", read), n_cases=500)
    assert outcome.n_accepted > 50
    assert outcome.refused.total() > 100
