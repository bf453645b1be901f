"""Sources of sound that write into a ring buffer."""
