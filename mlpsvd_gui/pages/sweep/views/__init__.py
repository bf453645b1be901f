"""Widgets of the sweep window."""
