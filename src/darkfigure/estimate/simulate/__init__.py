"""Worlds of known size to draw tables from, and studies of how estimators do in them."""

from darkfigure.estimate.simulate.closed_worlds import Heterogeneous, Homogeneous, TimeVarying, TrapResponse
from darkfigure.estimate.simulate.count_worlds import RepeatedCounts
from darkfigure.estimate.simulate.covariate_worlds import CovariateDriven, Strata
from darkfigure.estimate.simulate.coverage import CoverageRow, Outcome, coverage_study, run_draws, summarise
from darkfigure.estimate.simulate.drawing import World, draw
from darkfigure.estimate.simulate.list_worlds import LogLinear, from_fit
from darkfigure.estimate.simulate.open_worlds import OpenPopulation

__all__ = [
    "CovariateDriven",
    "CoverageRow",
    "Heterogeneous",
    "Homogeneous",
    "LogLinear",
    "OpenPopulation",
    "Outcome",
    "RepeatedCounts",
    "Strata",
    "TimeVarying",
    "TrapResponse",
    "World",
    "coverage_study",
    "draw",
    "from_fit",
    "run_draws",
    "summarise",
]
