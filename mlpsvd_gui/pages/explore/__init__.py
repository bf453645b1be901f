"""Explore: filters, data, training and results."""
