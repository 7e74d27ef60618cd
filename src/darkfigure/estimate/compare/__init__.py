"""Comparisons: all estimators on one table, and one estimator on tables that differ a little."""

from darkfigure.estimate.compare.figure import spread_svg
from darkfigure.estimate.compare.influence import CellInfluence, influence, jackknife_error
from darkfigure.estimate.compare.page import spread_page
from darkfigure.estimate.compare.reliability import HiddenList, Variant, consistency, merging, omission, trajectory
from darkfigure.estimate.compare.reliability_kit import Reliability, examine
from darkfigure.estimate.compare.side_by_side import Multiverse, multiverse
from darkfigure.estimate.compare.spread import Placed, Spread

__all__ = [
    "CellInfluence",
    "HiddenList",
    "Multiverse",
    "Placed",
    "Reliability",
    "Spread",
    "Variant",
    "consistency",
    "examine",
    "influence",
    "jackknife_error",
    "merging",
    "multiverse",
    "omission",
    "spread_page",
    "spread_svg",
    "trajectory",
]
