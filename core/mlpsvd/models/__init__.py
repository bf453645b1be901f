"""Trained models as files, and the classifier built from one."""
