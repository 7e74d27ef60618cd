"""Bayesian estimators: averaging over decomposable graphs, and latent classes."""

from darkfigure.estimate.bayes.decomposable_graphs import decomposable_graphs
from darkfigure.estimate.bayes.latent_classes import latent_classes
from darkfigure.estimate.bayes.missing_posterior import posterior_of_missing
from darkfigure.estimate.bayes.prior_sensitivity import SensitivityRow, prior_sensitivity

__all__ = ["SensitivityRow", "decomposable_graphs", "latent_classes", "posterior_of_missing", "prior_sensitivity"]
