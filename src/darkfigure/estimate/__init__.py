"""Estimators of hidden populations: pure NumPy and SciPy, usable alone."""

from darkfigure.estimate.outcomes import Method
from darkfigure.estimate.registry import REGISTRY, estimate

__all__ = ["REGISTRY", "Method", "estimate"]
