"""General-purpose pyqtgraph plots, independent of the rest of the program."""
