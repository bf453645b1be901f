"""Controllers of the sweep window."""
