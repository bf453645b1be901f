"""Creation of the chosen source."""

from __future__ import annotations

from pathlib import Path

from mlpsvd.audio.devices.microphone import MicrophoneSource
from mlpsvd.audio.devices.portaudio_thread import PortAudioThread
from mlpsvd.audio.files import info
from mlpsvd.audio.sources.file_source import FileSource
from mlpsvd.audio.sources.paced_source import Pace
from mlpsvd.audio.sources.source import AudioSource
from mlpsvd.audio.sources.synthetic_source import SyntheticSource
from mlpsvd.errors import DataError
from mlpsvd_gui.pages.listen.controllers.devices import DevicesController
from mlpsvd_gui.pages.listen.views.source_chooser import FILE_SOURCE, MICROPHONE_SOURCE, SourceChooser
from mlpsvd_gui.state.available_models import AvailableModel

__all__ = ["SourceFactory"]


class SourceFactory:
    """Creates the chosen source at the model's sample rate, or at its own without a model."""

    def __init__(self, chooser: SourceChooser, devices: DevicesController, host: PortAudioThread) -> None:
        self._chooser = chooser
        self._devices = devices
        self._host = host

    def make(self, model: AvailableModel | None) -> AudioSource:
        """Create the chosen source.

        Raises
        ------
        MlpSvdError
            If the model has no filter bank, the device lacks the channel, or the recording cannot be read.
        """
        if self._chooser.kind == MICROPHONE_SOURCE:
            return self._microphone(model)
        return self._file(model) if self._chooser.kind == FILE_SOURCE else self._bank(model)

    def reason_not_to_start(self, model: AvailableModel | None) -> str:
        """Return what is missing before a session can start; otherwise an empty text."""
        if self._chooser.kind == MICROPHONE_SOURCE:
            return ""
        if self._chooser.kind == FILE_SOURCE:
            return "" if self._chooser.path else "Choose a recording first"
        if model is None:
            return "Train a network or open a model file first; the bank comes from the model"
        return "" if model.bank is not None else "This model was not trained on a synthetic bank; use a recording"

    @staticmethod
    def serves(source: AudioSource, before: AvailableModel | None, model: AvailableModel) -> bool:
        """Whether a running source also serves another model, without a restart."""
        classifier = model.classifier
        if source.sample_rate_hz != classifier.sample_rate_hz:
            return False
        if isinstance(source, MicrophoneSource):
            return True
        if isinstance(source, SyntheticSource):
            return before is not None and before.bank == model.bank and before.window_s == model.window_s
        return before is None or before.classifier.model.contract.channel == classifier.model.contract.channel

    def _microphone(self, model: AvailableModel | None) -> MicrophoneSource:
        rate_hz = model.classifier.sample_rate_hz if model is not None else None
        return MicrophoneSource(self._host, self._devices.chosen, rate_hz, self._chooser.devices.channel)

    def _file(self, model: AvailableModel | None) -> FileSource:
        chooser = self._chooser
        pace = Pace.REAL_TIME if chooser.is_real_time else Pace.FASTEST
        loops = chooser.loops and chooser.is_real_time  # endless playback at maximum speed makes no sense
        path = Path(chooser.path)
        if model is None:
            return FileSource(path, info(path).sample_rate_hz, pace, loops)
        return FileSource(path, model.classifier.sample_rate_hz, pace, loops, model.classifier.model.contract.channel)

    def _bank(self, model: AvailableModel | None) -> SyntheticSource:
        if model is None or model.bank is None:
            raise DataError(f"{self.reason_not_to_start(model)}.")
        rate_hz, bank = model.classifier.sample_rate_hz, model.bank
        return SyntheticSource(bank.filters, bank.noise, rate_hz, model.window_s, self._chooser.class_index)
