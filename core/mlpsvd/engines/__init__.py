"""Engines: implementations of one training epoch."""
