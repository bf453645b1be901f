"""Explore: filters, data, training and what it gives."""
