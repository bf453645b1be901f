"""MLP-SVD: how neural networks tell acoustic spectra apart (Paul and Nelson, 2021).

The package knows no window. Its way of data is one-directional: signals and recordings become clips, clips become
feature vectors, a network learns from them, and what it learned is a history, singular values and a model file.
"""

__version__ = "0.1.0"
