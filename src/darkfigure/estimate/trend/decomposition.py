"""Crime or reporting? The change of counts between two periods, split into bounds on its possible causes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from darkfigure.errors import EstimateError
from darkfigure.estimate.trend.asked import checked_level, difference_of, quantile
from darkfigure.estimate.trend.service_panel import PanelChange, ServiceCounts, panel_change
from darkfigure.records.aggregate import NotEstimable

METHOD = "change-decomposition"
Name = Literal["sources", "reporting", "services", "churn"]
Range = tuple[float, float]
FREE: Range = (0.0, math.inf)
"""Limits that exclude nothing."""
SMALL_CHANGE = math.log(1.25)
"""A change below a quarter is not divided: what matters is whether parts larger than that may hide in it."""
TITLES: dict[Name, str] = {
    "sources": "more sources",
    "reporting": "more reports per source",
    "services": "more services",
    "churn": "more address churn",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much may have changed from the earlier to the later period, as factors; declared, not estimated.

    Parameters
    ----------
    reporting : tuple of float
        Reports per source at the panel services, later over earlier. Default: unknown.
    churn : tuple of float
        Addresses per source that enter a size estimated on addresses. Default: unknown. Not used for sizes by lagged
        identification, which measure sources.
    unevenness : tuple of float
        Change of ``1 + CV^2`` of the sources' activity. Default: the same.
    newly_visible : float
        Largest share of the later sources that no panel service could have reported in the earlier period.
        Default: none.

    Raises
    ------
    EstimateError (E-EST-72)
        A range is not made of two factors in order, or the share is not from 0 to below 1.

    Examples
    --------
    >>> Limits(reporting=(1.0, 3.0)).reporting
    (1.0, 3.0)
    """

    reporting: Range = FREE
    churn: Range = FREE
    unevenness: Range = (1.0, 1.0)
    newly_visible: float = 0.0

    def __post_init__(self) -> None:
        ranges = (self.reporting, self.churn, self.unevenness)
        if not all(0 <= a <= b and b > 0 and a < math.inf for a, b in ranges) or not 0 <= self.newly_visible < 1:
            raise EstimateError(
                "E-EST-72",
                where="limits",
                problem="a limit is impossible",
                allowed="two factors from 0, the smaller first, and a share from 0 to below 1",
                remedy="Write (0.5, 2.0) for `between half and twice`, and leave out what is not known.",
            )


