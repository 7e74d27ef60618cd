"""The case review as a KoboToolbox export: a main sheet and a sheet for each repeat, joined by row indexes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Literal
from uuid import UUID

from darkfigure.records.restricted import CaseFile, CaseLink, CaseReviewTable, Customer, Trafficker, Victim
from darkfigure.synth.case_form import FORM_ID, FORM_VERSION, SECTIONS, Question, Section, choice_lists
from darkfigure.synth.case_world import CaseWorld
from darkfigure.synth.xlsform import write_case_form
from darkfigure.synth.xlsform_workbook import Cell, write_workbook

MultipleSelect = Literal["both", "summary", "details"]
"""How an export writes a question with several answers: one cell of codes, a 0/1 column for each code, or both."""

_MAIN_SYSTEM = (
    "_id", "_uuid", "_submission_time", "_validation_status", "_notes", "_status", "_submitted_by", "__version__",
    "_tags", "_index",
)  # fmt: skip
_REPEAT_SYSTEM = (
    "_index", "_parent_table_name", "_parent_index", "_submission__id", "_submission__uuid",
    "_submission__submission_time", "_submission__validation_status", "_submission__notes", "_submission__status",
    "_submission__submitted_by", "_submission___version__", "_submission__tags",
)  # fmt: skip

_CASE_NOTES = (
    "Payment discussed; live video mentioned.",
    "",
    "Referral summary complete; annexes not read.",
    "Chat log summarised by the unit.",
    "",
    "Two volumes; second volume with the prosecutor.",
)
_VICTIM_NOTES = ("", "", "Birth certificate on file.", "", "Placed in care.", "", "Age as told by the carer.")


def write_case_review(world: CaseWorld, folder: Path) -> None:
    """Which files would the review team hand over?

    Parameters
    ----------
    world : CaseWorld
    folder : Path
        The study's input folder. ``cases/`` in it receives ``case-review.xlsx`` (group names in the columns, several
        answers both as one cell and as 0/1 columns), ``case-review-second-coder.xlsx`` (no group names, 0/1 columns
        only) and the form, ``case-review-form.xlsx``.
    """
    cases = folder / "cases"
    cases.mkdir(parents=True, exist_ok=True)
    write_case_form(cases / "case-review-form.xlsx")
    write_kobo_export(world.first, cases / "case-review.xlsx", group_names="full", multiple_select="both")
    write_kobo_export(
        world.second, cases / "case-review-second-coder.xlsx", group_names="none", multiple_select="details"
    )


def write_kobo_export(
    table: CaseReviewTable,
    path: Path,
    *,
    group_names: Literal["full", "none"] = "full",
    multiple_select: MultipleSelect = "both",
) -> None:
    """Which workbook does KoboToolbox export for these answers?

    Parameters
    ----------
    table : CaseReviewTable
        What one coder found.
    path : Path
        The ``.xlsx`` file to write.
    group_names : {"full", "none"}
        Whether a column name carries the path of its groups (``victim/rescue/rescued``) or the question's name only.
    multiple_select : {"both", "summary", "details"}
        How questions with several answers are written.
    """
    rows_of: dict[str, Sequence[Victim | Trafficker | Customer | CaseLink]] = {
        "victim": table.victims,
        "trafficker": table.traffickers,
        "customer": table.customers,
        "case_link": table.links,
    }
    place = {case.number: index for index, case in enumerate(table.cases, start=1)}
    main, *repeats = SECTIONS
    sheets: dict[str, tuple[Sequence[str], Sequence[Sequence[Cell]]]] = {}
    columns = _columns(main, group_names=group_names, multiple_select=multiple_select)
    sheets[FORM_ID] = (
        ["start", "end", *(name for name, _, _ in columns), *_MAIN_SYSTEM],
        [_case_row(case, columns, index, table.coder) for index, case in enumerate(table.cases, start=1)],
    )
    for section in repeats:
        columns = _columns(section, group_names=group_names, multiple_select=multiple_select)
        rows = [
            [
                *(_cell(record, question, code) for _, question, code in columns),
                *_repeat_system(record.case, place[record.case], index, table.coder),
            ]
            for index, record in enumerate(rows_of[section.name], start=1)
        ]
        sheets[section.name] = ([*(name for name, _, _ in columns), *_REPEAT_SYSTEM], rows)
    write_workbook(path, sheets=sheets, title="Case review: export")


_Column = tuple[str, Question, str]
"""Name of a column, its question, and the code it stands for (0/1 columns) or ``""``."""


def _columns(section: Section, *, group_names: str, multiple_select: MultipleSelect) -> list[_Column]:
    columns: list[_Column] = []
    for question in section.questions:
        name = section.path(question) if group_names == "full" else question.name
        if not question.multiple or multiple_select != "details":
            columns.append((name, question, ""))
        if question.multiple and multiple_select != "summary":
            codes = [code for code, _ in choice_lists()[question.choice_list]]
            columns += [(f"{name}/{code}", question, code) for code in codes]
    return columns


def _cell(record: object, question: Question, code: str) -> Cell:
    """Give the answer as the export writes it; questions the record does not know are notes or references."""
    if question.name == "victim_notes":
        return _VICTIM_NOTES[_number(record) % len(_VICTIM_NOTES)] or None
    value = getattr(record, question.name)
    if isinstance(value, frozenset):
        ticked = [choice for choice, _ in choice_lists()[question.choice_list] if choice in value]
        return int(code in ticked) if code else " ".join(ticked) or None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, StrEnum):
        return value.value
    return value if isinstance(value, int) or value else None


def _number(record: object) -> int:
    return int(getattr(record, "case", 0)) * 7 + int(getattr(record, "number", 0))


def _case_row(case: CaseFile, columns: Sequence[_Column], index: int, coder: str) -> list[Cell]:
    own: dict[str, Cell] = {
        "file_number": case.number,
        "agency_case_reference": f"SYN-{case.year}-{case.number:04d}",
        "reviewer_notes": _CASE_NOTES[case.number % len(_CASE_NOTES)] or None,
    }
    answers = [own[q.name] if q.name in own else _cell(case, q, code) for _, q, code in columns]
    moment = f"2018-{3 + index // 28:02d}-{1 + index % 28:02d}"
    return [
        f"{moment}T09:00:00.000+08:00",
        f"{moment}T10:{case.number % 60:02d}:00.000+08:00",
        *answers,
        *_submission(case.number, coder),
        index,
    ]


def _submission(number: int, coder: str) -> list[Cell]:
    """Give the system columns of the answers to one form, without the index."""
    digest = hashlib.sha256(f"{coder}/{number}".encode()).digest()
    uuid = str(UUID(bytes=digest[:16], version=4))
    stamp = f"2018-06-{1 + number % 28:02d}T08:30:00"
    reviewer = f"reviewer_{coder.lower()}"
    return [100_000 + number, uuid, stamp, None, None, "submitted_via_web", reviewer, FORM_VERSION, None]


def _repeat_system(number: int, parent: int, index: int, coder: str) -> list[Cell]:
    return [index, FORM_ID, parent, *_submission(number, coder)]
