"""Import of models that other programs have trained."""
