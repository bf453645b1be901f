"""Experiments as data, their preparation, races, runs, trials and paper results."""
