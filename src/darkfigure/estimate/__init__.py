"""Estimators of hidden populations: pure NumPy and SciPy, usable alone.

The modules write ``import scipy`` and ``scipy.special.psi``, not ``from scipy.special import psi``: SciPy then loads
its parts at first use, and importing this package takes a third of the time.
"""

from darkfigure.estimate.outcomes import Method
from darkfigure.estimate.registry import REGISTRY, answer, estimate
from darkfigure.records.aggregate import CaptureTable

__all__ = ["REGISTRY", "CaptureTable", "Method", "answer", "estimate"]
