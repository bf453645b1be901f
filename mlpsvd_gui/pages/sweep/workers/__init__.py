"""Background work of the sweep window."""
