"""How many people do several lists leave out? Analysis of a finished capture table."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

from darkfigure.estimate import estimate
from darkfigure.records.aggregate import (
    Answer,
    CaptureTable,
    Caution,
    Cell,
    Column,
    ColumnKind,
    EstimateResult,
    Finding,
    Missing,
    NotEstimable,
    PopulationEstimate,
    Question,
    Refusal,
    Table,
)

SPREAD = Caution(
    "C-MODEL-SPREAD",
    "The interval belongs to one model. Other models that the same data allow give other numbers; the spread between "
    "them is shown beside it and is often wider than the interval.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOptions:
    """Declared choices of a list study.

    Parameters
    ----------
    panel : tuple of str
        Registry names of the estimators shown side by side.
    headline : str
        The one whose number is quoted; empty quotes none.
    headline_reason : str
        Why that one, in words.
    level : float
        Confidence level.
    entity : str
        What is counted, in the plural.
    estimand : str
        What the number counts, exactly.
    """

    panel: tuple[str, ...]
    headline: str
    headline_reason: str
    level: float
    entity: str
    estimand: str


def analyse_lists(table: CaptureTable, *, options: ListOptions, digests: tuple[str, ...]) -> Answer:
    """Estimate how many units all lists together leave out, with every declared method side by side.

    Parameters
    ----------
    table : CaptureTable
        Cells of the lists.
    options : ListOptions
        Declared choices.
    digests : tuple of str
        SHA-256 of the input.

    Returns
    -------
    Answer
        Tables ``list-sizes``, ``list-overlaps``, ``captures`` and ``panel``; findings on what was seen, the headline
        and the spread of the panel.
    """
    names = dict.fromkeys([*options.panel, *([options.headline] if options.headline else [])])
    results = {name: estimate(name, table, level=options.level) for name in names}
    tables = [_captures(table, options)]
    if table.cells is not None:
        tables = [_sizes(table, options), _overlaps(table, options), *tables]
    return Answer(_findings(table, results, options, digests), (*tables, _panel(results, options)))


def _label(table: CaptureTable, index: int) -> str:
    return table.labels[index] if table.labels else f"List {index + 1}"


def _sizes(table: CaptureTable, options: ListOptions) -> Table:
    cells = table.cells
    rows: list[tuple[Cell, ...]] = []
    for i, total in enumerate(table.occasion_totals or ()):
        single = 0
        if cells is not None:
            only = (cells.histories.sum(axis=1) == 1) & (cells.histories[:, i] == 1)
            single = int(cells.counts[only].sum())
        rows.append((_label(table, i), total, single))
    return Table(
        id="list-sizes",
        question=Question.LISTS,
        title=f"{options.entity.capitalize()} on each list",
        base=f"all {options.entity} on at least one list",
        columns=(
            Column(name="list", title="List", kind=ColumnKind.LABEL),
            Column(name="units", title="On the list", kind=ColumnKind.COUNT, unit=options.entity),
            Column(name="only_here", title="On no other list", kind=ColumnKind.COUNT, unit=options.entity),
        ),
        rows=tuple(rows),
        source="capture table",
    )


def _overlaps(table: CaptureTable, options: ListOptions) -> Table:
    cells = table.cells
    rows: list[tuple[Cell, ...]] = []
    totals = table.occasion_totals or ()
    if cells is not None:
        for i, j in combinations(range(len(totals)), 2):
            both = int(cells.counts[(cells.histories[:, i] == 1) & (cells.histories[:, j] == 1)].sum())
            pair: Cell = totals[i] * totals[j] / both if both else Missing.NOT_ESTIMABLE
            rows.append((_label(table, i), _label(table, j), both, pair))
    return Table(
        id="list-overlaps",
        question=Question.LISTS,
        title="Overlap of each pair of lists",
        base=f"all {options.entity} on at least one list",
        columns=(
            Column(name="list_a", title="List", kind=ColumnKind.LABEL),
            Column(name="list_b", title="and list", kind=ColumnKind.LABEL),
            Column(name="overlap", title="On both", kind=ColumnKind.COUNT, unit=options.entity),
            Column(
                name="pair_estimate",
                title="Total if the two were independent",
                kind=ColumnKind.ESTIMATE,
                unit=options.entity,
                derived_from=("overlap",),
            ),
        ),
        rows=tuple(rows),
        source="capture table",
        note="Pairs that disagree widely show that some lists depend on each other or that people differ in how easily "
        "they are recorded.",
    )


def _captures(table: CaptureTable, options: ListOptions) -> Table:
    rows: list[tuple[Cell, ...]] = [(str(j), f) for j, f in enumerate(table.frequencies, start=1)]
    return Table(
        id="captures",
        question=Question.LISTS,
        title=f"On how many lists {options.entity} stand",
        base=f"all {options.entity} on at least one list",
        columns=(
            Column(name="lists", title="Number of lists", kind=ColumnKind.LABEL),
            Column(name="units", title="Units", kind=ColumnKind.COUNT, unit=options.entity),
        ),
        rows=tuple(rows),
        source="capture table",
    )


def _panel(results: dict[str, EstimateResult], options: ListOptions) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for name, result in results.items():
        if isinstance(result, NotEstimable):
            gap = Missing.NOT_ESTIMABLE
            rows.append((name, result.status, gap, gap, gap, gap, result.reason.value, result.explanation))
            continue
        ends: tuple[Cell, Cell] = (Missing.NOT_STATED, Missing.NOT_STATED)
        if result.interval is not None:
            finite = result.interval.upper < float("inf")
            ends = (result.interval.lower, result.interval.upper if finite else Missing.NOT_ESTIMABLE)
        aic: Cell = Missing.NOT_STATED if result.aic is None else result.aic
        rows.append((name, result.status, result.n_total, *ends, aic, "", "; ".join(c.text for c in result.cautions)))
    return Table(
        id="panel",
        question=Question.LISTS,
        title="Every method on the same lists",
        base=f"all {options.entity}, on a list or on none",
        columns=(
            Column(name="method", title="Method", kind=ColumnKind.LABEL),
            Column(name="status", title="Status", kind=ColumnKind.LABEL),
            Column(name="n_total", title="Estimated total", kind=ColumnKind.ESTIMATE, unit=options.entity),
            Column(name="lower", title="Lower end", kind=ColumnKind.ESTIMATE, unit=options.entity),
            Column(name="upper", title="Upper end", kind=ColumnKind.ESTIMATE, unit=options.entity),
            Column(name="aic", title="AIC", kind=ColumnKind.ESTIMATE, decimals=1),
            Column(name="reason", title="Reason code", kind=ColumnKind.LABEL),
            Column(name="explanation", title="Explanation", kind=ColumnKind.LABEL),
        ),
        rows=tuple(rows),
        source="capture table",
        note=_panel_note(options),
    )


def _panel_note(options: ListOptions) -> str:
    parts = [f"Intervals at {options.level:.0%}; each belongs to its own model."]
    if options.headline:
        parts.append(f"The number quoted first is that of {options.headline}.")
    return " ".join([*parts, *([options.headline_reason] if options.headline else [])]).strip()


def _findings(
    table: CaptureTable, results: dict[str, EstimateResult], options: ListOptions, digests: tuple[str, ...]
) -> tuple[Finding, ...]:
    lists = len(table.occasion_totals or ())
    seen = Finding(
        id="lists-observed",
        question=Question.LISTS,
        statement=f"The lists together name {{value}} {options.entity}.",
        value=table.n_observed,
        unit=options.entity,
        estimand=f"distinct {options.entity} on at least one of {lists} lists",
        source_digests=digests,
        headline=True,
    )
    findings = [seen]
    if options.headline:
        findings.append(_headline(results[options.headline], options, digests))
    numbers = sorted(r.n_total for r in results.values() if isinstance(r, PopulationEstimate))
    if len(numbers) > 1:
        findings += [
            _spread(
                "lists-panel-lowest",
                "The lowest estimate among the methods is {value}.",
                numbers[0],
                estimand="lowest of the declared methods' numbers",
                options=options,
                digests=digests,
            ),
            _spread(
                "lists-panel-highest",
                "The highest is {value}.",
                numbers[-1],
                estimand="highest of the declared methods' numbers",
                options=options,
                digests=digests,
            ),
        ]
    refused = sum(isinstance(r, NotEstimable) for r in results.values())
    findings.append(
        Finding(
            id="lists-methods-refused",
            question=Question.LISTS,
            statement="Of {base} methods tried, {value} could not answer from these lists; each says why.",
            value=refused,
            base=len(results),
            unit="methods",
            estimand="methods of the declared panel that refused",
            source_digests=digests,
            protected=False,
        )
    )
    return tuple(findings)


def _headline(result: EstimateResult, options: ListOptions, digests: tuple[str, ...]) -> Finding:
    refused = isinstance(result, NotEstimable)
    return Finding(
        id="lists-estimated",
        question=Question.LISTS,
        statement=f"An estimated {{value}} {options.entity} in all, seen and unseen ({{interval}}).",
        value=None if isinstance(result, NotEstimable) else result.n_total,
        unit=options.entity,
        estimand=options.estimand or f"{options.entity} on a list or on none",
        interval=None if isinstance(result, NotEstimable) else result.interval,
        assumptions=() if isinstance(result, NotEstimable) else result.assumptions,
        cautions=(SPREAD,) if isinstance(result, NotEstimable) else (*result.cautions, SPREAD),
        refusal=Refusal(result.reason, result.explanation) if isinstance(result, NotEstimable) else None,
        source_digests=digests,
        headline=not refused,
    )


def _spread(
    finding_id: str, statement: str, value: float, *, estimand: str, options: ListOptions, digests: tuple[str, ...]
) -> Finding:
    return Finding(
        id=finding_id,
        question=Question.LISTS,
        statement=statement,
        value=value,
        unit=options.entity,
        estimand=f"{estimand} of {options.entity} on a list or on none",
        cautions=(SPREAD,),
        source_digests=digests,
    )
