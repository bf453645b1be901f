"""The fused GPU engine: many small networks in one kernel call."""
