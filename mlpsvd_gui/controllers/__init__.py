"""Each joins a model, a view and a worker."""
