"""Estimators of hidden populations: pure NumPy and SciPy, usable alone."""
