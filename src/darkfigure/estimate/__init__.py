"""Estimators of hidden populations: pure NumPy and SciPy, usable alone.

``estimate("Mth-chao", table)`` answers with one method, ``multiverse(table)`` with all of them side by side,
``examine(table, "Mth-chao")`` says how firm one number is; ``REGISTRY`` lists the methods. Families with options have
factories in ``closed``, ``lists``, ``bayes``, ``counts``, ``open_populations`` and ``covariates``; ``simulate`` draws
tables with a known truth, ``lagged`` counts sources behind changing identifiers, ``sensitivity`` and ``trend`` say what
would overturn a number or a rise.

The modules write ``import scipy`` and ``scipy.special.psi``, not ``from scipy.special import psi``: SciPy then loads
its parts at first use, and importing this package takes a third of the time.
"""

from darkfigure.estimate.outcomes import Method
from darkfigure.estimate.registry import REGISTRY, answer, estimate
from darkfigure.records.aggregate import CaptureTable, NotEstimable, PopulationEstimate, SurvivalEstimate

# The comparison reads the registry, so it comes after it.
from darkfigure.estimate.compare import examine, multiverse  # isort: skip

__all__ = [
    "REGISTRY",
    "CaptureTable",
    "Method",
    "NotEstimable",
    "PopulationEstimate",
    "SurvivalEstimate",
    "answer",
    "estimate",
    "examine",
    "multiverse",
]
