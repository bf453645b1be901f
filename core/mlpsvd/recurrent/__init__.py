"""Recurrent networks over the frames of a clip."""
