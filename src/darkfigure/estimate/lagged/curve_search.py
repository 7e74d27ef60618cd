"""Lag curves of all sightings, and of those whose identifiers are not shared."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from darkfigure.estimate.lagged.curve_average import CurveAverage, average_curves
from darkfigure.estimate.lagged.curve_choice import ChosenCurve, choose_curve
from darkfigure.estimate.lagged.dispersion import Dispersion, bootstrap_dispersion, sandwich_dispersion
from darkfigure.estimate.lagged.shared import shared_sightings

Array = NDArray[np.float64]
FEWEST_SIGHTINGS = 30
GONE, FEW_KEPT = 0.02, 0.06
"""Share of leases that outlast a stretch, aimed at and allowed: identifiers in use for several stretches are shared."""
MOST_BEYOND = 0.3
"""If more than that of the matches at short lags is left beyond a stretch, what was taken out was not sharing."""
LONGEST_STRETCH_SHARE = 0.33
SHORTER = 0.8
LEAST_SHARED, MOST_SHARED = 0.01, 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchOptions:
    """What the caller asked for; see ``active_sources``."""

    level: float
    interval: Literal["sandwich", "bootstrap"]
    replicates: int
    seed: int
    cut_days: float | None
    resolution_days: float


@dataclass(frozen=True, slots=True, eq=False)
class FoundCurves:
    """A chosen curve with the average over all curves.

    Parameters
    ----------
    chosen : ChosenCurve
    average : CurveAverage
    dispersion : Dispersion
    shared_share : float
        Share of the sightings left out because their identifiers are shared.
    """

    chosen: ChosenCurve
    average: CurveAverage
    dispersion: Dispersion
    shared_share: float

    def kept(self, lag_days: float) -> float:
        """Share of leases that outlast a lag."""
        used = self.chosen.counts.pairs > 0
        return float(np.interp(lag_days, self.chosen.counts.middles[used], self.average.survival[used]))

    def matched_beyond(self, lag_days: float) -> float:
        """Share of pairs that match beyond a lag, over that at the shortest lags."""
        counts = self.chosen.counts
        far = (counts.middles > lag_days) & (counts.pairs > 0)
        first = int(np.flatnonzero(counts.pairs > 0)[0])
        near = float(self.average.means[first] / counts.pairs[first])
        return float(counts.same[far].sum() / counts.pairs[far].sum()) / near if far.any() else 0.0

    def gone_after(self) -> float:
        """Lag at which few leases are left; infinite when many last as long as the period."""
        gone = np.flatnonzero((self.average.survival < GONE) & (self.chosen.counts.pairs > 0))
        return float(self.chosen.counts.middles[gone[0]]) if gone.size else math.inf

    def log_quantiles(self, level: float) -> tuple[tuple[float, float, float], float]:
        """Lower end, median and upper end of ``log n``, and its error.

        Notes
        -----
        With a share ``q`` of the sightings left out, ``n = n_rest / (1 - q)``: sources behind shared identifiers are
        taken to be as active as the others, whose number varies with a relative variance of ``q / ((1 - q) n)``.
        """
        tail = (1 - level) / 2
        low, middle, high = self.average.quantiles([tail, 0.5, 1 - tail])
        error, share = self.average.log_error, self.shared_share
        if share <= 0:
            return (low, middle, high), error
        centre = middle - math.log1p(-share)
        wide = math.sqrt(1 + share / (1 - share) / math.exp(centre) / error**2)
        return (centre - (middle - low) * wide, centre, centre + (high - middle) * wide), error * wide


def fitted_curves(
    entity: NDArray[np.int64], days: Array, options: SearchOptions, *, shared_share: float = 0.0
) -> FoundCurves:
    """Which curves do these sightings support?

    Raises
    ------
    LookupError
        No identifier comes back beyond any gap.
    """
    chosen = choose_curve(entity, days, cut_days=options.cut_days, resolution_days=options.resolution_days)
    if options.interval == "sandwich":
        dispersion = sandwich_dispersion(chosen)
    else:
        dispersion = bootstrap_dispersion(chosen, replicates=options.replicates, seed=options.seed)
    average = average_curves(chosen, dispersion=dispersion, seed=options.seed)
    return FoundCurves(chosen, average, dispersion, shared_share)


def curves_without_shared(entity: NDArray[np.int64], days: Array, options: SearchOptions) -> FoundCurves | None:
    """Which curves do the sightings support whose identifiers are not shared?

    Identifiers in use far longer than any lease are left out: for most of a third of the period first, then, if leases
    prove shorter, for a shorter time. This works whether the sources behind them draw a new one at each sighting or
    keep one for a while; the curve of all sightings counts only those that keep one.

    Returns
    -------
    FoundCurves or None
        Nothing when few identifiers are shared, nearly all are, or leases last too long to tell.
    """
    stretch = LONGEST_STRETCH_SHARE * float(np.ptp(days))
    found = _left(entity, days, options, stretch)
    if found is None or found.kept(stretch) > FEW_KEPT or found.matched_beyond(stretch) > MOST_BEYOND:
        return None
    shorter = found.gone_after()
    if shorter < SHORTER * stretch:
        finer = _left(entity, days, options, shorter)
        if finer is not None and finer.kept(shorter) <= FEW_KEPT:
            return finer
    return found


def _left(entity: NDArray[np.int64], days: Array, options: SearchOptions, stretch: float) -> FoundCurves | None:
    shared = shared_sightings(entity, days, stretch_days=stretch)
    share = float(shared.mean())
    if not LEAST_SHARED < share < MOST_SHARED or int((~shared).sum()) < FEWEST_SIGHTINGS:
        return None
    try:
        return fitted_curves(entity[~shared], days[~shared], options, shared_share=share)
    except LookupError:
        return None
