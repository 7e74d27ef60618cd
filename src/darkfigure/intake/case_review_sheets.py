"""Sheets of a case-review export: which is which, how their rows are joined, and what became of each row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from darkfigure.errors import IntakeError
from darkfigure.intake.case_review_answers import ASKED, Answers, Binding, bind_columns, read_answers, whole_number_of
from darkfigure.intake.checked_rows import Broken
from darkfigure.intake.xlsform import ReviewForm
from darkfigure.intake.xlsx_rows import SheetRow, SheetRows, XlsxBook
from darkfigure.records.aggregate import FileAccount, IntakeAudit, RefusedRow, tally

MAIN = "case"
REPEATS = tuple(section for section in ASKED if section != MAIN)
_UNITS = {
    "case": "cases",
    "victim": "victims",
    "trafficker": "traffickers",
    "customer": "customers",
    "case_link": "ties",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Convention:
    """How a survey tool joins the sheets of an export and names their columns.

    Parameters
    ----------
    key, parent_key : str
        Column that names a row of the main sheet, and the column of a repeat that points to it.
    parent_table : str
        Column of a repeat that names the sheet it points to, or ``""``.
    separator : str
        Between the groups and the question in a column name.
    """

    key: str
    parent_key: str
    parent_table: str
    separator: str


KOBO = Convention(key="_index", parent_key="_parent_index", parent_table="_parent_table_name", separator="/")
ODK = Convention(key="KEY", parent_key="PARENT_KEY", parent_table="", separator="-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """The sheets that are read, by section of the form, and how they are joined."""

    convention: Convention
    main_name: str
    names: Mapping[str, str]
    book: XlsxBook

    def sheet(self, section: str) -> SheetRows:
        """Give the sheet of a section."""
        return self.book.sheets[self.names[section]]


def open_export(book: XlsxBook, *, where: str) -> Export:
    """Which sheet of this workbook holds which section of the form?

    Parameters
    ----------
    book : XlsxBook
    where : str
        Source and file, for messages.

    Returns
    -------
    Export

    Raises
    ------
    IntakeError (E-INTAKE-47)
        The main sheet or the sheet of a repeat is missing or stands twice.
    IntakeError (E-INTAKE-50)
        The sheets are joined neither as KoboToolbox nor as ODK do it.
    """
    kobo = any(KOBO.parent_key in sheet.header for sheet in book.sheets.values())
    odk = any(ODK.parent_key in sheet.header for sheet in book.sheets.values())
    if kobo == odk:
        raise IntakeError(
            "E-INTAKE-50", where=where, problem="no sheet, or sheets of two tools, name the row they belong to",
            allowed="_index and _parent_index (KoboToolbox), or KEY and PARENT_KEY (ODK)",
            remedy="Export the answers again with all system columns.",
        )  # fmt: skip
    convention = KOBO if kobo else ODK
    found: dict[str, list[str]] = {section: [] for section in ASKED}
    for name, sheet in book.sheets.items():
        section = name.split(convention.separator)[-1]
        if convention.parent_key in sheet.header:
            found.setdefault(section, []).append(name)
        elif convention.key in sheet.header:
            found[MAIN].append(name)
    wrong = ["the main sheet" if section == MAIN else section for section in ASKED if len(found[section]) != 1]
    if wrong:
        raise IntakeError(
            "E-INTAKE-47", where=where, problem=f"{', '.join(wrong)}: missing, or there twice",
            allowed=f"one main sheet and one sheet each for {', '.join(REPEATS)}",
            remedy="Export the answers again with every repeat.",
        )  # fmt: skip
    names = {section: found[section][0] for section in ASKED}
    return Export(convention=convention, main_name=names[MAIN], names=names, book=book)


def join_key(row: SheetRow, column: str) -> str:
    """Which row of the main sheet does this cell name?

    Parameters
    ----------
    row : SheetRow
    column : str

    Returns
    -------
    str
        The same for the number 3 and the text "3"; empty when the cell is.
    """
    cell = row.values.get(column)
    number = whole_number_of(cell)
    if number is not None:
        return str(number)
    return cell.strip() if isinstance(cell, str) else ""


@dataclass(slots=True, kw_only=True, repr=False)
class SheetReading:
    """One sheet while it is read: its refusals grow, its account balances at the end."""

    section: str
    sheet: SheetRows
    source: str
    file: str
    binding: Binding
    listed: Mapping[str, frozenset[str]]
    refused: list[RefusedRow] = field(default_factory=list)

    def refuse(self, row: SheetRow, broken: Broken) -> None:
        """Record that a row broke a rule."""
        self.refused.append(RefusedRow(self.source, self.file, row.number, broken.field, broken.rule))

    def answers(self, row: SheetRow) -> Answers | Broken:
        """Read a row's answers, or the first rule it breaks."""
        return read_answers(row, self.binding, listed=self.listed)

    def audit(self, sha256: str) -> IntakeAudit:
        """Account for every row of the sheet."""
        account = FileAccount(
            source=self.source,
            file=self.file,
            unit=_UNITS[self.section],
            rows_in=self.sheet.rows_in,
            rows_accepted=self.sheet.rows_in - len(self.refused),
            rows_refused=len(self.refused),
            refusals=tally(self.refused),
            unknown_elements=self.binding.unknown_columns,
            sha256=sha256,
        )
        return IntakeAudit((account,), tuple(sorted(self.refused, key=lambda refused: refused.row)))


def start_reading(export: Export, section: str, *, source: str, name: str, form: ReviewForm) -> SheetReading:
    """Which columns of a section's sheet answer which question?

    Parameters
    ----------
    export : Export
    section : str
    source, name : str
        Of the source and the file, for messages.
    form : ReviewForm

    Returns
    -------
    SheetReading
        With the rows that the format refused.

    Raises
    ------
    IntakeError (E-INTAKE-48, E-INTAKE-49)
        A question has no column, or two.
    """
    sheet = export.sheet(section)
    file = f"{name}, {'main sheet' if section == MAIN else f'sheet {section}'}"
    binding = bind_columns(
        sheet.header, ASKED[section], separator=export.convention.separator, where=f"source {source}, file {file}"
    )
    return SheetReading(
        section=section,
        sheet=sheet,
        source=source,
        file=file,
        binding=binding,
        listed=form.codes.get(section, {}),
        refused=[replace(refused, file=file) for refused in sheet.refused],
    )


def account_other_sheets(export: Export, *, source: str, name: str) -> IntakeAudit:
    """How many rows stand in sheets that are not read?

    Parameters
    ----------
    export : Export
    source, name : str

    Returns
    -------
    IntakeAudit
        One account for each such sheet; all its rows are refused (``unknown-sheet``).
    """
    audit = IntakeAudit()
    for title, sheet in export.book.sheets.items():
        if title in export.names.values():
            continue
        file = f"{name}, sheet {sheet.position}"
        numbers = sorted(row.number for row in (*sheet.rows, *sheet.broken))
        refused = tuple(RefusedRow(source, file, number, "(row)", "unknown-sheet") for number in numbers)
        account = FileAccount(
            source=source,
            file=file,
            unit="rows of a sheet that is not read",
            rows_in=sheet.rows_in,
            rows_accepted=0,
            rows_refused=sheet.rows_in,
            refusals=tally(refused),
            unknown_elements=sum(1 for heading in sheet.header if heading),
            sha256=export.book.sha256,
        )
        audit += IntakeAudit((account,), refused)
    return audit
