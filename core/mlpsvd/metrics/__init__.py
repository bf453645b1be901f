"""Metrics of classification results: accuracy, confusion matrices, confidence intervals and tests."""
