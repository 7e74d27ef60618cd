"""The files of the case review: same bytes everywhere, the tool's conventions, a form that survey tools accept."""

import hashlib
import os
import re
import subprocess
import sys

import openpyxl
import pytest

from darkfigure.synth.case_form import SECTIONS, choice_lists
from darkfigure.synth.case_world import simulate_case_review
from darkfigure.synth.kobo import write_case_review, write_kobo_export
from darkfigure.synth.xlsform import write_case_form

_DIGESTS = """
import hashlib, pathlib, sys
from darkfigure.synth.case_world import simulate_case_review
from darkfigure.synth.kobo import write_case_review
folder = pathlib.Path(sys.argv[1])
write_case_review(simulate_case_review(seed=11, size="small"), folder)
print([hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.rglob("*.xlsx"))])
"""


@pytest.fixture(scope="module")
def world():
    return simulate_case_review(seed=11, size="small")


@pytest.fixture(scope="module")
def folder(world, tmp_path_factory):
    path = tmp_path_factory.mktemp("input")
    write_case_review(world, path)
    return path / "cases"


def header(path, sheet):
    return [cell.value for cell in openpyxl.load_workbook(path)[sheet][1]]


def test_bytes_do_not_depend_on_the_machine(tmp_path):
    seen = set()
    for zone, hash_seed in (("UTC", "0"), ("Asia/Manila", "1")):
        result = subprocess.run(
            [sys.executable, "-c", _DIGESTS, str(tmp_path / zone.replace("/", "-"))],
            env={**os.environ, "TZ": zone, "PYTHONHASHSEED": hash_seed, "LC_ALL": "C"},
            capture_output=True,
            text=True,
            check=True,
        )
        seen.add(result.stdout)
    assert len(seen) == 1
    assert len(set(re.findall("[0-9a-f]{64}", seen.pop()))) == 3


def test_sheets_and_join_columns_follow_the_tool(folder, world):
    book = openpyxl.load_workbook(folder / "case-review.xlsx")
    assert book.sheetnames == ["case_review", "victim", "trafficker", "customer", "case_link"]
    main = header(folder / "case-review.xlsx", "case_review")
    assert main[-1] == "_index"
    assert "_parent_index" not in main
    victims = book["victim"]
    names = [cell.value for cell in victims[1]]
    parent, table = names.index("_parent_index"), names.index("_parent_table_name")
    rows = list(victims.iter_rows(min_row=2, values_only=True))
    place = {case.number: index for index, case in enumerate(world.first.cases, start=1)}
    assert [row[parent] for row in rows] == [place[victim.case] for victim in world.first.victims]
    assert {row[table] for row in rows} == {"case_review"}
    assert [row[names.index("_index")] for row in rows] == list(range(1, len(rows) + 1))


def test_both_multiple_select_conventions_are_written(folder, world, tmp_path):
    codes = [code for code, _ in choice_lists()["channel"]]
    first = header(folder / "case-review.xlsx", "trafficker")
    second = header(folder / "case-review-second-coder.xlsx", "trafficker")
    assert [f"trafficker/channels/{code}" in first for code in codes] == [True] * 4
    assert "trafficker/channels" in first
    assert "channels" not in second
    assert [f"channels/{code}" in second for code in codes] == [True] * 4
    write_kobo_export(world.first, tmp_path / "summary.xlsx", multiple_select="summary")
    summary = header(tmp_path / "summary.xlsx", "trafficker")
    assert "trafficker/channels" in summary
    assert "trafficker/channels/dark_web" not in summary


def test_the_second_export_has_no_group_names(folder):
    assert "victim/rescue/rescued" in header(folder / "case-review.xlsx", "victim")
    assert "rescued" in header(folder / "case-review-second-coder.xlsx", "victim")


def test_exports_hold_columns_that_a_reader_must_drop(folder):
    book = openpyxl.load_workbook(folder / "case-review.xlsx")
    names = [cell.value for cell in book["case_review"][1]]
    rows = list(book["case_review"].iter_rows(min_row=2, values_only=True))
    for column in ("_submitted_by", "case/reviewer_notes", "case/agency_case_reference"):
        assert any(row[names.index(column)] for row in rows)


def test_survey_tools_convert_the_form_without_a_warning(tmp_path):
    from pyxform.xls2xform import convert

    write_case_form(tmp_path / "form.xlsx")
    warnings = []
    converted = convert(str(tmp_path / "form.xlsx"), warnings=warnings, validate=False)
    assert warnings == []
    assert converted.warnings == []
    for section in SECTIONS:
        for question in section.questions:
            assert f'/{section.path(question)}" type=' in converted.xform, question.name
    assert converted.xform.count("<repeat ") == 4


def test_form_lists_what_the_export_answers(folder):
    book = openpyxl.load_workbook(folder / "case-review-form.xlsx")
    listed = {}
    for name, code, _ in book["choices"].iter_rows(min_row=2, values_only=True):
        listed.setdefault(name, set()).add(code)
    export = openpyxl.load_workbook(folder / "case-review.xlsx")
    checked = 0
    for section, sheet in zip(SECTIONS, export.worksheets, strict=True):
        names = [cell.value for cell in sheet[1]]
        for question in section.questions:
            if question.kind.startswith("select_one"):
                column = names.index(section.path(question))
                found = {row[column] for row in sheet.iter_rows(min_row=2, values_only=True)} - {None}
                assert found <= listed[question.choice_list]
                checked += len(found)
    assert checked > 40


def test_text_is_never_written_as_a_formula(tmp_path):
    from darkfigure.synth.xlsform_workbook import write_workbook

    path = tmp_path / "text.xlsx"
    write_workbook(path, sheets={"a": (("note",), [("=1+1",), ("https://example.org",), (3,)])}, title="t")
    book = openpyxl.load_workbook(path)
    assert [cell.data_type for cell in book["a"]["A"]] == ["s", "s", "s", "n"]
    assert book["a"]["A3"].hyperlink is None
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    write_workbook(path, sheets={"a": (("note",), [("=1+1",), ("https://example.org",), (3,)])}, title="t")
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before
