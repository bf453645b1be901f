"""Mutated microphone corrections: each is read or refused in one sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from fuzzing import either, fuzz, mutate_bytes, mutate_text, reading_from

from mlpsvd.audio.correction import read_correction

SEEDS = (
    b'"Sens Factor =-1.378dB, SERNO: 7000000"\n10.054\t-4.4231\n10.179\t-4.3512\n1000.5\t0.0000\n20016.816\t1.8720\n',
    b"* Freq(Hz) SPL(dB) Phase(degrees)\n20.0 -1.2 -45.3\n1000 0 0.5\n",
    b"Frequenz;Pegel\r\n20,5;-1,5\r\n1000,25;+2,75\r\n",
    b"Frequency (Hz),Response (dB)\n20,-1.5\n30, 2\n",
)


def test_fuzz_microphone_corrections(tmp_path: Path) -> None:
    def read(path: Path) -> None:
        correction = read_correction(path)
        assert np.isfinite(correction.at(np.array([0.0, 20.0, 1e9]))).all()

    mutate = either(mutate_text, mutate_text, mutate_bytes)
    outcome = fuzz(SEEDS, mutate, reading_from(tmp_path / "mic.txt", read), n_cases=1500)
    assert outcome.n_accepted > 200
    assert outcome.refused.total() > 200
