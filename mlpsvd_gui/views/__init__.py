"""Panels: each shows and asks, and decides nothing."""
