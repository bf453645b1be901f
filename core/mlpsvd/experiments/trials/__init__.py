"""Trials: repetitions of experiments with other seeds, on one or many cores, a GPU or a cluster."""
