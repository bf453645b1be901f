"""Input devices: PortAudio and PulseAudio, from the list of devices to recovery after a loss."""
