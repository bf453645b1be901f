"""Classification of live sound."""
