"""The live session: decisions step by step, pausing, stopping, models that come later."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mlpsvd.audio.sources.file_source import FileSource
from mlpsvd.audio.sources.paced_source import Pace
from mlpsvd.audio.sources.source import SourceState
from mlpsvd.classification.classifier import Classifier
from mlpsvd.classification.live.decision import LiveDecision
from mlpsvd.classification.live.session import Session
from mlpsvd.classification.live.settings import LiveSettings
from mlpsvd.errors import SettingError
from mlpsvd.features.settings import FeatureSettings
from mlpsvd.features.spectra import fit
from mlpsvd.models.input_contract import InputContract
from mlpsvd.models.model import Model
from mlpsvd.network.spec import LayerSpec, NetworkSpec

RATE_HZ = 8000.0
WINDOW = 400


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    """An untrained network: its numbers depend on every sample."""
    rng = np.random.default_rng(1)
    clips = rng.normal(size=(20, WINDOW)).astype(np.float32)
    features = fit(clips, RATE_HZ, FeatureSettings(fft_size=64, hop=32, segments="several"))
    spec = NetworkSpec((LayerSpec("dense", features.n_features, 3, 3, "softmax"),), "cross-entropy")
    theta = rng.normal(size=spec.n_parameters).astype(np.float32)
    contract = InputContract.of_clips(features.sample_rate_hz, WINDOW / RATE_HZ, features.settings.fft_size)
    return Classifier(Model(spec, theta, features, ("a", "b", "c"), contract))


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Ten windows of noise, and 60 % of one."""
    samples = np.random.default_rng(2).uniform(-0.5, 0.5, 10 * WINDOW + 240).astype(np.float32)
    soundfile.write(tmp_path / "noise.wav", samples, int(RATE_HZ), subtype="FLOAT")
    return tmp_path / "noise.wav"


def source(path: Path, pace: Pace = Pace.FASTEST) -> FileSource:
    return FileSource(path, RATE_HZ, pace)


def test_a_file_is_classified_to_its_end(recording: Path, classifier: Classifier) -> None:
    session = Session(source(recording), classifier, LiveSettings(hop_share=1.0))
    steps = list(session.steps())
    decisions = [one for step in steps for one in step.decisions]
    samples, _ = soundfile.read(recording, dtype="float32")
    expected = classifier.probabilities_many(list(samples[: 10 * WINDOW].reshape(10, WINDOW)))
    np.testing.assert_allclose([one.probabilities for one in decisions[:10]], expected, atol=1e-6)
    assert [round(one.start_s * RATE_HZ) for one in decisions[:10]] == list(range(0, 10 * WINDOW, WINDOW))
    assert [step.is_last for step in steps] == [False] * (len(steps) - 1) + [True]
    assert all(len(step.decisions) <= 1 for step in steps)
    assert session.received_s == pytest.approx((10 * WINDOW + 240) / RATE_HZ) and session.lost_s == 0.0
    assert session.source.status.state is SourceState.FINISHED


def test_the_ring_holds_its_history_or_eight_windows(recording: Path, classifier: Classifier) -> None:
    n_samples = [Session(source(recording), classifier, history_s=s).ring.capacity for s in (0.1, 12.0)]
    assert n_samples == [8 * WINDOW + 1, 12 * RATE_HZ + 1]


def test_not_pulling_pauses_training_and_closing_stops_it(recording: Path, classifier: Classifier) -> None:
    session = Session(source(recording, Pace.REAL_TIME), classifier, LiveSettings(hop_share=1.0))
    with closing(session.steps()) as steps:
        first = next(step for step in steps if step.decisions)
        assert session.source.status.state is SourceState.RUNNING
    assert len(first.decisions) == 1
    assert session.source.status.state is SourceState.STOPPED
    assert session.received_s < 0.5


def test_idle_steps_wait_and_steps_with_decisions_breathe(recording: Path, classifier: Classifier) -> None:
    waits: list[float] = []
    session = Session(source(recording), classifier, LiveSettings(hop_share=1.0))
    n_with_decisions = sum(bool(step.decisions) for step in session.steps(8, 0.002, waits.append))
    assert waits.count(0.002) in (n_with_decisions, n_with_decisions - 1)
    assert set(waits) <= {0.002, 0.003}


def test_a_session_listens_without_a_model_until_one_comes(recording: Path, classifier: Classifier) -> None:
    session = Session(source(recording, Pace.REAL_TIME), None)
    decisions: list[LiveDecision] = []
    for step in session.steps():
        assert session.has_model or not step.decisions
        decisions += step.decisions
        if not session.has_model and session.received_s > 0.1:
            session.set_settings(LiveSettings(hop_share=1.0))
            session.swap(classifier)
    assert decisions and decisions[0].start_s >= 0.05
    hops = np.diff([one.start_s for one in decisions[:3]])
    np.testing.assert_allclose(hops, WINDOW / RATE_HZ)


def test_an_impossible_setting_changes_nothing(recording: Path, classifier: Classifier) -> None:
    session = Session(source(recording), classifier, LiveSettings(hop_share=1.0))
    with pytest.raises(SettingError, match="hop_share"):
        session.set_settings(LiveSettings(hop_share=-1.0))
    assert sum(len(step.decisions) for step in session.steps()) >= 10


def test_a_file_that_cannot_be_read_ends_the_session(tmp_path: Path, classifier: Classifier) -> None:
    (tmp_path / "empty.wav").write_bytes(b"")
    last = list(Session(source(tmp_path / "empty.wav"), classifier).steps())[-1]
    assert last.is_last and last.status.state is SourceState.FAILED and "empty.wav" in last.status.message
