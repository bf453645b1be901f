"""Training: settings, rank adaptation, and the trainer with its events."""
