"""Readings of a lagged estimate when sources differ in how active they are."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from darkfigure.estimate.lagged.curve_search import FoundCurves
from darkfigure.estimate.lagged.sessions import first_of_sessions
from darkfigure.records.aggregate import Reading

Array = NDArray[np.float64]
STILL_KEPT = 0.8
FEWEST_TRIPLES = 50.0
LARGEST_RATIO = 1.75
_FLOOR_SHARE = 0.1


def readings(
    found: FoundCurves, entity: NDArray[np.int64], days: Array, *, n_active: float, static: bool
) -> tuple[Reading, ...]:
    """What does the number become if activity is unequal?

    Returns
    -------
    tuple of Reading
        The lower bound; and the number adjusted by triples of sightings, or, when those are too few, the number for a
        declared inequality.
    """
    bound = Reading(
        name="lower-bound", n_active=n_active, words="Whatever the differences in activity, at least so many."
    )
    cv2 = activity_cv2(found, entity, days) if found.shared_share <= 0 else None
    if cv2 is None:
        words = (
            "If activity differs as much as in an exponential law (coefficient of variation 1), twice as many; these "
            "data do not say how much it differs."
        )
        return bound, Reading(name="unequal-activity", n_active=2 * n_active, words=words)
    words = (
        f"Adjusted for unequal activity seen in threefold sightings (squared coefficient of variation {cv2:.2f}, if "
        "activity follows a gamma law)."
    )
    return bound, Reading(name="heterogeneity-adjusted", n_active=(1 + cv2) * n_active, words=words)


def activity_cv2(found: FoundCurves, entity: NDArray[np.int64], days: Array) -> float | None:
    """How unequal is activity, by threefold against twofold sightings of one identifier close together?

    Parameters
    ----------
    found : FoundCurves
    entity : ndarray of int, shape (sightings,)
    days : ndarray, shape (sightings,)

    Returns
    -------
    float or None
        Squared coefficient of variation; ``None`` when triples are few or matches often chance.

    Notes
    -----
    In a window in which few leases end, pairs are of one source with probability ``sum a^2 / (sum a)^2`` and triples
    with ``sum a^3 / (sum a)^3``. For gamma activities ``R = triples / pairs^2 = (1 + 2 c) / (1 + c)``, so
    ``c = (R - 1) / (2 - R)``. Leases that end in the window enter ``R`` as ``S(2 w / 3)`` against ``S(w / 2)^2`` at the
    mean spans of triples and pairs.
    """
    counts, average = found.chosen.counts, found.average
    floor = average.quantiles([0.5], of=average.floor)[0]
    if floor * counts.pairs.sum() > _FLOOR_SHARE * counts.same.sum():
        return None
    lasting = np.flatnonzero((average.survival >= STILL_KEPT) & (counts.pairs > 0))
    if lasting.size == 0:
        return None
    window = float(counts.middles[lasting[-1]])
    who, when = first_of_sessions(entity, days, gap_days=found.chosen.cut_days)
    pairs, triples = _within(np.sort(when), np.zeros(when.size, dtype=np.intp), window)
    order = np.lexsort((when, who))
    same_pairs, same_triples = _within(when[order], np.unique(who[order], return_inverse=True)[1], window)
    if same_triples < FEWEST_TRIPLES or min(pairs, triples, same_pairs) <= 0:
        return None
    kept = found.kept(2 * window / 3) / found.kept(window / 2) ** 2
    ratio = same_triples / triples / (same_pairs / pairs) ** 2 / kept
    if not ratio < LARGEST_RATIO:
        return None
    return max(0.0, (ratio - 1) / (2 - ratio))


def _within(when: Array, group: NDArray[np.intp], window: float) -> tuple[float, float]:
    """Pairs and triples of one group that lie within a window; rows are sorted by group and time."""
    start = float(when.min())
    reach = (float(when.max()) - start + window) * 2 + 1
    place = (when - start) + group * reach
    after = np.searchsorted(place, place + window, side="right") - np.arange(place.size) - 1
    pairs = after.astype(float)
    return math.fsum(pairs), math.fsum(pairs * (pairs - 1) / 2)
