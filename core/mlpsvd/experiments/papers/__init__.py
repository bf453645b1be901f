"""The tables and figures of Paul and Nelson (2021), and some beyond the paper: one module each."""
