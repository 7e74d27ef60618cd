"""Crime or reporting? What may lie behind the change from one year to another, as bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from darkfigure.estimate.trend.decomposition import Decomposition, SizeAt, decompose
from darkfigure.estimate.trend.service_panel import ServiceCounts, panel_change
from darkfigure.histories import Window
from darkfigure.prevalence.options import PrevalenceOptions, Progress
from darkfigure.prevalence.trust import SourcesResult, sources_in
from darkfigure.records.aggregate import LaggedEstimate, NotEstimable
from darkfigure.records.restricted import Sightings

Rows = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class YearChange:
    """The change between two year ends and its possible causes.

    Parameters
    ----------
    first, last : Window
    found : Decomposition or NotEstimable
    sized : bool
        Whether the number of sources could be estimated in both years at the services that reported throughout.
    again : int
        Fewest addresses seen again there, of the two years; for protection only.
    """

    first: Window
    last: Window
    found: Decomposition | NotEstimable
    sized: bool
    again: int


def year_changes(
    sightings: Sightings, windows: Sequence[Window], *, options: PrevalenceOptions, progress: Progress
) -> tuple[YearChange, ...]:
    """Did crime rise, or reporting, or the number of services, from one year end to the next and from first to last?

    Parameters
    ----------
    sightings : Sightings
    windows : sequence of Window
        Year ends that share no day, by end date.
    options : PrevalenceOptions
    progress : Progress

    Returns
    -------
    tuple of YearChange
        Each year over the one before it, then the last over the first where there are more than two.
    """
    pairs = [*pairwise(windows), *([(windows[0], windows[-1])] if len(windows) > 2 else [])]
    counts = _counts(sightings, windows)
    kept: dict[tuple[Window, tuple[str, ...]], tuple[SourcesResult, Sightings, int]] = {}
    made = []
    for done, (first, last) in enumerate(pairs, start=1):
        made.append(_change(sightings, counts, first, last, kept, options))
        progress("Changes divided", done, len(pairs))
    return tuple(made)


def _change(
    sightings: Sightings,
    counts: ServiceCounts,
    first: Window,
    last: Window,
    kept: dict[tuple[Window, tuple[str, ...]], tuple[SourcesResult, Sightings, int]],
    options: PrevalenceOptions,
) -> YearChange:
    panel = panel_change(counts, first=_name(first), last=_name(last))
    if isinstance(panel, NotEstimable):
        return YearChange(first=first, last=last, found=panel, sized=False, again=0)
    codes = [sightings.services.index(name) for name in panel.services]
    for window in (first, last):
        if (window, panel.services) not in kept:
            rows = sightings.where(_inside(sightings, window) & np.isin(sightings.service, codes))
            again = int((np.unique(rows.entity, return_counts=True)[1] > 1).sum())
            kept[window, panel.services] = sources_in(rows, window, again, options), rows, again
    (size_1, rows_1, again_1), (size_2, rows_2, again_2) = (kept[w, panel.services] for w in (first, last))
    sizes = _sizes(size_1, size_2)
    found = decompose(
        counts,
        first=_name(first),
        last=_name(last),
        sizes=sizes,
        addresses=(int(np.unique(rows_1.entity).size), int(np.unique(rows_2.entity).size)),
        dispersion=max(_clumping(rows_1), _clumping(rows_2)),
        level=options.level,
    )
    return YearChange(first=first, last=last, found=found, sized=sizes is not None, again=min(again_1, again_2))


def _sizes(first: SourcesResult, last: SourcesResult) -> tuple[SizeAt, SizeAt] | None:
    if not isinstance(first, LaggedEstimate) or not isinstance(last, LaggedEstimate):
        return None
    one, two = (SizeAt(n=r.n_active, lower=r.interval.lower, upper=r.interval.upper) for r in (first, last))
    return one, two


def _clumping(rows: Sightings) -> float:
    """Variance over mean of a count that comes in clumps by address."""
    clumps = np.unique(rows.entity, return_counts=True)[1].astype(float)
    return max(1.0, float((clumps**2).sum() / clumps.sum())) if clumps.size else 1.0


def _name(window: Window) -> str:
    return window.end.isoformat()


def _inside(sightings: Sightings, window: Window) -> Rows:
    return (sightings.day >= window.start_day) & (sightings.day <= window.end_day)


def _counts(sightings: Sightings, windows: Sequence[Window]) -> ServiceCounts:
    """Selected sightings by service and year end."""
    size = len(sightings.services)
    columns = [np.bincount(sightings.service[_inside(sightings, w)], minlength=size) for w in windows]
    return ServiceCounts(sightings.services, tuple(_name(w) for w in windows), np.array(columns, dtype=np.int64).T)
