"""The fused CPU engine: an epoch in one compiled call."""
