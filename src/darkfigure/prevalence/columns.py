"""Columns that several tables of this chapter share."""

from __future__ import annotations

from darkfigure.records.aggregate import CaptureTable, Cell, Column, ColumnKind, EstimateResult, Missing, NotEstimable


def label(name: str, title: str) -> Column:
    """Make a column that says what a row is."""
    return Column(name=name, title=title, kind=ColumnKind.LABEL)


def count(name: str, title: str, unit: str) -> Column:
    """Make a column of protected counts."""
    return Column(name=name, title=title, kind=ColumnKind.COUNT, unit=unit)


def number(name: str, title: str, unit: str, *, derived_from: tuple[str, ...] = (), decimals: int = 0) -> Column:
    """Make a column of estimates."""
    return Column(
        name=name, title=title, kind=ColumnKind.ESTIMATE, unit=unit, derived_from=derived_from, decimals=decimals
    )


def rests_on() -> Column:
    """Make the column of recaptured addresses behind a row: it protects the row and is never published.

    A two-sample estimate printed with its interval gives the overlap away, so a row that rests on few recaptures has
    to be withheld, however large its estimate.
    """
    return Column(name="recaptures", title="Addresses seen again", kind=ColumnKind.CONTRIBUTORS, unit="addresses")


def recaptures_in(table: CaptureTable) -> int:
    """How many addresses does any estimate from this table hang on: seen twice or more, and in both halves?

    Examples
    --------
    >>> recaptures_in(CaptureTable.from_frequencies([30, 8, 2]))
    10
    """
    again = table.n_observed - (table.frequencies[0] if table.frequencies else 0)
    return again if table.halves is None else min(again, table.halves.n_both)


def total_and_ends(result: EstimateResult | None) -> tuple[Cell, Cell, Cell]:
    """Estimated total and both ends of its interval; a refusal has none, an open end is not estimable.

    Examples
    --------
    >>> total_and_ends(None)[0]
    <Missing.NOT_APPLICABLE: 'not applicable'>
    """
    if result is None:
        return (Missing.NOT_APPLICABLE,) * 3
    if isinstance(result, NotEstimable):
        return (Missing.NOT_ESTIMABLE,) * 3
    if result.interval is None:
        return (result.n_total, Missing.NOT_STATED, Missing.NOT_STATED)
    upper: Cell = result.interval.upper if result.interval.upper != float("inf") else Missing.NOT_ESTIMABLE
    return (result.n_total, result.interval.lower, upper)
