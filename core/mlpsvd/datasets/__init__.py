"""Data sets: synthetic clips, recordings on disk, and their split into training and test."""
