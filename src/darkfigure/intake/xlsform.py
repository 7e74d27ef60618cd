"""The XLSForm of the case review: which codes could be answered to which question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from darkfigure.errors import IntakeError
from darkfigure.intake.case_review_answers import ASKED
from darkfigure.intake.xlsx_rows import CellValue, SheetRow, read_xlsx_sheets


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewForm:
    """Codes that the form lists, by section (``"case"`` for the main part) and question."""

    codes: Mapping[str, Mapping[str, frozenset[str]]]


def read_review_form(path: Path, *, source: str) -> ReviewForm:
    """Which codes does this form list for the questions of the review?

    Parameters
    ----------
    path : Path
        The XLSForm, a workbook with the sheets ``survey`` and ``choices``.
    source : str
        Name of the declared source, for messages.

    Returns
    -------
    ReviewForm

    Raises
    ------
    IntakeError (E-INTAKE-20 to E-INTAKE-23, E-INTAKE-40 to E-INTAKE-46)
        The workbook cannot be read as a whole; see ``read_xlsx_sheets``.
    IntakeError (E-INTAKE-51)
        The form lacks a sheet, a column or a question of the review, or asks it in another way.
    IntakeError (E-INTAKE-52)
        The form lists a code that the review does not know.
    """
    where = f"source {source}, form {path.name}"
    book = read_xlsx_sheets(path, source=source, sheets=("survey", "choices"))
    refused = [row for sheet in book.sheets.values() for row in sheet.refused]
    needed = {"survey": {"type", "name"}, "choices": {"list_name", "name"}}
    if refused or any(name not in book.sheets or needed[name] - set(book.sheets[name].header) for name in needed):
        raise _not_this_form(where, "survey or choices is missing, lacks a column or has a damaged row")
    lists: dict[str, set[str]] = {}
    for row in book.sheets["choices"].rows:
        lists.setdefault(_text(row.values.get("list_name")), set()).add(_text(row.values.get("name")))
    asked = _asked(book.sheets["survey"].rows)
    return ReviewForm(codes={section: _codes(section, asked, lists, where=where) for section in ASKED})


def _asked(rows: tuple[SheetRow, ...]) -> dict[tuple[str, str], tuple[str, str]]:
    """Give kind and list of each question, by section and name; a section is the innermost repeat."""
    repeats: list[str] = []
    asked: dict[tuple[str, str], tuple[str, str]] = {}
    for row in rows:
        kind, _, choices = _text(row.values.get("type")).partition(" ")
        name = _text(row.values.get("name"))
        if kind == "begin_repeat" or (kind == "begin" and choices == "repeat"):
            repeats.append(name)
        elif (kind == "end_repeat" or (kind == "end" and choices == "repeat")) and repeats:
            repeats.pop()
        elif name:
            asked[(repeats[-1] if repeats else "case", name)] = (kind, choices.strip())
    return asked


def _codes(
    section: str, asked: Mapping[tuple[str, str], tuple[str, str]], lists: Mapping[str, set[str]], *, where: str
) -> dict[str, frozenset[str]]:
    codes: dict[str, frozenset[str]] = {}
    for ask in ASKED[section]:
        kind, choices = asked.get((section, ask.name), ("", ""))
        wanted = "integer" if ask.codes is None else "select_multiple" if ask.multiple else "select_one"
        if kind != wanted or (ask.codes is not None and choices not in lists):
            raise _not_this_form(where, f"{section}, {ask.name}: not asked, or asked in another way")
        if ask.codes is None:
            continue
        if not ask.codes.issuperset(lists[choices]):
            raise IntakeError(
                "E-INTAKE-52", where=f"{where}, {section}, {ask.name}",
                problem="the form lists a code that the review does not know",
                allowed="the codes of the review's own form",
                remedy="Recode the answers, or read the file without this form.",
            )  # fmt: skip
        codes[ask.name] = frozenset(lists[choices])
    return codes


def _text(cell: CellValue | None) -> str:
    return cell.strip() if isinstance(cell, str) else ""


def _not_this_form(where: str, problem: str) -> IntakeError:
    return IntakeError(
        "E-INTAKE-51", where=where, problem=problem, allowed="the form with which the case files were reviewed",
        remedy="Give the form that belongs to this export, or none.",
    )  # fmt: skip
