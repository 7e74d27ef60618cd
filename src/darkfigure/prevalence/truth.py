"""How far off were the estimates? Only for synthetic studies, whose truth is known; never used to estimate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from darkfigure.prevalence.columns import label, number, rests_on, total_and_ends
from darkfigure.prevalence.panel import UNIT, WindowEstimates
from darkfigure.prevalence.wording import long_label, short_label
from darkfigure.records.aggregate import (
    Cell,
    Column,
    ColumnKind,
    Finding,
    Missing,
    NotEstimable,
    Question,
    Refusal,
    Table,
)


def truth_table(estimates: Sequence[WindowEstimates], truth: Mapping[date, int]) -> Table:
    """Show the true number in use beside the estimate, for every window whose truth is known."""
    rows: list[tuple[Cell, ...]] = []
    for e in estimates:
        if e.window.end not in truth:
            continue
        known = truth[e.window.end]
        total, lower, upper = total_and_ends(e.headline)
        error: Cell = total / known - 1 if isinstance(total, float) and known else Missing.NOT_ESTIMABLE
        inside: Cell = Missing.NOT_ESTIMABLE
        if isinstance(lower, float):
            inside = "yes" if lower <= known and (not isinstance(upper, float) or known <= upper) else "no"
        name: Cell = short_label(e.window) if e.window.year_end else Missing.NOT_APPLICABLE
        rows.append((e.window.end.isoformat(), name, known, total, lower, upper, error, inside, e.recaptures))
    return Table(
        id="window-truth",
        question=Question.PREVALENCE,
        title="Addresses truly in use in the synthetic world, and the estimate",
        base="all addresses of the country in use within each window of the synthetic world",
        columns=(
            label("window_end", "Window ends on"),
            label("label", "Year end"),
            Column(name="truth", title="Truly in use", kind=ColumnKind.MEASURE, unit=UNIT),
            number("n_total", "Estimated in use", UNIT),
            number("lower", "Lower end", UNIT),
            number("upper", "Upper end", UNIT),
            number("relative_error", "Error", "share", decimals=1),
            label("covered", "Interval holds the truth"),
            rests_on(),
        ),
        rows=tuple(rows),
        source="synthetic world",
        note="Real data have no such column.",
    )


def truth_findings(
    estimates: Sequence[WindowEstimates], truth: Mapping[date, int], *, digests: tuple[str, ...]
) -> tuple[Finding, ...]:
    """Say for every year end how far the estimate was from the truth."""
    return tuple(
        _finding(e, truth[e.window.end], digests) for e in estimates if e.window.year_end and truth.get(e.window.end)
    )


def _finding(entry: WindowEstimates, known: int, digests: tuple[str, ...]) -> Finding:
    result = entry.headline
    refusal = Refusal(result.reason, result.explanation) if isinstance(result, NotEstimable) else None
    return Finding(
        id=f"truth-ratio-{entry.window.end.year}",
        question=Question.PREVALENCE,
        statement=f"In the synthetic world the estimate for {long_label(entry.window)} was {{value}} times the true "
        "number of addresses in use.",
        value=None if isinstance(result, NotEstimable) else result.n_total / known,
        unit="ratio",
        contributors=entry.recaptures,
        estimand="estimated over true number of addresses in use, in the synthetic world",
        refusal=refusal,
        source_digests=digests,
    )
