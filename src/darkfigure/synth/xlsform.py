"""The abstraction form as an XLSForm workbook, as survey tools take it."""

from __future__ import annotations

from pathlib import Path

from darkfigure.synth.case_form import FORM_ID, FORM_TITLE, FORM_VERSION, SECTIONS, Question, Section, choice_lists
from darkfigure.synth.xlsform_workbook import Cell, write_workbook

_LABEL = "label::English (en)"
_MESSAGE = "constraint_message::English (en)"
_SURVEY = ("type", "name", _LABEL, "required", "relevant", "constraint", _MESSAGE)


def write_case_form(path: Path) -> None:
    """Which file lets a survey tool ask the questions of the case review?

    Parameters
    ----------
    path : Path
        The ``.xlsx`` file to write: sheets ``survey``, ``choices`` and ``settings``.
    """
    survey: list[tuple[Cell, ...]] = [
        ("start", "start", *[None] * 5),
        ("end", "end", *[None] * 5),
    ]
    for section in SECTIONS:
        survey += _section_rows(section)
    choices: list[tuple[Cell, ...]] = [
        (name, code, label) for name, answers in choice_lists().items() for code, label in answers
    ]
    settings: list[tuple[Cell, ...]] = [(FORM_TITLE, FORM_ID, FORM_VERSION, "English (en)")]
    write_workbook(
        path,
        sheets={
            "survey": (_SURVEY, survey),
            "choices": (("list_name", "name", _LABEL), choices),
            "settings": (("form_title", "form_id", "version", "default_language"), settings),
        },
        title=f"{FORM_TITLE}: form",
    )


def _section_rows(section: Section) -> list[tuple[Cell, ...]]:
    kind = "repeat" if section.repeat else "group"
    rows: list[tuple[Cell, ...]] = [(f"begin_{kind}", section.name, section.label, *[None] * 4)]
    inside = ""
    for question in section.questions:
        if question.group != inside:
            if inside:
                rows.append(("end_group", *[None] * 6))
            if question.group:
                rows.append(("begin_group", question.group, question.group.capitalize(), *[None] * 4))
            inside = question.group
        rows.append(_question_row(question))
    if inside:
        rows.append(("end_group", *[None] * 6))
    return [*rows, (f"end_{kind}", *[None] * 6)]


def _question_row(question: Question) -> tuple[Cell, ...]:
    constraint = message = None
    if question.limits is not None:
        low, high = question.limits
        constraint = f". >= {low} and . <= {high}"
        message = f"A whole number from {low} to {high}"
    return (
        question.kind,
        question.name,
        question.label,
        "yes" if question.required else None,
        question.relevant or None,
        constraint,
        message,
    )
