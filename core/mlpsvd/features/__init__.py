"""Features: from a clip to the vector that enters the network, fitted on the training set."""
