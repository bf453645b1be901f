"""Audio input: files, sources and devices, and the ring buffer that they write into."""
