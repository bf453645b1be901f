"""Runs: one execution of an experiment, and the folder that it leaves."""
