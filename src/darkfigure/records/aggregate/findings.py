"""Findings and tables: what the questions answer, before disclosure control decides what may be published."""

from __future__ import annotations

import math
import string
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from darkfigure.errors import RecordError
from darkfigure.records.aggregate.estimates import Caution, Interval, Reason


def _fault(where: str, problem: str, allowed: str) -> RecordError:
    return RecordError(
        "E-RECORD-03", where=where, problem=problem, allowed=allowed, remedy="Report this as a fault in darkfigure."
    )


class Question(StrEnum):
    """The chapter a result belongs to."""

    PREVALENCE = "prevalence"
    CLASSIFICATION = "classification"
    NATURE = "nature"
    HOTSPOT = "hotspot"
    PRACTICE = "practice"
    RECOMMENDATIONS = "recommendations"
    LISTS = "lists"
    TRUST = "trust"
    ACCOUNTING = "accounting"


class Missing(StrEnum):
    """Why a table cell has no value; a suppressed cell is another thing and is made by disclosure control only."""

    NOT_STATED = "not stated"
    NOT_APPLICABLE = "not applicable"
    NOT_ESTIMABLE = "not estimable"


class ColumnKind(StrEnum):
    """How a column is protected and printed."""

    LABEL = "label"
    COUNT = "count"
    SHARE = "share"
    ESTIMATE = "estimate"
    MEASURE = "measure"
    CONTRIBUTORS = "contributors"


