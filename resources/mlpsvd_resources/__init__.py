"""Icons and other resources of the window, read with importlib.resources."""
