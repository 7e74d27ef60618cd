"""Prevalence from end to end: sightings, windows, panel, rates, checks, map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np

from darkfigure.errors import HistoriesError
from darkfigure.histories import Window, capture_tables, distinct_in_windows, plan_windows
from darkfigure.linkage.sightings import day_number, select_sightings
from darkfigure.prevalence.check_tables import lag_table, service_table, trust_checks_table, window_checks_table
from darkfigure.prevalence.checks import (
    OVERLAP_CHECK,
    Check,
    WindowEvidence,
    YearEndEvidence,
    deep_checks,
    gather_evidence,
    half_totals,
    quick_checks,
)
from darkfigure.prevalence.closure import judge_window
from darkfigure.prevalence.columns import count, label
from darkfigure.prevalence.coreported import coreported_countries, coreported_table
from darkfigure.prevalence.findings import (
    Counted,
    coreported_findings,
    count_findings,
    weekly_findings,
    year_end_findings,
)
from darkfigure.prevalence.one_inflation import one_inflation_check
from darkfigure.prevalence.options import PrevalenceOptions, Progress, no_progress
from darkfigure.prevalence.panel import (
    WindowEstimates,
    estimate_windows,
    panel_december_table,
    window_estimates_table,
    window_panel_table,
)
from darkfigure.prevalence.rates import denominator_check_table, denominators_table, rates_table, year_end_table
from darkfigure.prevalence.trust_answer import trust_answer, verdict_cautions
from darkfigure.prevalence.truth import truth_findings, truth_table
from darkfigure.prevalence.weekly import breaks_table, received_days, service_changes, weekly_series, weekly_table
from darkfigure.prevalence.wording import caution
from darkfigure.records.aggregate import Answer, Caution, Question, Table
from darkfigure.records.restricted import IpEventTable, ReportTable, Sightings
from darkfigure.reference.denominators import Denominator
from darkfigure.reference.reporting_breaks import ReportingBreak


def analyse_prevalence(
    reports: ReportTable,
    events: IpEventTable,
    *,
    options: PrevalenceOptions,
    denominators: Sequence[Denominator],
    breaks: Sequence[ReportingBreak] = (),
    entries_refused: int = 0,
    truth: Mapping[date, int] | None = None,
    digests: tuple[str, ...] = (),
    progress: Progress = no_progress,
) -> Answer:
    """How many addresses of the country were used for child sexual exploitation, seen and unseen?

    Parameters
    ----------
    reports, events : ReportTable, IpEventTable
        What intake accepted.
    options : PrevalenceOptions
        Declared choices.
    denominators : sequence of Denominator
        One of role ``"declared"`` and any others.
    breaks : sequence of ReportingBreak
        Known changes of reporting, to mark on the weekly series.
    entries_refused : int
        Address entries that intake refused, so that all read are accounted for.
    truth : mapping of date to int, or None
        Only in a synthetic study: addresses truly in use, by a window's last day. Shown beside the estimates; nothing
        is computed from it.
    digests : tuple of str
        SHA-256 of the inputs.
    progress : Progress

    Returns
    -------
    Answer
        Tables and findings of the prevalence chapter.

    Raises
    ------
    HistoriesError (E-HIST-06)
        There is not exactly one declared denominator.
    """
    declared = _declared(denominators)
    period = (options.windows.period_start, options.windows.period_end)
    sightings = select_sightings(reports, events, rules=options.selection)
    windows = plan_windows(options.windows)
    year_ends = tuple(w for w in windows if w.year_end)
    progress("Windows counted", 0, len(windows))
    tables = capture_tables(sightings, windows, rules=options.windows)
    verdicts = {w: judge_window(sightings, w, limits=options.trust.limits) for w in windows}
    estimates = estimate_windows(
        tables, distinct_in_windows(sightings, windows), options=options, progress=progress, verdicts=verdicts
    )
    evidence = gather_evidence(sightings, year_ends, options=options)
    received = np.sort(received_days(reports, period=period))
    halves = half_totals(sightings, windows, rules=options.windows)
    every = WindowEvidence(received=received, first_day=day_number(period[0]), halves=halves)
    singletons = {t.window: one_inflation_check(t.table) for t in tables if t.window.year_end}
    quick, deep = _all_checks(estimates, evidence, every, singletons, options)
    cautions = _cautions(quick, deep, verdict_cautions(verdicts))
    series = weekly_series(sightings, reports, period=period)
    marks = sorted([*breaks, *service_changes(reports, period=period)])
    linked = coreported_countries(
        reports, events, rules=options.selection, period=(windows[0].start, options.windows.period_end)
    )
    counted = Counted(
        reports=int(received.size), entries_read=len(events) + entries_refused, entries_accepted=len(events),
        selected=len(sightings), distinct=sightings.n_entities,
    )  # fmt: skip
    findings = (
        *count_findings(counted, windows[-1], options=options, digests=digests),
        *weekly_findings(series, year_ends, options=options, digests=digests),
        *year_end_findings(estimates, cautions, declared, options=options, digests=digests),
        *coreported_findings(linked, options=options, digests=digests),
        *(truth_findings(estimates, truth, digests=digests) if truth else ()),
    )
    shown = (
        selection_table(sightings),
        weekly_table(series, marks),
        breaks_table(marks, period=period),
        year_end_table(estimates, declared),
        window_estimates_table(estimates),
        window_panel_table(estimates),
        panel_december_table(estimates, options=options),
        window_checks_table(quick),
        trust_checks_table(deep),
        lag_table(evidence),
        service_table(evidence),
        denominators_table(denominators, estimates),
        rates_table(estimates, denominators),
        denominator_check_table(estimates, declared),
        coreported_table(linked),
        *((truth_table(estimates, truth),) if truth else ()),
    )
    trust = trust_answer(
        sightings, tables, estimates, verdicts, options=options, digests=digests, progress=progress
    )  # fmt: skip
    return Answer(findings, shown) + trust


def _declared(denominators: Sequence[Denominator]) -> Denominator:
    found = [d for d in denominators if d.role == "declared"]
    if len(found) != 1 or found[0].addresses <= 0:
        raise HistoriesError(
            "E-HIST-06", where="denominators", problem="there is not exactly one declared denominator above zero",
            allowed="one count of the country's addresses at a declared date",
            remedy="Set prevalence.denominator_date in study.toml and check the delegation file.",
        )  # fmt: skip
    return found[0]


Checks = tuple[tuple[Window, tuple[Check, ...]], ...]


def _all_checks(
    estimates: Sequence[WindowEstimates],
    evidence: Mapping[Window, YearEndEvidence],
    every: WindowEvidence,
    singletons: Mapping[Window, Check],
    options: PrevalenceOptions,
) -> tuple[Checks, Checks]:
    """Run the quick checks on every window, and all checks on year ends."""
    quick = tuple((e.window, quick_checks(e, every, options=options)) for e in estimates)
    # Year ends are compared with each other, and share no days: that check says nothing here.
    by_window = {w: tuple(c for c in found if c.name != OVERLAP_CHECK) for w, found in quick}
    deep = tuple(
        (
            e.window,
            (
                *by_window[e.window],
                *deep_checks(e, evidence[e.window], every.received, options=options),
                singletons[e.window],
            ),
        )
        for e in estimates
        if e.window in evidence
    )
    return quick, deep


def _cautions(quick: Checks, deep: Checks, judged: Mapping[Window, str]) -> dict[Window, tuple[Caution, ...]]:
    """Turn the checks that fired into cautions, each once a window.

    Overlap concerns a series of windows and stands in its table; a single year end is not less certain for it.
    """
    fired: dict[Window, tuple[Caution, ...]] = {}
    for window, checks in (*quick, *deep):
        codes = [c.code for c in checks if c.code and c.code != "C-OVERLAPPING-WINDOWS"]
        codes += [judged[window]] if window in judged else []
        fired[window] = tuple(caution(code) for code in dict.fromkeys(codes))
    return fired


def selection_table(sightings: Sightings) -> Table:
    """Show what every selection rule kept: rows in and rows out."""
    rows = tuple((s.rule, s.text, s.rows_in, s.rows_out) for s in sightings.steps)
    return Table(
        id="selection-steps",
        question=Question.PREVALENCE,
        title="Address entries kept by each selection rule",
        base="address entries that intake accepted",
        columns=(
            label("rule", "Rule"),
            label("kept", "What stays"),
            count("rows_in", "Entries in", "address entries"),
            count("rows_out", "Entries out", "address entries"),
        ),
        rows=rows,
        source="CyberTipline reports",
        note="Rules apply in this order; each starts from what the one before left.",
    )
