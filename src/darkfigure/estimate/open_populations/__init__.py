"""Open populations: units join and leave between the occasions."""

from darkfigure.estimate.open_populations import (
    cormack_jolly_seber,
    open_log_linear,
    robust_design,
    super_population,
)
from darkfigure.estimate.outcomes import Method

METHODS: tuple[Method, ...] = (
    *cormack_jolly_seber.METHODS,
    *super_population.METHODS,
    *robust_design.METHODS,
    *open_log_linear.METHODS,
)
"""The open-population models of the registry, with their default options."""

__all__ = ["METHODS", "cormack_jolly_seber", "open_log_linear", "robust_design", "super_population"]
