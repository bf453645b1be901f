"""What can be measured on networks and their answers."""
