"""Optimisers, the discarding of singular values, and the trainer with its stream of events."""
