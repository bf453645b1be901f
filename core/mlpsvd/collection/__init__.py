"""Recordings made in the program, kept on disk with a journal of every change."""
