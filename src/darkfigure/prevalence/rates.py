"""Rates: estimated addresses in use per 10,000 addresses of the country, over several dated denominators."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from darkfigure.prevalence.columns import count, label, number, rests_on, total_and_ends
from darkfigure.prevalence.panel import UNIT, WindowEstimates
from darkfigure.prevalence.wording import short_label
from darkfigure.records.aggregate import (
    Cell,
    Column,
    ColumnKind,
    Interval,
    Missing,
    NotEstimable,
    PopulationEstimate,
    Question,
    Table,
)
from darkfigure.reference.denominators import Denominator

PER = 10_000
_RATE_UNIT = "per 10,000 addresses"


@dataclass(frozen=True, slots=True)
class Rate:
    """Estimated addresses in use for every 10,000 addresses of the country.

    Parameters
    ----------
    value : float
    interval : Interval or None
        On the scale of the value. The denominator is taken as known.
    """

    value: float
    interval: Interval | None


def rate_per_10k(result: PopulationEstimate, denominator: Denominator) -> Rate:
    """How many of 10,000 addresses of the country were in use?

    Notes
    -----
    ``N / A * 10,000`` with ``A`` the allocated addresses. Allocated is not active, and one address can serve many
    people: the rate is about addresses only.
    """
    scale = PER / denominator.addresses
    interval = None
    if result.interval is not None:
        i = result.interval
        interval = Interval(i.lower * scale, i.upper * scale, i.level, i.method)
    return Rate(result.n_total * scale, interval)


def fits_window(denominator: Denominator, entry: WindowEstimates) -> bool:
    """Does this denominator speak about this window? A year-matched one does only for its own."""
    return denominator.role != "year-matched" or denominator.as_of == entry.window.end


def denominators_table(denominators: Sequence[Denominator], estimates: Sequence[WindowEstimates]) -> Table:
    """List the counts of the country's addresses that a year end is divided by, dated and sourced."""
    year_ends = [e for e in estimates if e.window.year_end]
    used = [d for d in denominators if d.role == "declared" or any(fits_window(d, e) for e in year_ends)]
    rows = tuple((d.name, d.role, d.as_of.isoformat(), d.addresses, d.basis, d.source) for d in used)
    return Table(
        id="denominators",
        question=Question.PREVALENCE,
        title="Addresses of the country, by date and source",
        base="IPv4 addresses allocated or assigned to the country, whether active or not",
        columns=(
            label("denominator", "Denominator"),
            label("role", "Role"),
            label("as_of", "As of"),
            Column(name="addresses", title="Addresses", kind=ColumnKind.MEASURE, unit="addresses"),
            label("basis", "How counted"),
            label("source", "Source"),
        ),
        rows=rows,
        source="regional address registries",
        protected=False,
    )


def rates_table(estimates: Sequence[WindowEstimates], denominators: Sequence[Denominator]) -> Table:
    """Show the rate at every year end over every denominator that speaks about it."""
    rows: list[tuple[Cell, ...]] = []
    for e in estimates:
        if not e.window.year_end:
            continue
        for d in denominators:
            if fits_window(d, e):
                rows.append(
                    (e.window.end.isoformat(), short_label(e.window), d.name, d.role, *_rate_cells(e, d), e.recaptures)
                )
    return Table(
        id="rates",
        question=Question.PREVALENCE,
        title="Estimated addresses in use per 10,000 addresses of the country",
        base="IPv4 addresses allocated or assigned to the country, whether active or not",
        columns=(
            label("window_end", "Window ends on"),
            label("label", "Year end"),
            label("denominator", "Denominator"),
            label("role", "Role"),
            number("rate_per_10k", "Rate", _RATE_UNIT, decimals=1),
            number("lower", "Lower end", _RATE_UNIT, decimals=1),
            number("upper", "Upper end", _RATE_UNIT, decimals=1),
            rests_on(),
        ),
        rows=tuple(rows),
        source="CyberTipline reports; regional address registries",
        note="The interval is that of the estimate; the denominator is taken as known.",
    )


def year_end_table(estimates: Sequence[WindowEstimates], declared: Denominator) -> Table:
    """Show what is quoted: for every year end what was seen, the estimate and the rate over the declared count."""
    rows: list[tuple[Cell, ...]] = []
    for e in estimates:
        if e.window.year_end:
            cells = (e.observed, *total_and_ends(e.headline), *_rate_cells(e, declared), e.recaptures)
            rows.append((short_label(e.window), e.window.end.isoformat(), *cells))
    seen = ("observed",)
    return Table(
        id="year-end-estimates",
        question=Question.PREVALENCE,
        title="Addresses seen and estimated to be in use, by year",
        base="all addresses of the country in use within each year",
        columns=(
            label("label", "Year to"),
            label("window_end", "Window ends on"),
            count("observed", "Distinct addresses seen", UNIT),
            number("n_total", "Estimated in use", UNIT, derived_from=seen),
            number("lower", "Lower end", UNIT, derived_from=seen),
            number("upper", "Upper end", UNIT, derived_from=seen),
            number("rate_per_10k", "Rate", _RATE_UNIT, derived_from=seen, decimals=1),
            number("rate_lower", "Lower end of the rate", _RATE_UNIT, derived_from=seen, decimals=1),
            number("rate_upper", "Upper end of the rate", _RATE_UNIT, derived_from=seen, decimals=1),
            rests_on(),
        ),
        rows=tuple(rows),
        source="CyberTipline reports; regional address registries",
    )


def _rate_cells(entry: WindowEstimates, denominator: Denominator) -> tuple[Cell, Cell, Cell]:
    if isinstance(entry.headline, NotEstimable):
        return (Missing.NOT_ESTIMABLE,) * 3
    rate = rate_per_10k(entry.headline, denominator)
    if rate.interval is None:
        return rate.value, Missing.NOT_STATED, Missing.NOT_STATED
    upper: Cell = rate.interval.upper if math.isfinite(rate.interval.upper) else Missing.NOT_ESTIMABLE
    return rate.value, rate.interval.lower, upper


def denominator_check_table(estimates: Sequence[WindowEstimates], declared: Denominator) -> Table:
    """Check that a reader who divides the printed numbers gets the declared denominator back.

    A count printed as a whole number and a rate printed without decimals pin the denominator down to a range; every
    year's range must hold the declared count.
    """
    rows: list[tuple[Cell, ...]] = []
    for e in estimates:
        if not e.window.year_end or isinstance(e.headline, NotEstimable):
            continue
        printed = round(e.headline.n_total)
        rate = round(rate_per_10k(e.headline, declared).value)
        low = PER * (printed - 0.5) / (rate + 0.5)
        high: Cell = PER * (printed + 0.5) / (rate - 0.5) if rate > 0 else Missing.NOT_ESTIMABLE
        inside = low <= declared.addresses and (not isinstance(high, float) or declared.addresses <= high)
        rows.append(
            (short_label(e.window), low, high, declared.addresses, "holds" if inside else "fails", e.recaptures)
        )
    return Table(
        id="denominator-check",
        question=Question.PREVALENCE,
        title="Denominator that the printed numbers imply",
        base="IPv4 addresses allocated or assigned to the country",
        columns=(
            label("label", "Year end"),
            number("implied_lower", "At least", "addresses"),
            number("implied_upper", "At most", "addresses"),
            Column(name="declared", title="Declared", kind=ColumnKind.MEASURE, unit="addresses"),
            label("verdict", "Verdict"),
            rests_on(),
        ),
        rows=tuple(rows),
        source="CyberTipline reports; regional address registries",
    )
