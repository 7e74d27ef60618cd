"""Exports of the structured review of case files, to the tables of one coder.

An export is a workbook with a main sheet, one row a file, and a sheet for each part that repeats. KoboToolbox joins
them by ``_index`` and ``_parent_index``, ODK by ``KEY`` and ``PARENT_KEY``. Only the questions of the allow-list are
read; notes, references and the tool's own columns are counted and dropped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from darkfigure.intake.case_review_answers import ASKED, Answers, whole_number_of
from darkfigure.intake.case_review_rules import (
    case_of,
    cases_without_one_lead,
    customer_of,
    link_of,
    trafficker_of,
    victim_of,
)
from darkfigure.intake.case_review_sheets import (
    MAIN,
    Convention,
    Export,
    SheetReading,
    account_other_sheets,
    join_key,
    open_export,
    start_reading,
)
from darkfigure.intake.checked_rows import Broken
from darkfigure.intake.xlsform import ReviewForm, read_review_form
from darkfigure.intake.xlsx_rows import SheetRow, read_xlsx_sheets
from darkfigure.records.aggregate import IntakeAudit
from darkfigure.records.restricted import CaseFile, CaseReviewTable, Customer, LinkRole, Victim

Record = TypeVar("Record")


def read_case_review(
    path: Path, *, source: str, coder: str, form: Path | None = None
) -> tuple[CaseReviewTable, IntakeAudit]:
    """What did one coder find in the case files?

    Parameters
    ----------
    path : Path
        The export, an ``.xlsx`` workbook.
    source : str
        Name of the declared source.
    coder : str
        Label of the coder.
    form : Path, optional
        The XLSForm that was filled in; its choices are checked against the review's, and every answer against them.

    Returns
    -------
    CaseReviewTable
        Accepted records, in the order of the sheets.
    IntakeAudit
        One account for each sheet. A file that is refused takes its victims, traffickers, customers and ties with it
        (``parent-refused``).

    Raises
    ------
    IntakeError (E-INTAKE-20 to E-INTAKE-23, E-INTAKE-40 to E-INTAKE-46)
        The workbook cannot be read as a whole; see ``read_xlsx_sheets``.
    IntakeError (E-INTAKE-47 to E-INTAKE-50)
        Sheets, columns or joins are missing or stand twice; see ``open_export`` and ``bind_columns``.
    IntakeError (E-INTAKE-51, E-INTAKE-52)
        The form is not the form of this review; see ``read_review_form``.

    Notes
    -----
    Rules beside those of ``read_answers`` and ``case_review_rules``: ``duplicate-key``, ``duplicate-number``,
    ``no-parent``, ``parent-refused``, ``parent-table``, ``lead-not-one``, ``unknown-sheet``.
    """
    book = read_xlsx_sheets(path, source=source)
    filled = ReviewForm(codes={}) if form is None else read_review_form(form, source=source)
    export = open_export(book, where=f"source {source}, file {path.name}")
    readings = {
        section: start_reading(export, section, source=source, name=path.name, form=filled) for section in ASKED
    }
    cases = _read_cases(readings[MAIN], export.convention)
    table = _read_people(readings, cases, export, coder=coder)
    audit = IntakeAudit()
    for reading in readings.values():
        audit += reading.audit(book.sha256)
    return table, audit + account_other_sheets(export, source=source, name=path.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cases:
    """Accepted files by the key that repeats name, and the keys of refused ones."""

    by_key: Mapping[str, CaseFile]
    refused_keys: frozenset[str]


def _read_cases(reading: SheetReading, convention: Convention) -> _Cases:
    keys = Counter(join_key(row, convention.key) for row in (*reading.sheet.rows, *reading.sheet.broken))
    refused_keys = {join_key(row, convention.key) for row in reading.sheet.broken}
    by_key: dict[str, CaseFile] = {}
    numbers: set[int] = set()
    for row in reading.sheet.rows:
        key = join_key(row, convention.key)
        answers = reading.answers(row)
        if not key or keys[key] > 1:
            answers = Broken(convention.key, "duplicate-key" if key else "missing")
        elif isinstance(answers, Answers) and answers.whole("file_number") in numbers:
            answers = Broken("file_number", "duplicate-number")
        if isinstance(answers, Broken):
            reading.refuse(row, answers)
            refused_keys.add(key)
        else:
            by_key[key] = case_of(answers)
            numbers.add(by_key[key].number)
    return _Cases(by_key=by_key, refused_keys=frozenset(refused_keys - {""}))


def _read_people(readings: Mapping[str, SheetReading], cases: _Cases, export: Export, *, coder: str) -> CaseReviewTable:
    parent = export.convention.parent_key
    sizes = _group_sizes(readings["victim"], parent)

    def victim(answers: Answers, case: CaseFile) -> Victim | Broken:
        key = join_key(answers.row, parent)
        return victim_of(answers, case, group_size=lambda group: sizes[(key, group)])

    victims = _read_repeat(readings["victim"], cases, export, make=victim)
    traffickers = _read_repeat(readings["trafficker"], cases, export, make=trafficker_of)
    customers = _with_one_lead(
        readings["customer"], _read_repeat(readings["customer"], cases, export, make=customer_of)
    )
    people = {
        LinkRole.VICTIM: frozenset((person.case, person.number) for _, person in victims),
        LinkRole.TRAFFICKER: frozenset((person.case, person.number) for _, person in traffickers),
        LinkRole.CUSTOMER: frozenset((person.case, person.number) for _, person in customers),
    }
    links = _read_repeat(readings["case_link"], cases, export, make=partial(link_of, people=people))
    return CaseReviewTable(
        coder=coder,
        cases=tuple(cases.by_key.values()),
        victims=tuple(person for _, person in victims),
        traffickers=tuple(person for _, person in traffickers),
        customers=tuple(person for _, person in customers),
        links=tuple(link for _, link in links),
    )


def _group_sizes(reading: SheetReading, parent_key: str) -> Counter[tuple[str, int | None]]:
    """Count the victims written under each group, those included whose row is refused."""
    heading = reading.binding.column["rescue_group"]
    return Counter(
        (join_key(row, parent_key), whole_number_of(row.values.get(heading)))
        for row in (*reading.sheet.rows, *reading.sheet.broken)
    )


def _read_repeat(
    reading: SheetReading, cases: _Cases, export: Export, *, make: Callable[[Answers, CaseFile], Record | Broken]
) -> list[tuple[SheetRow, Record]]:
    """Read the rows of a repeat that belong to an accepted file and break no rule; the first of a number counts."""
    found: list[tuple[SheetRow, Record]] = []
    seen: set[tuple[object, ...]] = set()
    for row in reading.sheet.rows:
        case = _parent(row, cases, export)
        made: Record | Broken | Answers = case if isinstance(case, Broken) else reading.answers(row)
        if isinstance(case, CaseFile) and isinstance(made, Answers):
            number = _own_number(case, made)
            made = make(made, case)
            if not isinstance(made, Broken):
                made = Broken(reading.binding.asks[0].name, "duplicate-number") if number in seen else made
                seen.add(number)
        if isinstance(made, Broken):
            reading.refuse(row, made)
        else:
            found.append((row, made))  # type: ignore[arg-type]
    return found


def _own_number(case: CaseFile, answers: Answers) -> tuple[object, ...]:
    """Give what must be unique: a person's number in the case, or both ends of a tie."""
    ends = ("from_role", "from_number", "to_role", "to_number")
    return (case.number, *(answers.values[name] for name in ("number", *ends) if name in answers.values))


def _parent(row: SheetRow, cases: _Cases, export: Export) -> CaseFile | Broken:
    convention = export.convention
    if convention.parent_table and row.values.get(convention.parent_table, export.main_name) != export.main_name:
        return Broken(convention.parent_table, "parent-table")
    key = join_key(row, convention.parent_key)
    if key in cases.by_key:
        return cases.by_key[key]
    return Broken(convention.parent_key, "parent-refused" if key in cases.refused_keys else "no-parent")


def _with_one_lead(
    reading: SheetReading, customers: list[tuple[SheetRow, Customer]]
) -> list[tuple[SheetRow, Customer]]:
    """Refuse the customers of a file in which none or several of them lead."""
    wrong = cases_without_one_lead(customer for _, customer in customers)
    for row, customer in customers:
        if customer.case in wrong:
            reading.refuse(row, Broken("lead", "lead-not-one"))
    return [(row, customer) for row, customer in customers if customer.case not in wrong]
