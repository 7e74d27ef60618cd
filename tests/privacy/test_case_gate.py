"""Nothing that a case file says in words, and no reference to it, gets past the reader of the case review."""

import openpyxl
import pytest

from darkfigure.errors import IntakeError
from darkfigure.intake.case_review import read_case_review
from darkfigure.intake.xlsx_rows import read_xlsx_sheets
from darkfigure.synth.case_world import simulate_case_review
from darkfigure.synth.kobo import write_case_review

READ = {
    "case_review": "file_number agency year initiation commercial customer_information spotlight _index",
    "victim": "number sex age_years relation rescued rescue_group relation_in_group abuse_months province",
    "trafficker": "number sex age_years nationality speaks_english channels arrested arrest_province",
    "customer": "number lead sex age_years country travelled contact_abuse status",
    "case_link": "from_role from_number to_role to_number people",
}
JOINS = {"_index", "_parent_index", "_parent_table_name", "surface_web", "dark_web", "money_service", "bank_transfer"}


@pytest.fixture
def export(tmp_path):
    write_case_review(simulate_case_review(seed=4, size="small"), tmp_path)
    return tmp_path / "cases" / "case-review.xlsx"


def markers():
    number = 0
    while True:
        number += 1
        yield f"zq{number:05d}marker"


def everything_said(table, audit):
    """All that leaves the reader: records with every field, accounts, refused rows, and their representations."""
    records = (*table.cases, *table.victims, *table.traffickers, *table.customers, *table.links)
    fields = [getattr(record, name) for record in records for name in record.__slots__]
    return repr(fields) + repr(table) + repr(audit) + repr(audit.refused_rows) + "".join(map(repr, records))


def plant(book, *, dropped):
    """Write a marker in every cell of the columns that are dropped, or of those that are read."""
    mark = markers()
    planted = 0
    for sheet in book.worksheets:
        for heading in sheet[1]:
            leaf = str(heading.value).rpartition("/")[2]
            is_read = leaf in READ[sheet.title].split() or leaf in JOINS
            if is_read is dropped or (not dropped and leaf.startswith("_")):
                continue
            for row in range(2, sheet.max_row + 1):
                sheet.cell(row=row, column=heading.column).value = next(mark)
                planted += 1
    return planted


def test_what_is_not_on_the_list_is_dropped(export):
    clean, _ = read_case_review(export, source="s", coder="A")
    book = openpyxl.load_workbook(export)
    assert plant(book, dropped=True) > 500
    book.save(export)
    table, audit = read_case_review(export, source="s", coder="A")
    assert table == clean
    assert "marker" not in everything_said(table, audit)


def test_what_breaks_a_rule_is_not_repeated(export):
    book = openpyxl.load_workbook(export)
    assert plant(book, dropped=False) > 500
    book.save(export)
    table, audit = read_case_review(export, source="s", coder="A")
    assert table.cases == ()
    assert len(audit.refused_rows) == sum(account.rows_in for account in audit.accounts)
    assert "marker" not in everything_said(table, audit)


def test_names_of_sheets_and_columns_are_not_repeated(export):
    book = openpyxl.load_workbook(export)
    extra = book.create_sheet("zq marker sheet")
    extra.append(["zq marker heading"])
    extra.append(["=zqmarker()"])
    book["victim"].cell(row=1, column=40).value = "zq marker heading"
    book["victim"].cell(row=5, column=40).value = "=zqmarker()"
    book["victim"].cell(row=6, column=41).value = "zq marker"
    book.save(export)
    table, audit = read_case_review(export, source="s", coder="A")
    assert len(audit.refused_rows) == 3
    assert "marker" not in everything_said(table, audit)


def test_errors_and_representations_hold_no_value(export):
    read = read_xlsx_sheets(export, source="s")
    assert "SYN-" not in repr(read) + repr(read.sheets["victim"]) + repr(read.sheets["victim"].rows)
    book = openpyxl.load_workbook(export)
    book["customer"].cell(row=1, column=1).value = "zqmarker"
    book.save(export)
    with pytest.raises(IntakeError) as caught:
        read_case_review(export, source="s", coder="A")
    assert "marker" not in str(caught.value)


def test_the_synthetic_files_name_nobody(export):
    """Text in the export is a code, a date, a made-up reference or one of few clinical notes."""
    texts = set()
    book = openpyxl.load_workbook(export)
    for sheet in book.worksheets:
        for row in sheet.iter_rows(min_row=2, values_only=True):
            texts |= {value for value in row if isinstance(value, str) and " " in value}
    notes = {text for text in texts if text.endswith(".")}
    assert len(notes) <= 10
    for text in texts - notes:
        assert set(text.split()) <= {"surface_web", "dark_web", "money_service", "bank_transfer"}
