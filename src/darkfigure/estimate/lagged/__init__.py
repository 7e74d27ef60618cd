"""Sources behind identifiers that change hands: lagged identification."""

from darkfigure.estimate.lagged.active_sources import active_sources
from darkfigure.estimate.lagged.worlds import LeaseWorld

__all__ = ["LeaseWorld", "active_sources"]
