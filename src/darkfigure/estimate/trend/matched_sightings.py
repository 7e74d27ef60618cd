"""Crime or reporting, from sightings: sources in two periods compared at the same services and the same effort."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkfigure.errors import EstimateError
from darkfigure.estimate.lagged import active_sources
from darkfigure.estimate.trend.asked import checked_level
from darkfigure.estimate.trend.decomposition import Decomposition, Limits, SizeAt, decompose
from darkfigure.estimate.trend.joint_windows import missing
from darkfigure.estimate.trend.service_panel import PanelChange, ServiceCounts, panel_change
from darkfigure.records.aggregate import LaggedEstimate, NotEstimable

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Span = tuple[float, float]
Progress = Callable[[str, int, int], None]
_NAMES = ("earlier", "later")


def _quiet(_stage: str, _done: int, _total: int) -> None:
    return


@dataclass(frozen=True, slots=True, kw_only=True)
class CrimeOrReporting:
    """What sightings of two periods say about crime and reporting.

    Parameters
    ----------
    decomposition : Decomposition
        Bounds on the possible causes.
    sizes : tuple of LaggedEstimate or NotEstimable
        Sources active in each period, from matched sightings of the panel; a refusal leaves the counts alone to speak.
    matched : int
        Sightings of the panel used in each period, the same number from each service in both.
    """

    decomposition: Decomposition
    sizes: tuple[LaggedEstimate | NotEstimable, LaggedEstimate | NotEstimable]
    matched: int

    def sentences(self) -> tuple[str, ...]:
        """The answer in words, the most important first."""
        said = list(self.decomposition.sentences())
        for name, size in zip(_NAMES, self.sizes, strict=True):
            if isinstance(size, NotEstimable):
                said.append(f"Sources active in the {name} period cannot be estimated: {size.explanation}")
            else:
                ends = f"{size.interval.lower:,.0f} to {size.interval.upper:,.0f}"
                said.append(f"Sources active in the {name} period: {size.n_active:,.0f} ({ends}).")
        return tuple(said)

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, texts and lists."""
        sizes: list[dict[str, Any]] = []
        for size in self.sizes:
            if isinstance(size, NotEstimable):
                sizes.append({"status": size.status, "reason": size.reason.value, "explanation": size.explanation})
                continue
            sizes.append(
                {
                    "status": size.status,
                    "n_active": size.n_active,
                    "lower": size.interval.lower,
                    "upper": size.interval.upper,
                    "mean_lease_days": size.decay.mean_days,
                }
            )
        return {"decomposition": self.decomposition.to_dict(), "sizes": sizes, "matched": self.matched}


def decompose_sightings(
    entity: Integers,
    service: Integers,
    days: Floats,
    *,
    earlier: Span,
    later: Span,
    limits: Limits | None = None,
    level: float = 0.95,
    seed: int = 1,
    progress: Progress = _quiet,
) -> CrimeOrReporting | NotEstimable:
    """Did crime rise, or reporting, judging by which addresses come back at the same services?

    Parameters
    ----------
    entity : ndarray of int, shape (sightings,)
        Address (or other identifier) of each sighting.
    service : ndarray of int, shape (sightings,)
        Number of the reporting service, from 0.
    days : ndarray, shape (sightings,)
        Time.
    earlier, later : tuple of float
        First day and end (not included) of the two periods; of equal length, not overlapping.
    limits : Limits, optional
        What is declared about reporting and about sources.
    level : float
        Of all bounds together.
    seed : int
        Of the thinning and of the bootstrap.
    progress : callable
        Told of the stages.

    Returns
    -------
    CrimeOrReporting or NotEstimable
        A refusal when no service reported in both periods.

    Raises
    ------
    EstimateError (E-EST-73, E-EST-79)
        The sightings, the periods or the level are impossible.

    Notes
    -----
    1. Services with sightings in every eighth of the whole time from the earlier to the later period are the panel.
    2. Of each panel service as many sightings are kept in one period as in the other, drawn at random: thinning. If
       a service reported every act with one chance in the earlier and another in the later period, the two thinned
       sets have the same chance and the same mix of services, whatever the effort was.
    3. Sources active in each period come from the thinned sightings by lagged identification, which allows the lease of
       addresses to differ between the periods.
    4. ``decompose`` turns counts, sizes and limits into bounds.

    Examples
    --------
    >>> from darkfigure.estimate.trend.reporting_worlds import ReportingWorld
    >>> w = ReportingWorld(n_sources=400, effort=2.0, lease_days=30.0).draw(seed=4)
    >>> found = decompose_sightings(w.entity, w.service, w.days, earlier=(0, 365), later=(365, 730))
    >>> found.decomposition.panel.total_factor > 1.8, found.decomposition.verdict
    (True, 'cannot-tell')
    """
    checked_level(level)
    entity, service, days = _checked(entity, service, days, earlier, later)
    counts = _counts(service, days, earlier, later)
    panel = panel_change(counts, first="1", last="8")
    if isinstance(panel, NotEstimable):
        return panel
    spans = tuple(np.flatnonzero((days >= a) & (days < b)) for a, b in (earlier, later))
    inside = [np.array([int(s) for s in panel.services])]
    rows = [i[np.isin(service[i], inside[0])] for i in spans]
    kept = _matched(service, rows, seed)
    sizes: list[LaggedEstimate | NotEstimable] = []
    for stage, chosen in enumerate(kept):
        progress("sources in each period", stage, 2)
        sizes.append(
            active_sources(entity[chosen], days[chosen], level=level, interval="sandwich", replicates=100, seed=seed)
        )
    progress("sources in each period", 2, 2)
    two = _two_periods(service, spans, panel)
    found = decompose(
        two,
        first=_NAMES[0],
        last=_NAMES[1],
        sizes=_sizes(sizes),
        limits=limits,
        addresses=(int(np.unique(entity[rows[0]]).size), int(np.unique(entity[rows[1]]).size)),
        dispersion=_dispersion(entity, rows),
        level=level,
    )
    if isinstance(found, NotEstimable):
        return found
    return CrimeOrReporting(decomposition=found, sizes=(sizes[0], sizes[1]), matched=int(kept[0].size))