Cell = int | float | str | Missing
"""A value of a table cell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name : str
        Machine name with its unit, such as ``"rate_per_10k"``; the header of the CSV file.
    title : str
        What a reader sees.
    kind : ColumnKind
        ``LABEL`` says what the row is; ``COUNT`` counts protected things and is subject to the threshold; ``SHARE``
        (a proportion from 0 to 1), ``ESTIMATE`` and ``MEASURE`` are numbers derived from others; ``CONTRIBUTORS`` holds
        the number of cases behind the row, is used for protection and never published.
    unit : str
        Unit of the values.
    derived_from : tuple of str
        Columns this one is computed from: where one of them is suppressed, this one is too.
    decimals : int
        Digits after the point in print (shares: of the percentage).
    """

    name: str
    title: str
    kind: ColumnKind
    unit: str = ""
    derived_from: tuple[str, ...] = ()
    decimals: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of results behind a chart, a map, a network or a printed table.

    Parameters
    ----------
    id : str
        Stable name, such as ``"victims-by-sex"``; the file name in ``release/tables``.
    question : Question
        The chapter.
    title : str
        What the table shows, in a reader's words.
    base : str
        What the rows are part of ("381 victims in 90 cases" is written by the report from the numbers; here in words
        without numbers: "all victims identified").
    columns : tuple of Column
        In print order.
    rows : tuple of tuple of Cell
        One entry for each column.
    note : str
        Caution printed below.
    source : str
        Where the rows come from.
    protected : bool
        Whether counts are about people, cases, reports or addresses, so that small ones must be protected. Public
        reference figures and settings are not.
    total_row : int or None
        Index of the row that is the sum of the others.

    Raises
    ------
    RecordError (E-RECORD-03)
        A row does not fit the columns, a name repeats, a derivation names no column, a count is negative.

    Examples
    --------
    >>> t = Table(id="demo", question=Question.NATURE, title="Victims by sex", base="all victims",
    ...           columns=(Column(name="sex", title="Sex", kind=ColumnKind.LABEL),
    ...                    Column(name="victims", title="Victims", kind=ColumnKind.COUNT, unit="victims")),
    ...           rows=(("female", 12), ("male", 3)), source="case review")
    >>> t.column("victims")
    (12, 3)
    """

    id: str
    question: Question
    title: str
    base: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    source: str
    note: str = ""
    protected: bool = True
    total_row: int | None = None

    def __post_init__(self) -> None:
        names = [c.name for c in self.columns]
        if len(set(names)) != len(names):
            raise _fault(self.id, "a column name repeats", "each column once")
        unknown = {d for c in self.columns for d in c.derived_from} - set(names)
        if unknown:
            raise _fault(self.id, "a column derives from one that is not there", "names of columns of this table")
        for number, row in enumerate(self.rows, start=1):
            if len(row) != len(names):
                raise _fault(f"{self.id} row {number}", "cells and columns differ in number", "one cell a column")
            for column, cell in zip(self.columns, row, strict=True):
                self._check_cell(number, column, cell)

    def _check_cell(self, number: int, column: Column, cell: Cell) -> None:
        where = f"{self.id} row {number} column {column.name}"
        if isinstance(cell, Missing):
            return
        if column.kind is ColumnKind.LABEL:
            if not isinstance(cell, str):
                raise _fault(where, "a label is not text", "text")
            return
        if isinstance(cell, str) or (isinstance(cell, float) and not math.isfinite(cell)):
            raise _fault(where, "a number is missing or not finite", "a finite number or a Missing reason")
        if column.kind in (ColumnKind.COUNT, ColumnKind.CONTRIBUTORS) and (cell < 0 or cell != int(cell)):
            raise _fault(where, "a count is negative or not whole", "whole numbers of 0 or more")

    def column(self, name: str) -> tuple[Cell, ...]:
        """Cells of one column, from the first row to the last."""
        index = [c.name for c in self.columns].index(name)
        return tuple(row[index] for row in self.rows)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a finding has no value."""

    reason: Reason
    explanation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One answer, with what it counts, its base and what is unknown.

    Parameters
    ----------
    id : str
        Stable name such as ``"victims-female-share"``.
    question : Question
        The chapter.
    statement : str
        A sentence with named places instead of numbers: ``{value}``, ``{interval}``, ``{numerator}``, ``{base}``,
        ``{known}``, ``{unknown}``, or ``{value:other-finding-id}``. It holds no number taken from data.
    value : int, float, str or None
        ``None`` with a refusal. Shares are proportions from 0 to 1, never percent.
    unit : str
        Unit of the value; ``"share"`` for proportions.
    base : int or None
        Denominator or number of units the value speaks about; with ``base_label`` in words.
    numerator : int or None
        Count behind a share.
    known, unknown : int or None
        Units for which the property is known and not known; always given for a property of people or cases.
    interval : Interval or None
        On the scale of the value.
    contributors : int or None
        Cases (or reports) behind the value, the unit of protection.
    estimand : str
        What the number counts, exactly.
    assumptions : tuple of str
        What must hold.
    cautions : tuple of Caution
        What looked wrong or limits the meaning.
    refusal : Refusal or None
        Given when there is no value.
    source_digests : tuple of str
        SHA-256 of the inputs it came from.
    headline : bool
        Whether it stands among the key findings.
    protected : bool
        Whether small counts in it must be protected.

    Raises
    ------
    RecordError (E-RECORD-03)
        Neither or both of value and refusal are given; a number is not finite; or the statement names an unknown place.
    """

    id: str
    question: Question
    statement: str
    value: int | float | str | None
    unit: str
    estimand: str
    base: int | None = None
    base_label: str = ""
    numerator: int | None = None
    known: int | None = None
    unknown: int | None = None
    interval: Interval | None = None
    contributors: int | None = None
    assumptions: tuple[str, ...] = ()
    cautions: tuple[Caution, ...] = ()
    refusal: Refusal | None = None
    source_digests: tuple[str, ...] = ()
    headline: bool = False
    protected: bool = True

    def __post_init__(self) -> None:
        if (self.value is None) == (self.refusal is None):
            raise _fault(self.id, "a finding needs a value or a refusal", "exactly one of the two")
        if isinstance(self.value, float) and not math.isfinite(self.value):
            raise _fault(self.id, "a value is not finite", "a finite number or a refusal")
        if self.unit == "share" and not (
            self.value is None or (isinstance(self.value, float) and 0 <= self.value <= 1)
        ):
            raise _fault(self.id, "a share is out of range", "a proportion from 0 to 1, as a float")
        for name, _ in placeholders(self.statement):
            if name not in PLACES:
                raise _fault(self.id, "the statement names an unknown place", ", ".join(sorted(PLACES)))


PLACES = frozenset({"value", "interval", "numerator", "base", "known", "unknown", "lower", "upper"})
"""Names a finding's statement may hold in braces."""


def placeholders(statement: str) -> Iterator[tuple[str, str]]:
    """Named places of a statement, as ``(place, other finding id or "")``.

    Examples
    --------
    >>> list(placeholders("{value} of {base}; {value:victims-all}"))
    [('value', ''), ('base', ''), ('value', 'victims-all')]
    """
    for _, name, spec, _ in string.Formatter().parse(statement):
        if name is not None:
            yield name, spec or ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one question gives: findings and the tables behind them.

    Raises
    ------
    RecordError (E-RECORD-03)
        An id stands twice.
    """

    findings: tuple[Finding, ...] = ()
    tables: tuple[Table, ...] = ()

    def __post_init__(self) -> None:
        for ids in ([f.id for f in self.findings], [t.id for t in self.tables]):
            if len(set(ids)) != len(ids):
                raise _fault("answer", "an id stands twice", "each finding and table once")

    def __add__(self, other: Answer) -> Answer:
        """Join two answers; ids must not clash."""
        return Answer(self.findings + other.findings, self.tables + other.tables)
