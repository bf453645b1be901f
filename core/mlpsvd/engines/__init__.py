"""How one epoch is executed."""
