"""An experiment as data, and what is done with one: prepare, race, keep the run."""