def _checked(
    entity: Integers, service: Integers, days: Floats, earlier: Span, later: Span
) -> tuple[Integers, Integers, Floats]:
    entity, service, days = np.asarray(entity), np.asarray(service), np.asarray(days, dtype=float)
    lengths = earlier[1] - earlier[0], later[1] - later[0]
    alike = abs(lengths[0] - lengths[1]) <= 0.02 * max(lengths)
    if not (
        entity.shape == service.shape == days.shape
        and entity.ndim == 1
        and service.dtype.kind in "iu"
        and (service.size == 0 or int(service.min()) >= 0)
        and not missing(entity)
        and bool(np.isfinite(days).all())
        and min(lengths) > 0
        and alike
        and earlier[1] <= later[0]
    ):
        raise EstimateError(
            "E-EST-73",
            where="sightings",
            problem="columns of different length, missing entities, services or times that are no numbers, or periods "
            "that overlap or are unequal",
            allowed="three columns of one length, and two periods of equal length, the earlier one first",
            remedy="Number the services from 0 and give the periods in the unit of `days`.",
        )
    return entity, service, days


def _counts(service: Integers, days: Floats, earlier: Span, later: Span) -> ServiceCounts:
    """Sightings by service in the quarters of both periods: a service must show in each to be in the panel."""
    edges = [np.linspace(a, b, 5) for a, b in (earlier, later)]
    eighths = [(low, high) for e in edges for low, high in itertools.pairwise(e)]
    names = np.unique(service)
    table = np.array(
        [[int(((service == s) & (days >= a) & (days < b)).sum()) for a, b in eighths] for s in names], dtype=np.int64
    ).reshape(names.size, 8)
    return ServiceCounts(tuple(str(int(s)) for s in names), tuple(str(k) for k in range(1, 9)), table)


def _two_periods(service: Integers, spans: tuple[Integers, ...], panel: PanelChange) -> ServiceCounts:
    """Counts of the two periods; a service that is not in the panel of eighths is no panel service here either."""
    names = [int(s) for s in np.unique(service)]
    table = np.array([[int((service[i] == s).sum()) for i in spans] for s in names], dtype=np.int64)
    members = np.array([str(s) in panel.services for s in names])
    # A service that came or went within a period is split in two rows, so that neither reported throughout.
    rows, labels = [], []
    for name, counts, member in zip(names, table, members, strict=True):
        if member:
            rows.append(counts)
            labels.append(str(name))
        else:
            rows += [np.array([counts[0], 0]), np.array([0, counts[1]])]
            labels += [f"{name} (earlier)", f"{name} (later)"]
    return ServiceCounts(tuple(labels), _NAMES, np.array(rows, dtype=np.int64))


def _matched(service: Integers, rows: list[Integers], seed: int) -> list[Integers]:
    """Row numbers of both periods, thinned at random to the same number of sightings of each service."""
    rng = np.random.default_rng(seed)
    kept: list[list[Integers]] = [[], []]
    for s in np.unique(np.concatenate([service[r] for r in rows])):
        of_service = [r[service[r] == s] for r in rows]
        many = min(r.size for r in of_service)
        for k, r in enumerate(of_service):
            kept[k].append(r if r.size == many else rng.choice(r, many, replace=False))
    return [np.sort(np.concatenate(k)) for k in kept]


def _dispersion(entity: Integers, rows: list[Integers]) -> float:
    """Variance over mean of a count that comes in clumps by entity: ``sum x_i^2 / sum x_i``, the larger of both."""
    clumps = [np.unique(entity[r], return_counts=True)[1].astype(float) for r in rows]
    return max(1.0, *(float((x**2).sum() / x.sum()) for x in clumps))


def _sizes(found: list[LaggedEstimate | NotEstimable]) -> tuple[SizeAt, SizeAt] | None:
    first, last = found
    if isinstance(first, NotEstimable) or isinstance(last, NotEstimable):
        return None
    a, b = (
        SizeAt(
            n=f.n_active,
            lower=max(min(f.interval.lower, f.n_active), 1e-9 * f.n_active),
            upper=max(f.interval.upper, f.n_active),
        )
        for f in (first, last)
    )
    return a, b
