"""Record: labelled recordings for training."""
