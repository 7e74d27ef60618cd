"""Identifiers that do not change within the period: sources can be counted if none of them is shared."""

from __future__ import annotations

import math

import numpy as np
import scipy
from numpy.typing import NDArray

from darkfigure.estimate.lagged.curve_average import average_curves
from darkfigure.estimate.lagged.curve_search import FoundCurves
from darkfigure.estimate.lagged.sessions import first_of_sessions
from darkfigure.estimate.outcomes import UnanswerableError
from darkfigure.records.aggregate import Reason

Array = NDArray[np.float64]
FEWEST_MATCHES = 30.0
MOST_PER_ENTITY = 3.0
MOST_A_YEAR = 60.0
"""Sightings of one identifier a year beyond which one source behind it is not believed."""
LARGEST_LOG_ERROR = 0.35
UNEQUAL = 0.001
NO_FALL = 4.0
FOR_EVER = 300.0
"""Periods that the longest lease considered lasts: over one of them nothing is given up."""
YEAR_DAYS = 365.25


def unchanging_quantiles(
    found: FoundCurves, entity: NDArray[np.int64], days: Array, *, level: float, seed: int
) -> tuple[tuple[float, float, float], float, dict[str, float]]:
    """How many sources, if identifiers stay with them and none is shared?

    Parameters
    ----------
    found : FoundCurves
        Of all sightings; its curve does not fall.
    entity : ndarray of int, shape (sightings,)
    days : ndarray, shape (sightings,)
    level : float
    seed : int

    Returns
    -------
    tuple
        Lower end, median and upper end of ``log n``; its error; and diagnostics.

    Raises
    ------
    UnanswerableError
        Matches are few, or some identifiers are far busier than others, or all are busier than one source.
    """
    chosen, counts = found.chosen, found.chosen.weighed
    matches = float(counts.same.sum())
    n_flat = float(counts.pairs.sum()) / matches
    if matches < FEWEST_MATCHES or n_flat > MOST_PER_ENTITY * counts.n_entities:
        raise UnanswerableError(
            Reason.NOT_IDENTIFIED,
            "Identifiers come back no more often at short lags than at long ones, and seldom at all: all lags may be "
            "longer than the time an identifier is kept, and the matches chance.",
            {"matches": matches, "n_active_if_kept": n_flat},
        )
    who, _ = first_of_sessions(entity, days, gap_days=chosen.cut_days)
    equal = equal_activity(who)
    a_year = counts.n_sightings / counts.n_entities / counts.span_days * YEAR_DAYS
    if equal < UNEQUAL or a_year > MOST_A_YEAR:
        raise UnanswerableError(
            Reason.NOT_IDENTIFIED,
            "Most identifiers do not change within the period, and some or all are busier than equally active sources "
            "would make them: identifiers shared by several sources cannot be told from sources that are more active "
            "or keep theirs for longer.",
            {"equal_activity_probability": equal, "sightings_a_year": a_year, "n_active_if_not_shared": n_flat},
        )
    fall = chosen.gain_over_flat() / found.dispersion.curve
    if fall < NO_FALL:
        error = math.sqrt(found.dispersion.total)
        z = float(scipy.special.ndtri((1 + level) / 2))
        middle = math.log(n_flat)
        quantiles = (middle - z * error, middle, middle + z * error)
    else:
        average = average_curves(
            chosen, dispersion=found.dispersion, seed=seed, floor_possible=0.0, longest_periods=FOR_EVER
        )
        tail = (1 - level) / 2
        low, middle, high = average.quantiles([tail, 0.5, 1 - tail])
        quantiles, error = (low, middle, high), average.log_error
    if not error <= LARGEST_LOG_ERROR:
        raise UnanswerableError(
            Reason.TOO_WIDE,
            "Identifiers hardly change within the period, and too few come back to say how many sources there are.",
            {"log_standard_error": error},
        )
    return quantiles, error, {"fall": fall, "equal_activity_probability": equal}


def equal_activity(entity: NDArray[np.int64]) -> float:
    """How likely are sightings so unequal among identifiers, if all were equally active?

    Notes
    -----
    Pearson's statistic of the counts about a zero-truncated Poisson law, against its normal limit; small when they are
    more unequal.

    Examples
    --------
    >>> equal_activity(np.repeat([1, 2, 3], [90, 1, 1])) < 1e-6
    True
    """
    _, seen = np.unique(entity, return_counts=True)
    mean = float(seen.mean())
    if mean <= 1 + 1e-9:
        return 1.0
    rate = float(scipy.optimize.brentq(lambda x: x / -np.expm1(-x) - mean, 1e-9, mean + 1e-9))
    variance = mean * (1 + rate - mean)
    excess = float(((seen - mean) ** 2).mean() / variance)
    return float(scipy.stats.norm.sf((excess - 1) / math.sqrt(2 / seen.size + 1 / (variance * seen.size))))
