"""pyqtgraph curves and pictures that know nothing of the project."""
