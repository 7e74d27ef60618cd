"""How often an address is seen again a given time later: the footprint of churn and of clusters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from darkfigure.histories.sweep import distinct_keys, pack_keys, unpack_keys, weekly_counts
from darkfigure.histories.windows import Window
from darkfigure.records.restricted import Sightings


@dataclass(frozen=True, slots=True)
class LagBand:
    """Distances in time, from ``first`` to ``last`` occasions, both included."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class LagRecapture:
    """Addresses seen again within one band of lags.

    Parameters
    ----------
    band : LagBand
        The distances.
    chances : int
        Pairs of (address seen on an occasion, later occasion of the window at a distance in the band).
    again : int
        Those on whose later occasion the address was seen again.
    pairs : int
        Sum of ``n_i * n_j`` over the pairs of occasions at a distance in the band.
    """

    band: LagBand
    chances: int
    again: int
    pairs: int

    @property
    def share(self) -> float:
        """Share of chances in which the address was seen again; 0 without a chance."""
        return self.again / self.chances if self.chances else 0.0

    @property
    def implied_total(self) -> float:
        """Population that these recaptures alone imply; infinite without one.

        Notes
        -----
        Lincoln-Petersen pooled over pairs of occasions: ``sum n_i n_j / sum m_ij``. Unlike the share it does not rise
        or fall with reporting effort, so in a closed population it is the same for every band.
        """
        return self.pairs / self.again if self.again else float("inf")


def recapture_by_lag(
    sightings: Sightings, window: Window, *, bands: Sequence[LagBand], occasion_days: int = 7
) -> tuple[LagRecapture, ...]:
    """How likely is an address seen in a window to be seen again, by the time that has passed?

    In a closed population the share does not depend on the lag. A share that falls with the lag shows that addresses
    go out of use (churn); a share that is far higher at the shortest lag shows repeated reports of one event.

    Parameters
    ----------
    sightings : Sightings
        Restricted rows.
    window : Window
        Its whole occasions count, from its last day back.
    bands : sequence of LagBand
        Distances in occasions.
    occasion_days : int
        Length of an occasion.

    Returns
    -------
    tuple of LagRecapture
        One for each band.

    Examples
    --------
    >>> from datetime import date
    >>> seen = Sightings(entity=np.array([0, 0, 1], dtype=np.int32), day=np.array([0, 7, 1], dtype=np.int32),
    ...                  service=np.zeros(3, dtype=np.int16), services=("Service A",), n_entities=2)
    >>> recapture_by_lag(seen, Window(date(1970, 1, 14), 14), bands=[LagBand(1, 1)])[0].share
    0.5
    """
    n_weeks = window.days // occasion_days
    origin = window.end_day - n_weeks * occasion_days + 1
    inside = (sightings.day >= origin) & (sightings.day <= window.end_day)
    week = (sightings.day[inside].astype(np.int64) - origin) // occasion_days
    keys = distinct_keys(pack_keys(sightings.entity[inside], week))
    seen_by_week = weekly_counts(keys, n_weeks=n_weeks)
    again = np.zeros(n_weeks, dtype=np.int64)
    chances = np.zeros(n_weeks, dtype=np.int64)
    pairs = np.zeros(n_weeks, dtype=np.int64)
    # Distances between the sightings of one address: the d-th next key of the same address, for every d that occurs.
    entity, weeks = unpack_keys(keys)
    for d in range(1, n_weeks):
        same = entity[d:] == entity[:-d]
        if not same.any():
            break
        again += np.bincount((weeks[d:] - weeks[:-d])[same], minlength=n_weeks)
    for lag in range(1, n_weeks):
        chances[lag] = int(seen_by_week[: n_weeks - lag].sum())
        pairs[lag] = int(seen_by_week[: n_weeks - lag] @ seen_by_week[lag:])
    return tuple(LagRecapture(b, *(int(x[b.first : b.last + 1].sum()) for x in (chances, again, pairs))) for b in bands)
