"""Sound in: audio files, the ring buffer, and sources that play into it."""
