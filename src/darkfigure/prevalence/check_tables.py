"""Tables that show the checks: every window, every year end, recaptures by lag, and services one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from darkfigure.histories import Window
from darkfigure.prevalence.checks import Check, YearEndEvidence
from darkfigure.prevalence.columns import count, label, number, rests_on, total_and_ends
from darkfigure.prevalence.panel import UNIT
from darkfigure.prevalence.wording import CAUTIONS, short_label
from darkfigure.records.aggregate import Cell, Missing, Question, Table


def window_checks_table(checks: Sequence[tuple[Window, tuple[Check, ...]]]) -> Table:
    """Show which cautions fired on every window, with the two numbers behind them."""
    rows: list[tuple[Cell, ...]] = []
    for window, found in checks:
        values: list[Cell] = [Missing.NOT_ESTIMABLE if c.value is None else c.value for c in found[:4]]
        codes = " ".join(sorted({c.code for c in found if c.code}))
        rows.append((window.end.isoformat(), *values, codes or Missing.NOT_APPLICABLE))
    return Table(
        id="window-checks",
        question=Question.PREVALENCE,
        title="Checks of every window",
        base="all windows",
        columns=(
            label("window_end", "Window ends on"),
            number("total_over_seen", "Estimate over seen", "ratio", decimals=2),
            number("halves_over_weeks", "Two halves over weeks", "ratio", decimals=2),
            number("late_over_early", "Second half over first", "ratio", decimals=2),
            number("report_growth", "Reports over the window before", "ratio", decimals=2),
            label("cautions", "Cautions"),
        ),
        rows=tuple(rows),
        source="CyberTipline reports",
    )


def trust_checks_table(checks: Sequence[tuple[Window, tuple[Check, ...]]]) -> Table:
    """Show every check of every year end with its limit, its verdict and what the caution means."""
    rows: list[tuple[Cell, ...]] = []
    for window, found in checks:
        for c in found:
            rows.append(
                (
                    window.end.isoformat(), short_label(window), c.name,
                    Missing.NOT_ESTIMABLE if c.value is None else c.value,
                    Missing.NOT_APPLICABLE if c.limit is None else c.limit,
                    c.verdict, c.code or Missing.NOT_APPLICABLE, CAUTIONS.get(c.code, Missing.NOT_APPLICABLE),
                )
            )  # fmt: skip
    return Table(
        id="trust-checks",
        question=Question.PREVALENCE,
        title="Checks of every year end",
        base="windows that end with a year of the study",
        columns=(
            label("window_end", "Window ends on"),
            label("label", "Year end"),
            label("check", "Check"),
            number("value", "Value", "ratio", decimals=2),
            number("limit", "Limit", "ratio", decimals=2),
            label("verdict", "Verdict"),
            label("code", "Caution"),
            label("meaning", "What it means"),
        ),
        rows=tuple(rows),
        source="CyberTipline reports",
        note="Changes within a window and repeated reports pull the estimate in opposite directions, so no "
        "direction of the error can be promised.",
    )


def lag_table(evidence: Mapping[Window, YearEndEvidence]) -> Table:
    """Show how often an address seen once is seen again, by the weeks that passed."""
    rows: list[tuple[Cell, ...]] = []
    for window, found in evidence.items():
        for lag in found.lags:
            name = "1 week" if lag.band.last == 1 else f"{lag.band.first} to {lag.band.last} weeks"
            share: Cell = lag.share if lag.chances else Missing.NOT_ESTIMABLE
            implied: Cell = lag.implied_total if lag.again else Missing.NOT_ESTIMABLE
            rows.append((short_label(window), name, share, implied, lag.again))
    return Table(
        id="recapture-by-lag",
        question=Question.PREVALENCE,
        title="Chance in a week that an address seen before is seen again, by the time that has passed",
        base="pairs of an address seen in a week and a later week of the same window",
        columns=(
            label("label", "Year end"),
            label("lag", "Time passed"),
            number("seen_again", "Chance in a week", "share", decimals=4),
            number("implied_total", "Total these recaptures imply", UNIT),
            rests_on(),
        ),
        rows=tuple(rows),
        source="CyberTipline reports",
        note="In a closed population the implied total is the same at every distance. A rise with time shows addresses "
        "going out of use.",
    )


def service_table(evidence: Mapping[Window, YearEndEvidence]) -> Table:
    """Show the estimate without the largest service and from each service alone."""
    rows: list[tuple[Cell, ...]] = []
    for window, found in evidence.items():
        for name, alone in found.by_service.items():
            cells = (alone.observed, *total_and_ends(alone.result), alone.recaptures)
            rows.append((short_label(window), name, *cells))
    seen_only = ("observed",)
    return Table(
        id="service-estimates",
        question=Question.PREVALENCE,
        title="The same estimate from each reporting service alone",
        base="addresses of the country that one service reported",
        columns=(
            label("label", "Year end"),
            label("service", "Reporting service"),
            count("observed", "Distinct addresses seen", UNIT),
            number("n_total", "Estimated in use", UNIT, derived_from=seen_only),
            number("lower", "Lower end", UNIT, derived_from=seen_only),
            number("upper", "Upper end", UNIT, derived_from=seen_only),
            rests_on(),
        ),
        rows=tuple(rows),
        source="CyberTipline reports",
        note="A service alone sees fewer addresses; services that see different parts of the network give different "
        "totals.",
    )
