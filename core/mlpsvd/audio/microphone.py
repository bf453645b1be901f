"""An input device as a source: opened at its own rate, resampled to the model's, and back by itself when lost."""

from __future__ import annotations

from mlpsvd.audio.devices import InputDevice
from mlpsvd.audio.ring_buffer import RingBuffer
from mlpsvd.audio.sound_host import SoundHost
from mlpsvd.audio.source import AudioSource

__all__ = ["DEFAULT_RATE_HZ", "MicrophoneSource"]

DEFAULT_RATE_HZ = 48000.0
"""What the default device is resampled to where no rate is asked for: it may change, and its rate with it."""


class MicrophoneSource(AudioSource):
    """Listens to an input device.

    Parameters
    ----------
    host
        The owner of PortAudio.
    device
        The device; None listens to the system's default and follows it when it changes.
    sample_rate_hz
        The rate to deliver at: the model's. None takes the device's own, for the default :data:`DEFAULT_RATE_HZ`.
    channel
        Counted from 1; 0 mixes all of them down.

    Raises
    ------
    DeviceError
        If the device has no such channel.
    """

    def __init__(
        self,
        host: SoundHost,
        device: InputDevice | None = None,
        sample_rate_hz: float | None = None,
        channel: int = 0,
    ) -> None:
        native_rate_hz = DEFAULT_RATE_HZ if device is None else device.native_rate_hz
        super().__init__("Default microphone" if device is None else device.name, sample_rate_hz or native_rate_hz)
        self._host = host
        self._device = device
        self._channel = channel

    def start(self, ring: RingBuffer) -> None:
        """Begin to deliver into ``ring``; returns at once, whatever the device does."""
        raise NotImplementedError

    def stop(self) -> None:
        """Deliver nothing more; returns within a fraction of a second, also while the sound system hangs."""
