"""The declared panel of estimators on every window, and the tables that show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from darkfigure.estimate import estimate
from darkfigure.histories import Window, WindowTable
from darkfigure.prevalence.closure import WindowVerdict, refuse_unclosed
from darkfigure.prevalence.columns import count, label, number, recaptures_in, rests_on, total_and_ends
from darkfigure.prevalence.options import PrevalenceOptions, Progress
from darkfigure.prevalence.wording import CAUSES, CAUTIONS, INSTEAD, short_label
from darkfigure.records.aggregate import (
    Cell,
    EstimateResult,
    Missing,
    NotEstimable,
    PopulationEstimate,
    Question,
    Reason,
    Table,
)

UNIT = "addresses"
ON_EVERY_WINDOW = ("chao-bc", "chapman")
"""Cheap estimators whose ratio is the first sign of churn; they run on every window beside the headline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowEstimates:
    """What the estimators say about one window.

    Parameters
    ----------
    window : Window
    observed : int
        Distinct addresses seen between the window's first and last day, counted without the sweep.
    headline : PopulationEstimate or NotEstimable
        The declared headline, refused where it lies below ``observed``.
    results : mapping of str to PopulationEstimate or NotEstimable
        By registry name; the whole panel where ``full``.
    full : bool
        Whether the whole panel ran.
    recaptures : int
        Addresses the estimates hang on, for protection only.
    """

    window: Window
    observed: int
    headline: EstimateResult
    results: Mapping[str, EstimateResult]
    full: bool
    recaptures: int

    @property
    def spread(self) -> tuple[float, float] | None:
        """Lowest and highest estimate of the panel; ``None`` where it did not run, all refused, or none can hold."""
        if isinstance(self.headline, NotEstimable) and self.headline.reason is Reason.CHURN:
            return None
        totals = [r.n_total for r in self.results.values() if isinstance(r, PopulationEstimate)]
        return (min(totals), max(totals)) if self.full and totals else None


def estimate_windows(
    tables: Sequence[WindowTable],
    observed: Sequence[int],
    *,
    options: PrevalenceOptions,
    progress: Progress,
    verdicts: Mapping[Window, WindowVerdict] | None = None,
) -> tuple[WindowEstimates, ...]:
    """How many addresses were in use in each window, by every declared method?

    Parameters
    ----------
    tables : sequence of WindowTable
        By end date.
    observed : sequence of int
        Distinct addresses seen in each window, from an independent count.
    options : PrevalenceOptions
        Panel, headline, level, and how often the whole panel runs.
    progress : Progress
    verdicts : mapping of Window to WindowVerdict, or None
        Whether each window is closed enough; the headline of one that is not is switched off.

    Returns
    -------
    tuple of WindowEstimates
        In the order of ``tables``.
    """
    made = []
    for done, (entry, seen) in enumerate(zip(tables, observed, strict=True), start=1):
        full = runs_panel(entry.window, options)
        names = dict.fromkeys([options.headline, *ON_EVERY_WINDOW, *(options.panel if full else ())])
        results = {name: estimate(name, entry.table, level=options.level) for name in names}
        headline = _closed_only(refuse_below_observed(results[options.headline], seen), entry.window, verdicts, options)
        if not full or options.headline in options.panel:
            results[options.headline] = headline
        shown = {n: r for n, r in results.items() if not full or n in options.panel or n in ON_EVERY_WINDOW}
        made.append(
            WindowEstimates(
                window=entry.window,
                observed=seen,
                headline=headline,
                results=shown,
                full=full,
                recaptures=recaptures_in(entry.table),
            )
        )
        progress("Windows estimated", done, len(tables))
    return tuple(made)


def _closed_only(
    result: EstimateResult,
    window: Window,
    verdicts: Mapping[Window, WindowVerdict] | None,
    options: PrevalenceOptions,
) -> EstimateResult:
    found = verdicts.get(window) if verdicts else None
    words = f"{CAUSES.get(found.cause, '')} {INSTEAD}" if found else ""
    return refuse_unclosed(result, found, rule=options.trust.churn_rule, words=words)


def runs_panel(window: Window, options: PrevalenceOptions) -> bool:
    """Does the whole panel run on this window?"""
    last = options.windows.period_end
    return window.year_end or (last - window.end).days % options.panel_step_days == 0


def refuse_below_observed(result: EstimateResult, observed: int) -> EstimateResult:
    """Is the estimate possible? Fewer addresses than were seen is a refusal, whatever the method says.

    Examples
    --------
    >>> low = PopulationEstimate(method="chao", n_observed=90, n_total=95.0)
    >>> refuse_below_observed(low, 100).status
    'not-estimable'
    """
    if isinstance(result, NotEstimable) or result.n_total >= observed * (1 - 1e-9):
        return result
    return NotEstimable(
        method=result.method,
        reason=Reason.CHECK_FAILED,
        explanation=CAUTIONS["C-BELOW-OBSERVED"],
        n_observed=observed,
    )