def limits_from_detection(first: Range, last: Range) -> Range:
    """How much may reporting per source have changed, if the share detected was within limits in each period?

    Parameters
    ----------
    first, last : tuple of float
        Limits of the detection rate in each period, such as the interval of a capture probability.

    Returns
    -------
    tuple of float
        Limits of the factor, for ``Limits(reporting=...)``.

    Raises
    ------
    EstimateError (E-EST-72)
        A rate is not above 0, above 1, or not in order.

    Examples
    --------
    >>> limits_from_detection((0.1, 0.2), (0.2, 0.3))
    (1.0, 3.0)
    """
    if not (0 < first[0] <= first[1] <= 1 and 0 < last[0] <= last[1] <= 1):
        raise EstimateError(
            "E-EST-72",
            where="detection rates",
            problem="a detection rate is impossible",
            allowed="two shares above 0 and up to 1 for each period, the smaller first",
            remedy="Give limits that exclude 0, or no limits at all.",
        )
    return round(last[0] / first[1], 12), round(last[1] / first[0], 12)


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeAt:
    """An estimated number of sources in one period, with its interval.

    Parameters
    ----------
    n : float
        The estimate.
    lower, upper : float
        Its interval, at the level asked of the decomposition.
    counts : str
        ``"sources"``: lagged identification, which follows sources through changes of address; ``"addresses"``:
        capture-recapture of addresses, which multiplies sources by their addresses.

    Raises
    ------
    EstimateError (E-EST-72)
        The numbers are not positive and in order.
    """

    n: float
    lower: float
    upper: float
    counts: Literal["sources", "addresses"] = "sources"

    def __post_init__(self) -> None:
        if not 0 < self.lower <= self.n <= self.upper < math.inf:
            raise EstimateError(
                "E-EST-72",
                where="size",
                problem="an estimated size and its interval are impossible",
                allowed="0 < lower <= n <= upper, all finite",
                remedy="Leave out a size that could not be estimated.",
            )

    @property
    def logs(self) -> tuple[float, float, float]:
        """Lower end, estimate and upper end on the logarithmic scale."""
        return math.log(self.lower), math.log(self.n), math.log(self.upper)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One possible cause of the change, as a factor between bounds.

    Parameters
    ----------
    name : str
        ``"sources"``, ``"reporting"``, ``"services"`` or ``"churn"``.
    lower, upper : float
        Bounds of its factor; 0 and infinity where nothing bounds it.
    """

    name: Name
    lower: float
    upper: float

    @property
    def direction(self) -> Literal["up", "down", "unknown"]:
        """Whether the bounds exclude that it stayed or went the other way."""
        return "up" if self.lower > 1 else "down" if self.upper < 1 else "unknown"

    def words(self) -> str:
        """The part in a sentence."""
        title = TITLES[self.name].capitalize()
        if self.lower <= 0 and math.isinf(self.upper):
            return f"{title}: nothing bounds it."
        upper = "any factor" if math.isinf(self.upper) else f"{self.upper:.2f}"
        return f"{title}: a factor between {self.lower:.2f} and {upper}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Decomposition:
    """The change of counts between two periods and what may have caused it.

    Parameters
    ----------
    panel : PanelChange
        Counts of all services and of those present throughout.
    parts : tuple of Part
        Bounds; ``sources``, ``reporting`` and ``services`` multiply to the change of all reports. ``churn`` belongs to
        the number of addresses (or to the size estimated on addresses), not to the reports.
    cannot_tell : tuple of str
        Parts that may each be none of the change of the panel or all of it: they cannot be told apart.
    contradiction : bool
        Whether declared limits and estimates exclude each other; then no part of them is bounded.
    level : float
        Of the bounds, jointly.
    reason : str
        Why parts cannot be told apart and what would help; empty when they can.

    Notes
    -----
    ``cannot_tell`` is an answer: the counts do not hold it.
    """

    panel: PanelChange
    parts: tuple[Part, ...]
    cannot_tell: tuple[Name, ...]
    contradiction: bool
    level: float
    reason: str

    def part(self, name: Name) -> Part:
        """The bounds of one cause."""
        return next(p for p in self.parts if p.name == name)

    @property
    def verdict(self) -> Literal["rose", "fell", "cannot-tell"]:
        """Whether the number of sources rose."""
        way = self.part("sources").direction
        return "rose" if way == "up" else "fell" if way == "down" else "cannot-tell"

    @property
    def status(self) -> str:
        """``"answered"``, or ``"cannot-be-told-apart"`` when neither direction of the sources is excluded."""
        return "answered" if self.verdict != "cannot-tell" else "cannot-be-told-apart"

    def sentences(self) -> tuple[str, ...]:
        """The answer in words, the most important first."""
        s = self.part("sources")
        first = {
            "rose": f"Sources rose, by a factor of at least {s.lower:.2f}.",
            "fell": f"Sources fell, to at most {s.upper:.2f} times as many.",
            "cannot-tell": "Whether sources rose or fell cannot be told from these data.",
        }[self.verdict]
        said = [first, *self.panel.sentences()[:1], *(p.words() for p in self.parts)]
        if self.reason:
            said.append(self.reason)
        return tuple(said)

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, texts and lists; an unbounded end is ``None``."""
        return {
            "status": self.status,
            "verdict": self.verdict,
            "level": self.level,
            "parts": [
                {
                    "name": p.name,
                    "lower": p.lower if p.lower > 0 else None,
                    "upper": None if math.isinf(p.upper) else p.upper,
                    "direction": p.direction,
                }
                for p in self.parts
            ],
            "cannot_tell": list(self.cannot_tell),
            "contradiction": self.contradiction,
            "reason": self.reason,
            "panel": self.panel.to_dict(),
            "sentences": list(self.sentences()),
        }


