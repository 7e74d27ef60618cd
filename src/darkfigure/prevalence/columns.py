"""Columns that several tables of this chapter share."""

from __future__ import annotations

from darkfigure.records.aggregate import Cell, Column, ColumnKind, EstimateResult, Missing, NotEstimable


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
