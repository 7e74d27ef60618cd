"""The sentences of the prevalence chapter, each with what it counts and what it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from darkfigure.histories import Window
from darkfigure.prevalence.coreported import CoreportedCountries
from darkfigure.prevalence.growth import growth_findings
from darkfigure.prevalence.options import PrevalenceOptions
from darkfigure.prevalence.panel import WindowEstimates
from darkfigure.prevalence.rates import rate_per_10k
from darkfigure.prevalence.weekly import WeeklySeries
from darkfigure.prevalence.wording import ASSUMPTIONS, caution, estimand, long_label
from darkfigure.records.aggregate import (
    Caution,
    EstimateResult,
    Finding,
    NotEstimable,
    Question,
    Reason,
    Refusal,
)
from darkfigure.reference.denominators import Denominator

_Q = Question.PREVALENCE
_UNIT = "addresses"
NO_RATE = "The estimate of addresses in use is switched off for this year, so there is no rate."
"""In place of the reason that stands with the estimate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Plain counts the findings quote.

    Parameters
    ----------
    reports : int
        Reports received in the study period.
    entries_read, entries_accepted : int
        Address entries in the partners' files, and those that intake accepted.
    selected : int
        Sightings the rules selected.
    distinct : int
        Distinct addresses among them.
    """

    reports: int
    entries_read: int
    entries_accepted: int
    selected: int
    distinct: int


def count_findings(
    counted: Counted, window: Window, *, options: PrevalenceOptions, digests: tuple[str, ...]
) -> tuple[Finding, ...]:
    """Say how many reports and address entries there were, and how long a window is."""
    refused = counted.entries_read - counted.entries_accepted
    return (
        Finding(
            id="reports-total", question=_Q, value=counted.reports, unit="reports", source_digests=digests,
            statement="{value} reports were received in the study period.",
            estimand="accepted reports received in the study period; several can concern one event",
        ),
        Finding(
            id="address-entries-total", question=_Q, value=counted.entries_read, unit="address entries",
            statement="They held {value} address entries, of which {known} were accepted and {unknown} refused by a "
            "named rule.",
            known=counted.entries_accepted, unknown=refused, source_digests=digests,
            estimand="address entries in reports, repeats and foreign addresses included, accepted or refused",
        ),
        Finding(
            id="addresses-distinct-total", question=_Q, value=counted.distinct, unit=_UNIT, base=counted.selected,
            base_label="selected sightings", source_digests=digests,
            statement=f"{{value}} distinct {options.demonym} addresses were seen in {{base}} selected sightings.",
            estimand=f"distinct {options.demonym} IPv4 addresses seen in the study period - not people",
        ),
        Finding(
            id="estimation-window-days", question=_Q, value=(window.end - window.start).days + 1, unit="days",
            protected=False,
            statement="Each estimate speaks about {value} days.", source_digests=digests,
            estimand="length of a window, as the study declares it",
        ),
        Finding(
            id="estimation-occasions", question=_Q, value=options.windows.n_occasions, unit="occasions",
            protected=False, statement="Each window is cut into {value} occasions.", source_digests=digests,
            estimand="occasions in a window, as the study declares them",
        ),
    )  # fmt: skip


def weekly_findings(
    series: WeeklySeries, year_ends: Sequence[Window], *, options: PrevalenceOptions, digests: tuple[str, ...]
) -> tuple[Finding, ...]:
    """Say how high the busiest week was, and how much the weekly level rose between the first and last year."""
    if not series.addresses.size or not series.addresses.max():
        return ()
    found = [
        Finding(
            id="weekly-peak-addresses", question=_Q, value=int(series.addresses.max()), unit=_UNIT,
            statement="The most addresses seen in one week were {value}, in the week to {value:weekly-peak-week}.",
            estimand="distinct addresses seen in one ISO week", source_digests=digests,
        ),
        Finding(
            id="weekly-peak-week", question=_Q, value=series.weeks.ends[series.peak].isoformat(), unit="date",
            statement="The busiest week ended on {value}.", estimand="last day of the week with the most addresses",
            source_digests=digests, protected=False,
        ),
    ]  # fmt: skip
    if len(year_ends) > 1 and series.mean_in(year_ends[0]).addresses > 0:
        first, last = year_ends[0], year_ends[-1]
        before, after = series.mean_in(first), series.mean_in(last)
        grew = after.reports > options.limits.effort_growth * before.reports
        found.append(
            Finding(
                id="weekly-addresses-growth", question=_Q, value=after.addresses / before.addresses,
                unit="ratio",
                statement=f"In {long_label(last)}, {{value}} times as many distinct addresses were seen in a week as "
                f"in {long_label(first)}.",
                estimand="mean of weekly distinct addresses, last year end over first", source_digests=digests,
                cautions=(caution("C-EFFORT-GREW"),) if grew else (),
            )
        )  # fmt: skip
    return tuple(found)


def year_end_findings(
    estimates: Sequence[WindowEstimates],
    cautions: Mapping[Window, tuple[Caution, ...]],
    declared: Denominator,
    *,
    options: PrevalenceOptions,
    digests: tuple[str, ...],
) -> tuple[Finding, ...]:
    """Say for each year end how many addresses were seen, how many are estimated, the rate, and how methods differ."""
    ends = [e for e in estimates if e.window.year_end]
    found: list[Finding] = []
    growth = growth_findings(ends, cautions, options=options, digests=digests)
    for e in ends:
        warned = _with_width(e.headline, cautions.get(e.window, ()))
        last = e is ends[-1]
        found += [
            _observed(e, options, digests),
            _estimated(e, warned, options, digests, headline=last, first=ends[0] if last and growth else None),
            _rate(e, warned, declared, options, digests, headline=last),
            *_spread(e, options, digests),
        ]
    space = Finding(
        id="address-space-declared", question=_Q, value=declared.addresses, unit=_UNIT, protected=False,
        statement=f"{{value}} IPv4 addresses were {options.demonym} at the declared date.", source_digests=digests,
        estimand=f"IPv4 addresses {declared.name}: allocated, not active",
    )  # fmt: skip
    return (*found, *growth, space)


def _with_width(result: EstimateResult, cautions: tuple[Caution, ...]) -> tuple[Caution, ...]:
    if isinstance(result, NotEstimable):
        return cautions
    wide = result.interval is not None and result.interval.upper > 2 * result.interval.lower
    return (*cautions, *result.cautions, *((caution("C-WIDE"),) if wide else ()))


def _observed(entry: WindowEstimates, options: PrevalenceOptions, digests: tuple[str, ...]) -> Finding:
    return Finding(
        id=f"addresses-observed-{entry.window.end.year}",
        question=_Q,
        statement=f"{{value}} distinct {options.demonym} addresses were seen in {long_label(entry.window)}.",
        value=entry.observed,
        unit=_UNIT,
        estimand=f"distinct {options.demonym} IPv4 addresses seen in selected reports - not people",
        source_digests=digests,
    )


def _estimated(
    entry: WindowEstimates,
    warned: tuple[Caution, ...],
    options: PrevalenceOptions,
    digests: tuple[str, ...],
    *,
    headline: bool,
    first: WindowEstimates | None,
) -> Finding:
    who, when = f"{options.demonym} addresses", long_label(entry.window)
    statement = f"An estimated {{value}} {who} ({{interval}}) were used in {when}"
    if first is not None:
        statement += f", {{value:addresses-growth}} times as many as in {long_label(first.window)}"
    result = entry.headline
    return Finding(
        id=f"addresses-estimated-{entry.window.end.year}",
        question=_Q,
        statement=statement + ".",
        value=None if isinstance(result, NotEstimable) else result.n_total,
        unit=_UNIT,
        base=entry.observed,
        base_label="distinct addresses seen",
        contributors=entry.recaptures,
        interval=None if isinstance(result, NotEstimable) else result.interval,
        estimand=estimand(entry.window, options.demonym),
        assumptions=ASSUMPTIONS,
        cautions=warned,
        refusal=Refusal(result.reason, result.explanation) if isinstance(result, NotEstimable) else None,
        source_digests=digests,
        headline=headline,
    )


def _rate(
    entry: WindowEstimates,
    warned: tuple[Caution, ...],
    declared: Denominator,
    options: PrevalenceOptions,
    digests: tuple[str, ...],
    *,
    headline: bool,
) -> Finding:
    result = entry.headline
    rate = None if isinstance(result, NotEstimable) else rate_per_10k(result, declared)
    return Finding(
        id=f"address-rate-{entry.window.end.year}",
        question=_Q,
        statement=f"That is about {{value}} of every ten thousand {options.demonym} IPv4 addresses ({{interval}}), in "
        f"{long_label(entry.window)}.",
        value=None if rate is None else rate.value,
        unit="per 10,000 addresses",
        base=declared.addresses,
        base_label=f"IPv4 addresses {declared.name}",
        contributors=entry.recaptures,
        interval=None if rate is None else rate.interval,
        estimand=estimand(entry.window, options.demonym) + ", for every ten thousand allocated addresses",
        assumptions=ASSUMPTIONS,
        cautions=warned,
        refusal=_no_rate(result) if isinstance(result, NotEstimable) else None,
        source_digests=digests,
        headline=headline,
    )


def _no_rate(result: NotEstimable) -> Refusal:
    """Say why there is no rate; the reason of a switched-off estimate stands with the estimate itself."""
    switched_off = result.reason is Reason.CHURN
    return Refusal(result.reason, NO_RATE if switched_off else result.explanation)


def _spread(entry: WindowEstimates, options: PrevalenceOptions, digests: tuple[str, ...]) -> tuple[Finding, ...]:
    year, when = entry.window.end.year, long_label(entry.window)
    what = estimand(entry.window, options.demonym)
    refused = sum(isinstance(r, NotEstimable) for r in entry.results.values())
    found = [
        Finding(
            id=f"methods-refused-{year}", question=_Q, value=refused, base=len(entry.results), unit="methods",
            statement=f"Of {{base}} methods tried for {when}, {{value}} could not answer; each says why.",
            estimand="methods of the declared panel that refused", source_digests=digests, protected=False,
        )
    ]  # fmt: skip
    if entry.spread is not None:
        found += [
            Finding(
                id=f"addresses-panel-{name}-{year}", question=_Q, value=value, unit=_UNIT, estimand=what,
                statement=f"The {name} estimate of the panel for {when} is {{value}}.", base=entry.observed,
                base_label="distinct addresses seen", contributors=entry.recaptures, source_digests=digests,
            )
            for name, value in zip(("lowest", "highest"), entry.spread, strict=True)
        ]  # fmt: skip
    return tuple(found)


def coreported_findings(
    linked: CoreportedCountries, *, options: PrevalenceOptions, digests: tuple[str, ...]
) -> tuple[Finding, ...]:
    """Say how many reports join the country's addresses to others, and to how many countries."""
    if not linked.home_reports:
        return ()
    named = sum(code != "ZZ" for code, _, _ in linked.rows)
    return (
        Finding(
            id="coreported-reports", question=_Q, value=linked.linked_reports / linked.home_reports, unit="share",
            numerator=linked.linked_reports, base=linked.home_reports, contributors=linked.linked_reports,
            base_label=f"reports with a {options.demonym} address",
            statement=f"Of {{base}} reports with a {options.demonym} address, {{numerator}} ({{value}}) also hold an "
            "address elsewhere.",
            estimand="reports that hold addresses of the study country and of another", source_digests=digests,
        ),
        Finding(
            id="coreported-countries-total", question=_Q, value=named, unit="countries", protected=False,
            statement=f"Reports join {options.demonym} addresses to addresses in {{value}} other countries.",
            estimand="countries or territories with an address in one report with one of the study country",
            source_digests=digests,
        ),
    )  # fmt: skip
