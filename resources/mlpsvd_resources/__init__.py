"""Icons and other files of the window, read with importlib.resources."""
