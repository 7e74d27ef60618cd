"""Estimators that use what is known of each unit: strata, doubly robust two-list estimation, conditional likelihood."""

from darkfigure.estimate.covariates import strata, two_lists, unit_chances
from darkfigure.estimate.covariates.learners import Learner, RidgeMultinomial
from darkfigure.estimate.covariates.replicates import combine_replicates
from darkfigure.estimate.covariates.strata import pool_strata, stratified
from darkfigure.estimate.covariates.two_lists import doubly_robust
from darkfigure.estimate.covariates.unit_chances import huggins

METHODS = (*strata.METHODS, *two_lists.METHODS, *unit_chances.METHODS)

__all__ = [
    "METHODS",
    "Learner",
    "RidgeMultinomial",
    "combine_replicates",
    "doubly_robust",
    "huggins",
    "pool_strata",
    "stratified",
]
