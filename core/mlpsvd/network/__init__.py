"""The network: the equations of Paul and Nelson (2021), readable beside the paper."""
