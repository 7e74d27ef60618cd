"""Whatever is done to a case-review export, it is read or refused, and every row is accounted for."""

import io
from functools import cache

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from darkfigure.errors import IntakeError
from darkfigure.intake.case_review import read_case_review
from darkfigure.synth.case_world import simulate_case_review
from darkfigure.synth.kobo import write_case_review

SHEETS = ("case_review", "victim", "trafficker", "customer", "case_link")
FEW = settings(
    max_examples=20, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

cell_values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**12), 10**12),
    st.floats(allow_nan=False, allow_infinity=False),
    st.datetimes(),
    st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]), max_size=20),
    st.sampled_from(["=1+1", "yes", "no", "unknown", "sibling", "PH-CEB", "1", "-1", "1e5"]),
)
edits = st.lists(
    st.tuples(st.sampled_from(SHEETS), st.integers(2, 60), st.integers(1, 24), cell_values), min_size=1, max_size=12
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("property")


@cache
def clean_export():
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as name:
        write_case_review(simulate_case_review(seed=3, size="small"), Path(name))
        return (Path(name) / "cases" / "case-review.xlsx").read_bytes()


def assert_accounted(table, audit, written):
    records = (table.cases, table.victims, table.traffickers, table.customers, table.links)
    accounts = audit.accounts[: len(SHEETS)]
    assert [account.rows_in for account in accounts] == written
    assert [account.rows_accepted for account in accounts] == [len(found) for found in records]
    assert len(audit.refused_rows) == sum(account.rows_refused for account in audit.accounts)
    assert len({(r.file, r.row) for r in audit.refused_rows}) == len(audit.refused_rows)
    numbers = {case.number for case in table.cases}
    assert {record.case for found in records[1:] for record in found} <= numbers


def filled_rows(book, sheet):
    rows = book[sheet].iter_rows(min_row=2, values_only=True)
    return sum(any(value not in (None, "") for value in row) for row in rows)


@FEW
@given(edits=edits)
def test_any_cells_may_change(folder, edits):
    book = openpyxl.load_workbook(io.BytesIO(clean_export()))
    for sheet, row, column, value in edits:
        book[sheet].cell(row=row, column=column).value = value
    book.save(folder / "b.xlsx")
    written = [filled_rows(book, sheet) for sheet in SHEETS]
    table, audit = read_case_review(folder / "b.xlsx", source="s", coder="A")
    assert_accounted(table, audit, written)


@FEW
@given(data=st.data())
def test_any_rows_may_go_or_come_twice(folder, data):
    book = openpyxl.load_workbook(io.BytesIO(clean_export()))
    for sheet in SHEETS:
        rows = list(book[sheet].iter_rows(min_row=2, values_only=True))
        kept = data.draw(st.lists(st.sampled_from(rows), max_size=len(rows) + 3))
        book[sheet].delete_rows(2, len(rows))
        for row in kept:
            book[sheet].append(row)
    book.save(folder / "b.xlsx")
    written = [filled_rows(book, sheet) for sheet in SHEETS]
    table, audit = read_case_review(folder / "b.xlsx", source="s", coder="A")
    assert_accounted(table, audit, written)


@settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(place=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255), length=st.integers(0, 40))
def test_any_bytes_may_be_damaged(folder, place, byte, length):
    content = bytearray(clean_export())
    start = int(place * len(content))
    content[start : start + length] = bytes([byte]) * min(length, 7)
    (folder / "b.xlsx").write_bytes(content)
    try:
        table, audit = read_case_review(folder / "b.xlsx", source="s", coder="A")
    except IntakeError as error:
        assert error.code.startswith("E-INTAKE-")
    else:
        assert_accounted(table, audit, [12, 48, 18, 10, 9])