def decompose(
    counts: ServiceCounts,
    *,
    first: str,
    last: str,
    sizes: tuple[SizeAt, SizeAt] | None = None,
    limits: Limits | None = None,
    addresses: tuple[int, int] | None = None,
    dispersion: float = 1.0,
    level: float = 0.95,
) -> Decomposition | NotEstimable:
    """Did crime rise, or reporting, or the number of services, or only the turnover of addresses?

    Parameters
    ----------
    counts : ServiceCounts
        Reports by service and period.
    first, last : str
        The two periods.
    sizes : tuple of SizeAt, optional
        Estimated numbers in both periods, from the panel services only, both counting the same unit.
    limits : Limits, optional
        What is declared about reporting, churn, unevenness and newly visible sources.
    addresses : tuple of int, optional
        Distinct addresses in the reports of the panel in both periods.
    dispersion : float
        Variance of the panel's counts over their mean: reports per source come in clumps. At least 1.
    level : float
        Of all bounds together.

    Returns
    -------
    Decomposition or NotEstimable
        Bounds, with ``cannot_tell`` naming what the data do not separate; a refusal when there is no panel.

    Raises
    ------
    EstimateError (E-EST-71, E-EST-72, E-EST-79)
        A period, a limit, a size or the level is impossible.

    Notes
    -----
    With ``s``, ``r``, ``w`` the logs of the factors of sources, reports per source at the panel, and services:
    ``log(P_2 / P_1) = s + r`` and ``log(T_2 / T_1) = s + r + w``; counts hold nothing else. A size adds
    ``log(N_2 / N_1) = s - h + v`` when it counts sources, ``= s + c - h + v`` when it counts addresses, with ``h`` the
    change of unevenness, ``v`` between 0 and ``-log(1 - newly_visible)`` and ``c`` churn. Bounds of ``s`` are those
    that satisfy all equations within sampling error and limits; the error is shared out equally among the
    equations used. With distinct addresses ``D`` of the panel, ``log(D_2 / D_1) = s + e r + c`` for some ``e`` from
    0 to 1, because more reports of a source show at most as many more addresses.

    Examples
    --------
    >>> import numpy as np
    >>> table = ServiceCounts(("A", "B"), ("1", "2"), np.array([[500, 1000], [500, 1000]]))
    >>> decompose(table, first="1", last="2").cannot_tell
    ('sources', 'reporting')
    >>> sizes = SizeAt(n=1000, lower=900, upper=1100), SizeAt(n=1020, lower=900, upper=1150)
    >>> found = decompose(table, first="1", last="2", sizes=sizes)
    >>> found.verdict, found.part("reporting").direction
    ('cannot-tell', 'up')
    """
    checked_level(level)
    limits = limits or Limits()
    if not 1 <= dispersion < math.inf or (sizes is not None and sizes[0].counts != sizes[1].counts):
        raise EstimateError(
            "E-EST-72",
            where="sizes",
            problem="sizes of different units are compared, or counts vary less than independent events",
            allowed="two sizes with the same `counts`, and a dispersion of at least 1",
            remedy="Estimate both periods by the same method.",
        )
    panel = panel_change(counts, first=first, last=last)
    if isinstance(panel, NotEstimable):
        return panel
    bounds = _Bounds.of(panel, sizes, limits, dispersion=dispersion, level=level)
    parts = [
        Part(name="sources", lower=_factor(bounds.sources[0]), upper=_factor(bounds.sources[1])),
        Part(name="reporting", lower=_factor(bounds.reporting[0]), upper=_factor(bounds.reporting[1])),
        Part(name="services", lower=panel.services_factor, upper=panel.services_factor),
    ]
    churn = bounds.churn
    if addresses is not None:
        churn = _churn_of_addresses(addresses, bounds)
    if churn is not None:
        parts.append(Part(name="churn", lower=_factor(churn[0]), upper=_factor(churn[1])))
    names = bounds.not_told(churn if addresses is None else None)
    return Decomposition(
        panel=panel,
        parts=tuple(parts),
        cannot_tell=names,
        contradiction=bounds.contradiction,
        level=level,
        reason=_reason(names, bounds, sizes),
    )


