"""Sweeps of the current experiment."""
