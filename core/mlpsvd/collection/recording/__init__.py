"""Recording takes from a running audio source."""
