"""Sweeps: an experiment over lists and ranges of settings, repeated over seeds."""