def window_estimates_table(estimates: Sequence[WindowEstimates]) -> Table:
    """Show the headline with its interval, the two cheap methods and the panel's spread, window by window.

    Notes
    -----
    The two halves (n1, n2, m) and the frequencies f_j are never put in a table: with n1, n2 and the two-sample
    estimate, anybody can work out the protected overlap m.
    """
    rows: list[tuple[Cell, ...]] = []
    for e in estimates:
        totals = {name: total_and_ends(e.results.get(name))[0] for name in ON_EVERY_WINDOW}
        spread: tuple[Cell, Cell] = e.spread or (Missing.NOT_APPLICABLE, Missing.NOT_APPLICABLE)
        name: Cell = short_label(e.window) if e.window.year_end else Missing.NOT_APPLICABLE
        overlap = "yes" if e.window.overlaps_previous else "no"
        reason: Cell = e.headline.reason.value if isinstance(e.headline, NotEstimable) else Missing.NOT_APPLICABLE
        rows.append(
            (
                e.window.end.isoformat(), name, e.observed, *total_and_ends(e.headline),
                *(totals[n] for n in ON_EVERY_WINDOW), *spread, overlap, reason, e.recaptures,
            )
        )  # fmt: skip
    seen = ("observed",)
    return Table(
        id="window-estimates",
        question=Question.PREVALENCE,
        title="Addresses seen and addresses estimated to be in use, by window",
        base="all addresses of the country in use within each window",
        columns=(
            label("window_end", "Window ends on"),
            label("label", "Year end"),
            count("observed", "Distinct addresses seen", UNIT),
            number("n_total", "Estimated in use", UNIT, derived_from=seen),
            number("lower", "Lower end", UNIT, derived_from=seen),
            number("upper", "Upper end", UNIT, derived_from=seen),
            number("chao_bc", "Chao, bias-corrected", UNIT, derived_from=seen),
            number("chapman", "Chapman, two halves", UNIT, derived_from=seen),
            number("panel_min", "Lowest of the panel", UNIT, derived_from=seen),
            number("panel_max", "Highest of the panel", UNIT, derived_from=seen),
            label("overlaps", "Shares days with the window before"),
            label("reason", "Why not estimable"),
            rests_on(),
        ),
        rows=tuple(rows),
        source="CyberTipline reports",
        note=CAUTIONS["C-OVERLAPPING-WINDOWS"] + " Compare year ends, which share none.",
    )


def window_panel_table(estimates: Sequence[WindowEstimates]) -> Table:
    """Show every method's estimate on every window where the whole panel ran, for thin lines behind the headline."""
    rows: list[tuple[Cell, ...]] = []
    for e in estimates:
        if e.full:
            rows += [
                (e.window.end.isoformat(), name, r.status, total_and_ends(r)[0], e.recaptures)
                for name, r in e.results.items()
            ]
    return Table(
        id="window-panel",
        question=Question.PREVALENCE,
        title="Every method of the panel, by window",
        base="all addresses of the country in use within each window",
        columns=(
            label("window_end", "Window ends on"),
            label("method", "Method"),
            label("status", "Status"),
            number("n_total", "Estimated in use", UNIT),
            rests_on(),
        ),
        rows=tuple(rows),
        source="CyberTipline reports",
    )


def panel_december_table(estimates: Sequence[WindowEstimates], *, options: PrevalenceOptions) -> Table:
    """Show every method at every year end, refusals with the same weight as results, and why one is quoted."""
    quoted = f"The quoted method is {options.headline}. {options.headline_reason}".strip()
    rows: list[tuple[Cell, ...]] = []
    for e in estimates:
        if e.window.year_end:
            rows += [_panel_row(e, name, result) for name, result in e.results.items()]
    return Table(
        id="panel-december",
        question=Question.PREVALENCE,
        title="Every method at every year end",
        base="all addresses of the country in use within each window",
        columns=(
            label("window_end", "Window ends on"),
            label("label", "Year end"),
            label("method", "Method"),
            label("status", "Status"),
            number("n_total", "Estimated in use", UNIT),
            number("lower", "Lower end", UNIT),
            number("upper", "Upper end", UNIT),
            number("standard_error", "Standard error", UNIT),
            label("reason", "Reason code"),
            label("explanation", "Explanation"),
            rests_on(),
        ),
        rows=tuple(rows),
        source="CyberTipline reports",
        note=f"Intervals at {options.level:.0%}. Each belongs to its own model and says nothing about the choice of "
        f"the model. {quoted}{_switched_off(estimates)}",
    )


def _switched_off(estimates: Sequence[WindowEstimates]) -> str:
    """Say that the whole panel falls with the headline where the addresses in use changed."""
    ends = [e for e in estimates if e.window.year_end and isinstance(e.headline, NotEstimable)]
    names = ", ".join(short_label(e.window) for e in ends if getattr(e.headline, "reason", None) is Reason.CHURN)
    if not names:
        return ""
    return (
        f" The quoted estimate is switched off for {names}. The others stand here to show how they disagree; none of "
        "them holds there, because each needs the same addresses to stay in use."
    )


def _panel_row(entry: WindowEstimates, name: str, result: EstimateResult) -> tuple[Cell, ...]:
    error: Cell = Missing.NOT_ESTIMABLE
    reason: Cell = Missing.NOT_APPLICABLE
    text: Cell = Missing.NOT_APPLICABLE
    if isinstance(result, NotEstimable):
        reason, text = result.reason.value, result.explanation
    else:
        error = Missing.NOT_STATED if result.standard_error is None else result.standard_error
        text = "; ".join(c.text for c in result.cautions) or Missing.NOT_APPLICABLE
    ends = total_and_ends(result)
    return (
        entry.window.end.isoformat(), short_label(entry.window), name, result.status, *ends, error, reason, text,
        entry.recaptures,
    )  # fmt: skip
