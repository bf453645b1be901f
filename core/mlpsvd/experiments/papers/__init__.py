"""The tables and figures of Paul and Nelson (2021), and further studies: one module each."""