@dataclass(frozen=True, slots=True)
class _Bounds:
    """Bounds on the logarithmic scale."""

    sources: Range
    reporting: Range
    churn: Range | None
    panel: Range
    contradiction: bool

    @classmethod
    def of(
        cls, panel: PanelChange, sizes: tuple[SizeAt, SizeAt] | None, limits: Limits, *, dispersion: float, level: float
    ) -> _Bounds:
        declared = limits.reporting != FREE
        shares = int(declared) + int(sizes is not None)
        z, full = quantile(1 - (1 - level) / max(shares, 1)), quantile(level)
        error = math.sqrt(dispersion * (1 / panel.panel[0] + 1 / panel.panel[1]))
        y = math.log(panel.panel_factor)
        counted = (y - z * error, y + z * error)
        sources: Range = (-math.inf, math.inf)
        churn: Range | None = None
        low, high = _logs(limits.reporting)
        if declared:
            sources = counted[0] - high, counted[1] - low
        if sizes is not None:
            sized = _widened(difference_of(sizes[0].logs, sizes[1].logs), z / full)
            loss = _logs(limits.unevenness)
            sized = sized[0] + loss[0] + math.log1p(-limits.newly_visible), sized[1] + loss[1]
            if sizes[0].counts == "addresses":
                moved = _logs(limits.churn)
                before, sized = sized, (sized[0] - moved[1], sized[1] - moved[0])
                churn = _meet(moved, (before[0] - sources[1], before[1] - sources[0])) or moved
            met = _meet(sources, sized)
            if met is None:
                return cls((-math.inf, math.inf), (-math.inf, math.inf), None, counted, True)
            sources = met
        reporting = _meet((low, high), (counted[0] - sources[1], counted[1] - sources[0])) or (low, high)
        return cls(sources, reporting, churn, counted, False)

    def not_told(self, churn: Range | None) -> tuple[Name, ...]:
        """Parts that may each be none or all of the change."""
        middle = sum(self.panel) / 2
        named: list[tuple[Name, Range]] = [("sources", self.sources), ("reporting", self.reporting)]
        if churn is not None:
            named.append(("churn", churn))
        open_parts = tuple(name for name, bounds in named if _none_or_all(bounds, middle))
        return open_parts if len(open_parts) > 1 else ()


def _factor(x: float) -> float:
    return math.inf if x > 700 else math.exp(x)


def _logs(limits: Range) -> Range:
    return (-math.inf if limits[0] == 0 else math.log(limits[0]), math.log(limits[1]))


def _widened(ends: tuple[float, float, float], times: float) -> Range:
    low, middle, high = ends
    return middle - times * (middle - low), middle + times * (high - middle)


def _meet(a: Range, b: Range) -> Range | None:
    low, high = max(a[0], b[0]), min(a[1], b[1])
    return (low, high) if low <= high else None


def _none_or_all(bounds: Range, change: float) -> bool:
    if not bounds[0] <= 0 <= bounds[1]:
        return False
    if abs(change) < SMALL_CHANGE:
        return bounds[0] <= -SMALL_CHANGE or bounds[1] >= SMALL_CHANGE
    return bounds[0] <= change <= bounds[1]


def _churn_of_addresses(addresses: tuple[int, int], bounds: _Bounds) -> Range:
    """``c = y_D - s - e r`` with ``r = y_R - s`` and ``e`` from 0 to 1: linear in ``s``, so its ends are at ends."""
    if not all(a > 0 for a in addresses):
        raise EstimateError(
            "E-EST-72",
            where="addresses",
            problem="a period without addresses is compared",
            allowed="two numbers above 0",
            remedy="Leave the addresses out.",
        )
    y = math.log(addresses[1] / addresses[0])
    error = (bounds.panel[1] - bounds.panel[0]) / 2
    panel = sum(bounds.panel) / 2
    ends = [y - bounds.sources[0], y - bounds.sources[1], y - panel]
    return min(ends) - error, max(ends) + error


def _reason(names: tuple[Name, ...], bounds: _Bounds, sizes: tuple[SizeAt, SizeAt] | None) -> str:
    if bounds.contradiction:
        return (
            "The declared limits of reporting and the estimated sizes exclude each other, so at least one of them is "
            "wrong; nothing is concluded from either."
        )
    if not names:
        return ""
    listed = " and ".join([", ".join(TITLES[n] for n in names[:-1]), TITLES[names[-1]]])
    if sizes is None:
        cause = (
            "Counts are the product of sources and reports per source; without a size estimated in both periods, or "
            "limits of how much reporting per source changed, any split fits them."
        )
    elif sizes[0].counts == "addresses":
        cause = (
            "The sizes count addresses; without limits of how much the turnover of addresses changed, or sizes by "
            "lagged identification, more sources and more addresses per source look the same."
        )
    else:
        cause = "The estimated sizes are too uncertain to divide the change; more sightings would be needed."
    return f"Cannot be told apart: {listed}. {cause}"
