"""Answers of the case review: which questions are read, what each may hold, and how an export writes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from darkfigure.errors import IntakeError
from darkfigure.intake.checked_rows import Broken
from darkfigure.intake.xlsx_rows import CellValue, SheetRow
from darkfigure.records.restricted import (
    Agency,
    Channel,
    Initiation,
    LinkRole,
    Nationality,
    RelationInGroup,
    RelationToTrafficker,
    Sex,
    YesNo,
)
from darkfigure.reference.countries import countries
from darkfigure.reference.provinces import province_codes

YES_NO = frozenset({"yes", "no"})
PROCEEDINGS = frozenset({"under_investigation", "charged", "convicted", "sentenced", "acquitted", "dismissed"})


@dataclass(frozen=True, slots=True)
class Ask:
    """One question that is read.

    Parameters
    ----------
    name : str
        Last part of the column's name.
    codes : frozenset of str, optional
        Codes that may be answered; ``None`` for a whole number.
    low, high : int
        Limits of a whole number.
    required : bool
        Whether an empty cell breaks a rule.
    multiple : bool
        Whether several codes may be ticked.
    """

    name: str
    codes: frozenset[str] | None = None
    low: int = 0
    high: int = 0
    required: bool = True
    multiple: bool = False


def _of(codes: type[StrEnum]) -> frozenset[str]:
    return frozenset(code.value for code in codes)


_AGE = Ask("age_years", low=0, high=110, required=False)
_NUMBER = Ask("number", low=1, high=999)
_PROVINCES = province_codes()

ASKED: Mapping[str, tuple[Ask, ...]] = {
    "case": (
        Ask("file_number", low=1, high=9999),
        Ask("agency", _of(Agency)),
        Ask("year", low=2000, high=2100),
        Ask("initiation", _of(Initiation)),
        Ask("commercial", _of(YesNo)),
        Ask("customer_information", YES_NO),
        Ask("spotlight", YES_NO),
    ),
    "victim": (
        _NUMBER,
        Ask("sex", _of(Sex)),
        _AGE,
        Ask("relation", _of(RelationToTrafficker)),
        Ask("rescued", YES_NO),
        Ask("rescue_group", low=1, high=99, required=False),
        Ask("relation_in_group", _of(RelationInGroup), required=False),
        Ask("abuse_months", low=0, high=600, required=False),
        Ask("province", _PROVINCES, required=False),
    ),
    "trafficker": (
        _NUMBER,
        Ask("sex", _of(Sex)),
        _AGE,
        Ask("nationality", _of(Nationality)),
        Ask("speaks_english", _of(YesNo)),
        Ask("channels", _of(Channel), required=False, multiple=True),
        Ask("arrested", YES_NO),
        Ask("arrest_province", _PROVINCES, required=False),
    ),
    "customer": (
        _NUMBER,
        Ask("lead", YES_NO),
        Ask("sex", _of(Sex)),
        _AGE,
        Ask("country", frozenset(countries()), required=False),
        Ask("travelled", _of(YesNo)),
        Ask("contact_abuse", _of(YesNo)),
        Ask("status", PROCEEDINGS, required=False),
    ),
    "case_link": (
        Ask("from_role", _of(LinkRole)),
        Ask("from_number", low=1, high=999),
        Ask("to_role", _of(LinkRole)),
        Ask("to_number", low=1, high=999),
        Ask("people", low=1, high=9999),
    ),
}
"""The allow-list: what is read of each sheet. Nothing else of a row is kept."""


@dataclass(frozen=True, slots=True, repr=False)
class Answers:
    """The answers of one row, each within its limits."""

    row: SheetRow
    values: Mapping[str, str | int | frozenset[str] | None]

    def __repr__(self) -> str:
        return f"Answers({self.row.number}, <restricted>)"

    def text(self, name: str) -> str:
        """Give a required code."""
        return cast(str, self.values[name])

    def whole(self, name: str) -> int:
        """Give a required whole number."""
        return cast(int, self.values[name])

    def text_or_none(self, name: str) -> str | None:
        """Give a code, or ``None`` for an empty cell."""
        return cast("str | None", self.values[name])

    def whole_or_none(self, name: str) -> int | None:
        """Give a whole number, or ``None`` for an empty cell."""
        return cast("int | None", self.values[name])

    def ticked(self, name: str) -> frozenset[str]:
        """Give the codes ticked."""
        return cast("frozenset[str]", self.values[name])

    def yes(self, name: str) -> bool:
        """Say whether the answer is yes."""
        return self.values[name] == "yes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """Which column answers which question of one sheet.

    Parameters
    ----------
    asks : tuple of Ask
    column : mapping of str to str
        Column by question: the answer, or the summary of several answers.
    ticks : mapping of str to (mapping of str to str)
        For questions with several answers: 0/1 column by code.
    unlisted : mapping of str to tuple of str
        0/1 columns of such a question whose code is not in the review.
    unknown_columns : int
        Columns that answer no question.
    """

    asks: tuple[Ask, ...]
    column: Mapping[str, str]
    ticks: Mapping[str, Mapping[str, str]]
    unlisted: Mapping[str, tuple[str, ...]]
    unknown_columns: int


def bind_columns(header: Sequence[str], asks: tuple[Ask, ...], *, separator: str, where: str) -> Binding:
    """Which column answers which question, with or without the names of groups before it?

    Parameters
    ----------
    header : sequence of str
        Column names, such as ``"victim/rescue/rescued"``, ``"rescued"`` or ``"channels/dark_web"``.
    asks : tuple of Ask
    separator : str
        Between the parts of a column name.
    where : str
        For messages.

    Returns
    -------
    Binding

    Raises
    ------
    IntakeError (E-INTAKE-48)
        A question has no column, or one with several answers has neither a summary nor a 0/1 column for each code.
    IntakeError (E-INTAKE-49)
        A question has two columns.
    """
    by_name = {ask.name: ask for ask in asks}
    column: dict[str, str] = {}
    ticks: dict[str, dict[str, str]] = {}
    unlisted: dict[str, tuple[str, ...]] = {}
    known = 0
    for heading in header:
        *groups, last = heading.split(separator)
        question = by_name.get(groups[-1]) if groups else None
        if last in by_name:
            _bind_once(column, last, heading, where=where)
        elif question is not None and question.multiple and last in (question.codes or ()):
            _bind_once(ticks.setdefault(question.name, {}), last, heading, where=where)
        elif question is not None and question.multiple:
            unlisted[question.name] = (*unlisted.get(question.name, ()), heading)
        else:
            continue
        known += 1
    missing = [name for ask in asks for name in _missing(ask, column, ticks, separator=separator)]
    if missing:
        raise IntakeError(
            "E-INTAKE-48", where=where, problem=f"the sheet lacks {', '.join(missing)}",
            allowed="a column for each question that is read, named by the question's name and not by its label",
            remedy="Export again with XML names as headers.",
        )  # fmt: skip
    named = sum(1 for heading in header if heading)
    return Binding(asks=asks, column=column, ticks=ticks, unlisted=unlisted, unknown_columns=named - known)


def _missing(
    ask: Ask, column: Mapping[str, str], ticks: Mapping[str, Mapping[str, str]], *, separator: str
) -> list[str]:
    """Columns a question lacks: a 0/1 column that was left out would read as a code that nobody ticked."""
    if ask.name in column:
        return []
    if ask.name not in ticks:
        return [ask.name]
    return [f"{ask.name}{separator}{code}" for code in sorted((ask.codes or frozenset()) - ticks[ask.name].keys())]


def _bind_once(bound: dict[str, str], name: str, heading: str, *, where: str) -> None:
    if name in bound:
        raise IntakeError(
            "E-INTAKE-49", where=where, problem=f"two columns answer {name}", allowed="one column for a question",
            remedy="Rename the other column, or leave it out of the export.",
        )  # fmt: skip
    bound[name] = heading


def read_answers(row: SheetRow, binding: Binding, *, listed: Mapping[str, frozenset[str]]) -> Answers | Broken:
    """What does this row answer, or which rule does it break first?

    Parameters
    ----------
    row : SheetRow
    binding : Binding
    listed : mapping of str to frozenset of str
        Codes that the form lists, by question; a question that is not there is checked against the review's own.

    Returns
    -------
    Answers or Broken
        Rules: ``missing``, ``not-a-choice``, ``not-in-form``, ``not-a-whole-number``, ``out-of-range``,
        ``not-0-or-1``, ``multiple-select-disagrees``.
    """
    values: dict[str, str | int | frozenset[str] | None] = {}
    for ask in binding.asks:
        answer = _ticked(row, ask, binding) if ask.multiple else _answer(row.values.get(binding.column[ask.name]), ask)
        if isinstance(answer, Broken):
            return answer
        if ask.codes is not None and ask.name in listed:
            codes: Iterable[str] = answer if isinstance(answer, frozenset) else (str(answer),) if answer else ()
            if not listed[ask.name].issuperset(codes):
                return Broken(ask.name, "not-in-form")
        values[ask.name] = answer
    return Answers(row, values)


def _answer(cell: CellValue | None, ask: Ask) -> str | int | Broken | None:
    if isinstance(cell, str):
        cell = cell.strip() or None
    if cell is None:
        return Broken(ask.name, "missing") if ask.required else None
    if ask.codes is not None:
        return cell if isinstance(cell, str) and cell in ask.codes else Broken(ask.name, "not-a-choice")
    number = whole_number_of(cell)
    if number is None:
        return Broken(ask.name, "not-a-whole-number")
    return number if ask.low <= number <= ask.high else Broken(ask.name, "out-of-range")


def whole_number_of(cell: CellValue | None) -> int | None:
    """Which whole number does this cell hold, as a number or as plain digits?

    Examples
    --------
    >>> whole_number_of(12), whole_number_of("12"), whole_number_of(12.0), whole_number_of(12.5), whole_number_of(True)
    (12, 12, 12, None, None)
    """
    if isinstance(cell, bool):
        return None
    if isinstance(cell, str):
        text = cell.strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None
    if isinstance(cell, float):
        return int(cell) if cell.is_integer() else None
    return cell if isinstance(cell, int) else None


def _ticked(row: SheetRow, ask: Ask, binding: Binding) -> frozenset[str] | Broken:
    """Read several answers from one cell of codes, from 0/1 columns, or from both if they agree."""
    codes = ask.codes or frozenset()
    summary: frozenset[str] | None = None
    if ask.name in binding.column:
        cell = row.values.get(binding.column[ask.name], "")
        if not isinstance(cell, str) or not codes.issuperset(cell.split()):
            return Broken(ask.name, "not-a-choice")
        summary = frozenset(cell.split())
    if ask.name not in binding.ticks:
        return summary or frozenset()
    ticks = {code: _tick(row.values.get(heading)) for code, heading in binding.ticks[ask.name].items()}
    others = [_tick(row.values.get(heading)) for heading in binding.unlisted.get(ask.name, ())]
    if None in ticks.values() or None in others:
        return Broken(ask.name, "not-0-or-1")
    if any(others):
        return Broken(ask.name, "not-a-choice")
    details = frozenset(code for code, tick in ticks.items() if tick)
    if summary is not None and summary != details:
        return Broken(ask.name, "multiple-select-disagrees")
    return details


def _tick(cell: CellValue | None) -> bool | None:
    if cell is None or cell is False:
        return False
    if cell is True:
        return True
    number = whole_number_of(cell)
    return bool(number) if number in (0, 1) else None
