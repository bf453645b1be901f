"""Linear algebra that NumPy does not have: functions of singular values, and thresholds for random matrices."""
