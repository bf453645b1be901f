"""Analysis of trained networks and of the data that they were trained on."""
