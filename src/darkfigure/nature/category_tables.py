"""A table of categories with both shares, bounds for the unknown and the cases behind each row."""

from __future__ import annotations

from collections.abc import Mapping

from darkfigure.nature.options import UnknownConvention
from darkfigure.nature.review import SOURCE
from darkfigure.nature.shares import Share, share_of
from darkfigure.nature.units import Units
from darkfigure.records.aggregate import Cell, Column, ColumnKind, Missing, Question, Table

UNKNOWN_LABEL, TOTAL_LABEL = "unknown", "all"


def share_columns(unit: str, convention: UnknownConvention) -> tuple[Column, ...]:
    """Columns after the label: count, stated share with its interval, the other share, bounds, cases behind.

    Parameters
    ----------
    unit : str
        Name of the count column, such as ``"victims"``.
    convention : UnknownConvention
        Which of the two shares is stated first, with its interval.

    Returns
    -------
    tuple of Column
    """
    known = convention is UnknownConvention.EXCLUDE

    def share(name: str, title: str) -> Column:
        return Column(name=name, title=title, kind=ColumnKind.SHARE, unit="share", derived_from=(unit,))

    of_known, of_all = share("share_known", "Share of known"), share("share_all", "Share of all")
    return (
        Column(name=unit, title=unit.replace("_", " ").capitalize(), kind=ColumnKind.COUNT, unit=unit),
        of_known if known else of_all,
        share("lower", "Lower limit of the share beside"),
        share("upper", "Upper limit of the share beside"),
        of_all if known else of_known,
        share("bound_lower", "Share of all if no unknown belonged here"),
        share("bound_upper", "Share of all if every unknown belonged here"),
        Column(name="cases", title="Cases behind", kind=ColumnKind.CONTRIBUTORS, unit="cases"),
    )


def share_cells(share: Share) -> tuple[Cell, ...]:
    """Cells of one category in the order of :func:`share_columns`."""
    none = Missing.NOT_ESTIMABLE
    bounds = share.bounds
    stated, other = (share.of_known, share.of_all)
    if share.convention is UnknownConvention.INCLUDE:
        stated, other = other, stated
    return (
        share.count,
        none if stated is None else stated,
        share.interval.lower if share.interval else none,
        share.interval.upper if share.interval else none,
        none if other is None else other,
        bounds[0] if bounds else none,
        bounds[1] if bounds else none,
        share.contributors,
    )


def category_table(
    table_id: str,
    *,
    title: str,
    base: str,
    label: str,
    unit: str,
    units: Units,
    categories: Mapping[str, str],
    convention: UnknownConvention,
    level: float,
    note: str = "",
) -> Table:
    """How many units, and which shares of known and of all, fall into each category?

    Parameters
    ----------
    table_id, title, base, note : str
        Identity and words of the table.
    label : str
        Name of the label column, such as ``"relation"``.
    unit : str
        Unit and name of the count column.
    units : Units
        One property of all units.
    categories : mapping of str to str
        Codes in print order and their labels. Codes of one label are counted together.
    convention : UnknownConvention
        Which share the interval belongs to.
    level : float
        Confidence level.

    Returns
    -------
    Table
        One row a label, then "unknown" where there is any or the convention includes it, then "all" as the total row.
    """
    columns = (
        Column(name=label, title=label.replace("_", " ").capitalize(), kind=ColumnKind.LABEL),
        *share_columns(unit, convention),
    )
    rows: list[tuple[Cell, ...]] = []
    for text in dict.fromkeys(categories.values()):
        codes = {code for code, name in categories.items() if name == text}
        rows.append((text, *share_cells(share_of(units, codes, convention=convention, level=level))))
    included = convention is UnknownConvention.INCLUDE
    if units.count(None) or included:
        rows.append((UNKNOWN_LABEL, *_unknown_cells(units, included=included)))
    rows.append((TOTAL_LABEL, *_total_cells(units)))
    return Table(
        id=table_id,
        question=Question.NATURE,
        title=title,
        base=base,
        columns=columns,
        rows=tuple(rows),
        source=SOURCE,
        note=note,
        total_row=len(rows) - 1,
    )


def _unknown_cells(units: Units, *, included: bool) -> tuple[Cell, ...]:
    nothing = Missing.NOT_APPLICABLE
    total = len(units.cases)
    share: Cell = units.count(None) / total if total else Missing.NOT_ESTIMABLE
    stated, other = (share, nothing) if included else (nothing, share)
    behind = units.behind(lambda code: code is None)
    return (units.count(None), stated, nothing, nothing, other, nothing, nothing, behind)


def _total_cells(units: Units) -> tuple[Cell, ...]:
    nothing = Missing.NOT_APPLICABLE
    behind = units.behind(lambda _: True)
    return (len(units.cases), nothing, nothing, nothing, nothing, nothing, nothing, behind)
