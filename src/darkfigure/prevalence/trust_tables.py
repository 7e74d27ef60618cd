"""Tables of the chapter on trust: closure, lags, sources, breakdown values, causes of change, agreement of methods."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from darkfigure.estimate.compare import Multiverse
from darkfigure.histories import Window
from darkfigure.prevalence.causes import YearChange
from darkfigure.prevalence.closure import ClosureLimits, WindowVerdict, limit_for
from darkfigure.prevalence.columns import count, label, number, rests_on, total_and_ends
from darkfigure.prevalence.day_pairs import Compared
from darkfigure.prevalence.overturning import Overturned
from darkfigure.prevalence.panel import UNIT, WindowEstimates
from darkfigure.prevalence.trust import YearTrust
from darkfigure.prevalence.trust_words import COUNTED, SHAPES, TEST_NAMES
from darkfigure.prevalence.wording import CAUSES, short_label
from darkfigure.records.aggregate import (
    Cell,
    Column,
    ColumnKind,
    LaggedEstimate,
    Missing,
    NotEstimable,
    PopulationEstimate,
    Question,
    Reason,
    Table,
)
from darkfigure.records.aggregate.estimand import Estimand

_Q = Question.TRUST
_SOURCE = "CyberTipline reports"


def counted_table(window: Window, demonym: str) -> Table:
    """Say of every kind of number in the prevalence chapter what it counts and what it must not be read as."""
    rows: list[tuple[Cell, ...]] = []
    for kind, named in COUNTED.items():
        e = Estimand.of(kind, window=f"in the {window.days} days to {window.end.isoformat()}")
        rows.append((named.format(demonym=demonym), e.unit, e.counts, e.is_not))
    return Table(
        id="what-is-counted",
        question=_Q,
        title="What each kind of number counts",
        base="numbers of the chapter on prevalence and of this one",
        columns=(
            label("number", "Number"),
            label("unit", "Unit"),
            label("counts", "It counts"),
            label("is_not", "It is not"),
        ),
        rows=tuple(rows),
        source="the methods of this software",
        protected=False,
    )


def verdict_table(verdicts: Mapping[Window, WindowVerdict]) -> Table:
    """Show for every window whether it is closed enough for an estimate, and what spoke against it."""
    rows: list[tuple[Cell, ...]] = [
        (
            w.end.isoformat(), short_label(w) if w.year_end else Missing.NOT_APPLICABLE, found.verdict.value,
            CAUSES.get(found.cause, Missing.NOT_APPLICABLE),
        )
        for w, found in verdicts.items()
    ]  # fmt: skip
    return Table(
        id="window-verdicts",
        question=_Q,
        title="Whether the same addresses stayed in use, by window",
        base="all windows",
        columns=(
            label("window_end", "Window ends on"),
            label("label", "Year end"),
            label("verdict", "Verdict"),
            label("cause", "Why"),
        ),
        rows=tuple(rows),
        source=_SOURCE,
    )


def closure_table(years: Sequence[YearTrust], limits: ClosureLimits) -> Table:
    """Show the comparisons behind the verdict of each year end."""
    rows: list[tuple[Cell, ...]] = []
    for year in years:
        for name, compared in year.verdict.tests.named():
            limit = limit_for(name, limits)
            ends: tuple[Cell, ...] = (Missing.NOT_ESTIMABLE,) * 3
            again = 0
            if compared is not None:
                ends = (compared.ratio, compared.lower, compared.upper)
                # A comparison with no address at all in one group gives that away: it is protected like a single one.
                again = max(1, min(compared.again))
            outcome = _outcome(compared, limit)
            rows.append((short_label(year.window), TEST_NAMES[name], *ends, limit, outcome, again))
    return Table(
        id="closure-tests",
        question=_Q,
        title="Totals that two groups of addresses seen again imply, one over the other",
        base="addresses seen on two days or more of the year",
        columns=(
            label("label", "Year end"),
            label("test", "Compared"),
            number("ratio", "Ratio", "ratio", decimals=2),
            number("lower", "Lower end", "ratio", decimals=2),
            number("upper", "Upper end", "ratio", decimals=2),
            Column(name="limit", title="Limit", kind=ColumnKind.MEASURE, unit="ratio", decimals=2),
            label("outcome", "Outcome"),
            rests_on(),
        ),
        rows=tuple(rows),
        source=_SOURCE,
        note="Were the same addresses in use all year, every ratio would be 1, apart from chance. A limit is broken "
        "when the whole 95% interval lies above it, and kept when it lies below. One broken limit switches the "
        "estimate off; only when all are kept is the year called closed enough.",
    )


def _outcome(compared: Compared | None, limit: float) -> str:
    if compared is None:
        return "no address to compare"
    if compared.lower > limit:
        return "broken"
    return "kept" if compared.upper < limit else "open"


def lag_curve_table(years: Sequence[YearTrust]) -> Table:
    """Show how many of a million pairs of sightings are of one address, by the days between them."""
    rows: list[tuple[Cell, ...]] = []
    for year in years:
        for b in year.curve:
            name = f"{b.first} to {b.last} days"
            fitted: Cell = Missing.NOT_APPLICABLE if b.fitted is None else b.fitted
            rows.append((short_label(year.window), name, round(b.middle, 1), b.observed, fitted, b.addresses))
    return Table(
        id="lag-curve",
        question=_Q,
        title="Pairs of sightings that are of one address, by the days between them",
        base="pairs of sightings in the same year",
        columns=(
            label("label", "Year end"),
            label("lag", "Days between"),
            Column(name="lag_days", title="Mean days between", kind=ColumnKind.MEASURE, unit="days", decimals=1),
            number("observed_per_million", "Observed, of a million pairs", "pairs", decimals=1),
            number("fitted_per_million", "Fitted, of a million pairs", "pairs", decimals=1),
            rests_on(),
        ),
        rows=tuple(rows),
        source=_SOURCE,
        note="While addresses stay with their sources the curve is level; where they change hands it falls.",
    )


def sources_table(years: Sequence[YearTrust], estimates: Mapping[Window, WindowEstimates]) -> Table:
    """Show sources active at a time beside the addresses seen and the estimate of addresses in use."""
    rows: list[tuple[Cell, ...]] = []
    for year in years:
        entry, found = estimates[year.window], year.sources
        ends: tuple[Cell, ...] = (Missing.NOT_ESTIMABLE,) * 3
        shape: Cell = Missing.NOT_APPLICABLE
        days: Cell = Missing.NOT_APPLICABLE
        why: Cell = Missing.NOT_APPLICABLE
        if isinstance(found, LaggedEstimate):
            ends = (found.n_active, found.interval.lower, found.interval.upper)
            shape = SHAPES.get(found.decay.shape, found.decay.shape)
            days = Missing.NOT_APPLICABLE if found.decay.mean_days is None else found.decay.mean_days
        elif found is not None:
            why = found.explanation
        rows.append(
            (
                short_label(year.window), entry.observed, total_and_ends(entry.headline)[0], *ends, shape, days, why,
                year.again,
            )
        )  # fmt: skip
    return Table(
        id="sources-active",
        question=_Q,
        title="Sources active at a time, by lagged identification",
        base="sightings of each year",
        columns=(
            label("label", "Year end"),
            count("observed", "Distinct addresses seen", UNIT),
            number("n_total", "Estimated addresses in use", UNIT, derived_from=("observed",)),
            number("n_active", "Sources active at a time", "sources", derived_from=("observed",)),
            number("lower", "Lower end", "sources", derived_from=("observed",)),
            number("upper", "Upper end", "sources", derived_from=("observed",)),
            label("shape", "How addresses are kept"),
            number("mean_days", "Days an address is kept", "days", derived_from=("observed",)),
            label("why", "Why not estimable"),
            rests_on(),
        ),
        rows=tuple(rows),
        source=_SOURCE,
        note="This method does not need the same addresses to stay in use. With unequal activity it counts fewer "
        "sources than there are.",
    )


def lengths_table(years: Sequence[YearTrust]) -> Table:
    """Show the headline method on windows of several lengths that end on the same day."""
    rows: list[tuple[Cell, ...]] = [
        (short_label(year.window), f"{n.days} days", n.observed, *total_and_ends(n.result), n.recaptures)
        for year in years
        for n in year.lengths
    ]
    seen = ("observed",)
    return Table(
        id="estimate-by-length",
        question=_Q,
        title="The same method on windows of other lengths",
        base="addresses in use within each window",
        columns=(
            label("label", "Year end"),
            label("length", "Length"),
            count("observed", "Distinct addresses seen", UNIT),
            number("n_total", "Estimated in use", UNIT, derived_from=seen),
            number("lower", "Lower end", UNIT, derived_from=seen),
            number("upper", "Upper end", UNIT, derived_from=seen),
            rests_on(),
        ),
        rows=tuple(rows),
        source=_SOURCE,
        note="Were the same addresses always in use, the length would not matter. A longer window also holds addresses "
        "that came into use or went out of use before the year.",
    )


def overturned_table(claims: Sequence[Overturned]) -> Table:
    """Show for each assumption the smallest failure at which a claim about the change falls."""
    rows: list[tuple[Cell, ...]] = []
    for claim in claims:
        years = f"{claim.first.window.end.year} to {claim.last.window.end.year}"
        for r in claim.rows:
            value: Cell = Missing.NOT_APPLICABLE if r.strength is None else r.strength
            chance: Cell = Missing.NOT_APPLICABLE if r.strength_with_sampling is None else r.strength_with_sampling
            rows.append((claim.claim, years, r.assumption, r.place or "all", r.scale, value, chance, claim.again))
    return Table(
        id="overturned",
        question=_Q,
        title="How wrong would we have to be? The smallest failure of each assumption at which a claim falls",
        base="estimates of the first and the last year end, by two halves of each year",
        columns=(
            label("claim", "Claim"),
            label("years", "Years"),
            label("assumption", "Assumption"),
            label("place", "Fails in"),
            label("scale", "Scale"),
            number("value", "Amount at which the claim is gone", "ratio", decimals=2),
            number("with_sampling", "Amount at which chance could do the rest", "ratio", decimals=2),
            rests_on(),
        ),
        rows=tuple(rows),
        source=_SOURCE,
        note="One assumption fails at a time, in the direction that hurts the claim most; several small failures "
        "together can do what no single one does. Not applicable: no amount that the data allow does it.",
    )


def causes_table(changes: Sequence[YearChange]) -> Table:
    """Show the bounds of each possible cause of the change from year to year."""
    rows: list[tuple[Cell, ...]] = []
    for change in changes:
        if isinstance(change.found, NotEstimable):
            continue
        pair = f"{change.first.end.year} to {change.last.end.year}"
        panel = change.found.panel
        rows.append((pair, "all sightings", panel.total_factor, panel.total_factor, change.again))
        rows.append((pair, "the same services", panel.panel_factor, panel.panel_factor, change.again))
        for part in change.found.parts:
            lower: Cell = part.lower if part.lower > 0 else Missing.NOT_ESTIMABLE
            upper: Cell = part.upper if math.isfinite(part.upper) else Missing.NOT_ESTIMABLE
            rows.append((pair, part.name, lower, upper, change.again))
    return Table(
        id="causes-of-change",
        question=_Q,
        title="What may lie behind the change: bounds of the factor of each possible cause",
        base="selected sightings of the year ends compared",
        columns=(
            label("years", "Years"),
            label("cause", "Possible cause"),
            number("lower", "At least times", "ratio", decimals=2),
            number("upper", "At most times", "ratio", decimals=2),
            rests_on(),
        ),
        rows=tuple(rows),
        source=_SOURCE,
        note="Sources, reporting and services multiply to the change of all sightings; address churn belongs to the "
        "number of addresses. Not estimable: nothing in the data bounds it.",
    )


def agreement_table(found: Multiverse, window: Window, again: int) -> Table:
    """Show every method's number for one window by what it assumes about the unseen."""
    rows: list[tuple[Cell, ...]] = []
    for a in found.answers:
        if isinstance(a.result, PopulationEstimate):
            rows.append((a.family, a.method, a.kind, *total_and_ends(a.result), again))
        elif isinstance(a.result, NotEstimable) and a.result.reason is not Reason.WRONG_TABLE:
            rows.append((a.family, a.method, a.kind, *(Missing.NOT_ESTIMABLE,) * 3, again))
    return Table(
        id="method-agreement",
        question=_Q,
        title=f"Every method that can read the table of {short_label(window)}, by what it assumes",
        base="all addresses of the country in use within the window",
        columns=(
            label("family", "Assumes of the unseen"),
            label("method", "Method"),
            label("kind", "Kind of answer"),
            number("n_total", "Estimated in use", UNIT),
            number("lower", "Lower end", UNIT),
            number("upper", "Upper end", UNIT),
            rests_on(),
        ),
        rows=tuple(rows),
        source=_SOURCE,
        note="A lower bound is not an estimate: the truth may exceed it. Not every method here suits the data; how "
        "far they lie apart shows what the choice of a method can do.",
    )
